import { basename, extname } from "node:path";

import { DataError } from "../base/errors.ts";
import { sharesOf } from "../base/shares.ts";
import { formatShape } from "../base/ndarray.ts";
import { decodeNpy } from "../codec/npy.ts";
import { decodeCsvPoints } from "./csv-points.ts";
import { readIfThere } from "./read-file.ts";

/** Weights of points, [n], from a NumPy file [n] or [n, 1], or a table of one column. @throws DataError for anything else. */
export async function readPointWeights(path: string): Promise<Float64Array> {
  const name = basename(path);
  const bytes = await readIfThere(path);
  if (bytes === null) throw new DataError(`weights: the file must exist - got ${path}`);
  const { shape, data } = extname(path) === ".npy" ? decodeNpy(bytes, name) : await decodeCsvPoints(bytes, name);
  const [n = 0, width = 1, ...rest] = shape;
  if (n === 0 || width !== 1 || rest.length > 0) {
    throw new DataError(`weights: ${name} must be [n], a number a point - got ${formatShape(shape)}`);
  }
  // Refused by the file's name, whatever is computed with them.
  sharesOf(data, `weights: ${name}`);
  return Float64Array.from(data);
}
