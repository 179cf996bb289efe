import { stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";

import { closest, distance } from "fastest-levenshtein";

import { DataError, OptionError } from "../base/errors.ts";
import { arrayDataset } from "../data/array-dataset.ts";
import { datasets } from "../data/datasets/index.ts";
import { type DataFormat, requireContent } from "./content-kinds.ts";
import { readCsv } from "./csv-points.ts";
import type { OpenDataOptions } from "../run/index.ts";
import { type OpenedData, oneDomain } from "./data-parts.ts";
import { openIdx } from "./idx-files.ts";
import { openImageFolder } from "./image-folders.ts";
import { openNamed } from "./named-data.ts";
import { openNpy } from "./npy-file.ts";
import { importData, isModulePath } from "./own-module.ts";
import { openParquet } from "./parquet-file.ts";
import { readIfThere } from "./read-file.ts";
import { localDataPath } from "./stored-data.ts";

export interface SpecOptions extends Pick<OpenDataOptions, "size" | "dataDir" | "pairs"> {
  /** Number of images of a folder to read; the rest are not opened. */
  readonly first?: number | undefined;
}

/** Opens the data that a spec names. @throws DataError if they do not exist. @throws OptionError for an option that does not fit. */
export async function openSpec(given: string, { dataDir, ...rest }: SpecOptions): Promise<OpenedData> {
  const spec = localDataPath(given);
  const options = { ...rest, ...(dataDir !== undefined && { dataDir: localDataPath(dataDir) }) };
  const named = datasets.find(({ name }) => name === spec);
  const path = resolve(spec);
  const found = named !== undefined || spec === "" ? null : await stat(path).catch(() => null);
  if (named === undefined && found === null) throw noSuchData(spec);
  if (found?.isDirectory()) return openImageFolder(path, options);
  if (options.pairs !== undefined) {
    throw new OptionError(`--pairs is for a folder of images - got ${options.pairs} for ${spec}`, "remove --pairs");
  }
  const opened = named === undefined ? await openFile(spec, options) : await openNamed(named, options);
  requireSize(spec, options.size, opened);
  return opened;
}

function requireSize(spec: string, size: number | undefined, { domains: [{ train }] }: OpenedData): void {
  const [height, width] = train.shape.slice(-3);
  if (size === undefined || (height === size && width === size)) return;
  throw new OptionError(
    `--size is for folders of images and Parquet files with images - got ${size} for ${spec}, whose items are ${train.shape.join(" x ")}`,
    "remove --size",
  );
}

const formatByEnding: Readonly<Record<string, DataFormat>> = {
  ".parquet": "Parquet",
  ".npy": "NumPy",
  ".csv": "table",
  ".tsv": "table",
};

async function openFile(spec: string, options: SpecOptions): Promise<OpenedData> {
  const path = resolve(spec);
  const name = basename(path);
  const ending = extname(path.replace(/\.gz$/i, "")).toLowerCase();
  const format = formatByEnding[ending];
  if (format !== undefined) await requireContent(path, format);
  if (ending === ".parquet") return oneDomain({ train: await openParquet(path, options), test: null });
  if (isModulePath(path)) return oneDomain(await importData(path));
  if (ending === ".npy") return oneDomain({ train: await openNpy(path), test: null });
  if (ending === ".csv" || ending === ".tsv") {
    const { points: items, notes } = await readCsv(path);
    return oneDomain({ train: arrayDataset({ name, kind: "points", items, ownUnits: true, notes }), test: null });
  }
  const bytes = (await readIfThere(path)) ?? new Uint8Array(0);
  const isIdx = /(ubyte|\.idx\d?)(\.gz)?$/.test(path);
  if (isIdx) await requireContent(path, "IDX");
  if (isIdx || (bytes[0] === 0 && bytes[1] === 0)) {
    return oneDomain(await openIdx(path, bytes));
  }
  throw new DataError(
    `a file must be NumPy (.npy), Parquet (.parquet), a table (.csv, .tsv) or IDX (-ubyte, .idx) - got ${spec}`,
    "pass the folder of your images, or save them as an array with numpy.save",
  );
}

function noSuchData(spec: string): DataError {
  const names = datasets.map(({ name }) => name);
  const nearest = closest(spec, names);
  const close = distance(spec, nearest) <= Math.max(2, nearest.length / 2);
  return new DataError(
    `data must be a known name or a path that exists - got ${spec}`,
    close
      ? `did you mean ${nearest}?`
      : `known names: ${names.join(", ")}; or pass a folder of images, a .npy, .parquet, .csv or IDX file`,
  );
}
