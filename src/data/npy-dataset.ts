import { DataError } from "../base/errors.ts";
import { type NdArray, castTo, formatShape, permuted } from "../base/ndarray.ts";
import { decodeNpy } from "../codec/npy.ts";
import { arrayDataset, checkValues } from "./array-dataset.ts";
import type { Dataset } from "./dataset.ts";

/**
 * A data set from a NumPy file: images `[n, c, h, w]`, 1 or 3 channels, uint8 of 0 to 255 or floats in [0, 1]; or points `[n, d]`.
 * @throws DataError for another shape or type, and for the first value that is not finite or out of range.
 */
export function npyDataset(bytes: Uint8Array, name: string): Dataset {
  const array = decodeNpy(bytes, name);
  const rank = array.shape.length;
  if (rank !== 4 && rank !== 2) {
    throw new DataError(
      `npyDataset: ${name} must be images [n, c, h, w] or points [n, d] - got ${formatShape(array.shape)}`,
      rank === 3 ? "give grey images their channel axis: a[:, None]" : undefined,
    );
  }
  return rank === 4 ? imagesOf(array, name) : pointsOf(array, name);
}

function imagesOf(array: NdArray, name: string): Dataset {
  const [, channels, , last] = array.shape;
  if (channels !== 1 && channels !== 3) {
    const swapped = last === 1 || last === 3;
    throw new DataError(
      `npyDataset: images in ${name} must be [n, c, h, w] with 1 or 3 channels - got ${formatShape(array.shape)}`,
      swapped ? "the channels seem to come last: save a.transpose(0, 3, 1, 2)" : undefined,
    );
  }
  const order = [0, 2, 3, 1];
  if (array.dtype === "uint8") {
    return arrayDataset({ name, kind: "image", items: permuted(array as NdArray<"uint8">, order) });
  }
  if (array.dtype === "int32") {
    throw new DataError(
      `npyDataset: images in ${name} must be uint8 or float - got whole numbers of 32 or 64 bits`,
      'save a.astype("uint8")',
    );
  }
  checkValues(array, "image", `npyDataset: ${name}`);
  return arrayDataset({ name, kind: "image", items: permuted(castTo(array, "float32"), order) });
}

function pointsOf(array: NdArray, name: string): Dataset {
  checkValues(array, "points", `npyDataset: ${name}`);
  // Whole numbers of 32 bits are not all in float32.
  const wide = array.dtype === "float64" || array.dtype === "int32";
  return arrayDataset({ name, kind: "points", items: wide ? castTo(array, "float64") : castTo(array, "float32") });
}
