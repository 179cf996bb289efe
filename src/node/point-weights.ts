import { basename, extname } from "node:path";

import { DataError } from "../base/errors.ts";
import { sharesOf } from "../base/shares.ts";
import { type NdArray, formatShape } from "../base/ndarray.ts";
import { decodeNpy } from "../codec/npy.ts";
import { requireContent } from "./content-kinds.ts";
import { readCsv } from "./csv-points.ts";
import { readIfThere } from "./read-file.ts";

async function readNpy(path: string): Promise<NdArray> {
  const bytes = await readIfThere(path);
  if (bytes === null) throw new DataError(`there is no file ${path}`);
  return decodeNpy(bytes, basename(path));
}

/**
 * Reads weights of points, [n], from a NumPy file [n] or [n, 1], or a table with one column. @throws DataError for anything
 * else.
 */
export async function readPointWeights(path: string): Promise<Float64Array> {
  const name = basename(path);
  const isNpy = extname(path.replace(/\.gz$/i, "")).toLowerCase() === ".npy";
  await requireContent(path, isNpy ? "NumPy" : "table");
  const { shape, data } = isNpy ? await readNpy(path) : (await readCsv(path)).points;
  const [n = 0, width = 1, ...rest] = shape;
  if (n === 0 || width !== 1 || rest.length > 0) {
    throw new DataError(`${name} must be [n], one number per point - got ${formatShape(shape)}`);
  }
  // Checked here, so that the error names the file.
  sharesOf(data, name);
  return Float64Array.from(data);
}
