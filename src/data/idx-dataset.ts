import { DataError } from "../base/errors.ts";
import { castTo, formatShape, reshaped } from "../base/ndarray.ts";
import { decodeIdx } from "../codec/idx.ts";
import { type Dataset, arrayDataset } from "./dataset.ts";

/** Bytes of a file, and its name for messages. */
export interface NamedBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * Grey images from an IDX file `[n, h, w]`, with their classes from one of `[n]` where there is one.
 * @throws DataError when a file is damaged or of another shape.
 */
export function idxDataset(name: string, images: NamedBytes, labels: NamedBytes | null): Dataset {
  const pixels = decodeIdx(images.bytes, images.file);
  const [n, height, width] = pixels.shape;
  if (pixels.shape.length !== 3 || n === 0) {
    throw new DataError(
      `idxDataset: images in ${images.file} must be [n, h, w] - got ${formatShape(pixels.shape)}`,
      pixels.shape.length === 1 ? "these seem to be labels: give the file of the images" : undefined,
    );
  }
  const items = reshaped(pixels, [n!, height!, width!, 1]);
  return arrayDataset({
    name,
    kind: "image",
    items,
    labels: labels === null ? null : readLabels(labels, n!),
  });
}

function readLabels(labels: NamedBytes, n: number): Int32Array {
  const classes = decodeIdx(labels.bytes, labels.file);
  if (classes.shape.length !== 1 || classes.shape[0] !== n) {
    throw new DataError(`idxDataset: labels in ${labels.file} must be [${n}] - got ${formatShape(classes.shape)}`);
  }
  return castTo(classes, "int32").data;
}
