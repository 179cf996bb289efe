import { stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";

import { closest, distance } from "fastest-levenshtein";

import { DataError, OptionError } from "../base/errors.ts";
import { type DataSplit, type Dataset, arrayDataset, splitOff, take } from "../data/dataset.ts";
import { datasets } from "../data/datasets/index.ts";
import { npyDataset } from "../data/npy-dataset.ts";
import { decodeCsvPoints } from "./csv-points.ts";
import { openIdx } from "./idx-files.ts";
import { readImageFolder } from "./images.ts";
import { openNamed } from "./named-data.ts";
import { readIfThere } from "./read-file.ts";

export interface OpenDataOptions {
  /** Side in pixels, from 1: the images of a folder are brought to it, generated ones are drawn in it. */
  readonly size?: number | undefined;
  /** Keep the first so many items; of the test part too, where the data have one of their own. */
  readonly limit?: number | undefined;
  /** Folder with the files of a named data set, in place of where they usually are. */
  readonly dataDir?: string | undefined;
}

/**
 * Opens data by name (`mnist`), or by path: a folder of images, a NumPy file (`.npy`), an IDX file, or a table of points
 * (`.csv`, `.tsv`). Data without a test part give a tenth of their items to it, the same ones each time.
 * @throws DataError when there is no such data, or they are not what they should be.
 * @throws OptionError when an option is not valid or does not fit the data.
 */
export async function openData(spec: string, options: OpenDataOptions = {}): Promise<DataSplit> {
  const { limit } = options;
  const { train, test } = await openParts(spec, options);
  const limited = (part: Dataset) => (limit === undefined ? part : take(part, limit));
  // The limit comes first, so that it bounds the whole.
  return test === null ? splitOff(limited(train)) : { train: limited(train), test: limited(test) };
}

/**
 * The same as one set, in the order in which they lie there. Of data that have a test part of their own, the part to
 * train on.
 */
export async function openItems(spec: string, options: Omit<OpenDataOptions, "limit"> = {}): Promise<Dataset> {
  return (await openParts(spec, options)).train;
}

/** Data as they lie there: the test part is null where they have none of their own. */
interface DataParts {
  readonly train: Dataset;
  readonly test: Dataset | null;
}

async function openParts(spec: string, options: OpenDataOptions): Promise<DataParts> {
  checkOptions(options);
  const named = datasets.find(({ name }) => name === spec);
  const parts = named === undefined ? await openPath(spec, options) : await openNamed(named, options);
  const { size } = options;
  const [height, width] = parts.train.shape;
  if (size !== undefined && (height !== size || width !== size)) {
    throw new OptionError(
      `openData: a size is for folders of images - got ${size} for ${spec}, whose items are ${parts.train.shape.join(" x ")}`,
      "leave --size out",
    );
  }
  return parts;
}

function checkOptions({ size, limit }: OpenDataOptions): void {
  for (const [name, value] of Object.entries({ size, limit })) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
      throw new OptionError(`openData: ${name} must be a whole number from 1 - got ${value}`);
    }
  }
}

async function openPath(spec: string, options: OpenDataOptions): Promise<DataParts> {
  const path = resolve(spec);
  const found = spec === "" ? null : await stat(path).catch(() => null);
  if (found === null) throw noSuchData(spec);
  if (found.isDirectory()) return openFolder(path, options);
  const bytes = (await readIfThere(path)) ?? new Uint8Array(0);
  const name = basename(path);
  const ending = extname(path).toLowerCase();
  if (ending === ".npy") return { train: npyDataset(bytes, name), test: null };
  if (ending === ".csv" || ending === ".tsv") {
    const items = await decodeCsvPoints(bytes, name);
    return { train: arrayDataset({ name, kind: "points", items }), test: null };
  }
  if (/(ubyte|\.idx\d?)(\.gz)?$/.test(path) || (bytes[0] === 0 && bytes[1] === 0)) return openIdx(path, bytes);
  throw new DataError(
    `openData: a file must be NumPy (.npy), a table (.csv, .tsv) or IDX (-ubyte, .idx) - got ${spec}`,
    "name the folder of your images, or save an array of them with numpy.save",
  );
}

async function openFolder(path: string, { size, limit }: OpenDataOptions): Promise<DataParts> {
  const { items, skipped } = await readImageFolder(path, { size, limit });
  return { train: arrayDataset({ name: basename(path), kind: "image", items, skipped }), test: null };
}

function noSuchData(spec: string): DataError {
  const names = datasets.map(({ name }) => name);
  const nearest = closest(spec, names);
  const close = distance(spec, nearest) <= Math.max(2, nearest.length / 2);
  return new DataError(
    `openData: data must be a known name or a path that exists - got ${spec}`,
    close
      ? `did you mean ${nearest}?`
      : `known names: ${names.join(", ")}; or name a folder of images, a .npy, .csv or IDX file`,
  );
}
