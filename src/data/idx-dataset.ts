import { DataError } from "../base/errors.ts";
import { type NdArray, formatShape, ndarray, reshaped } from "../base/ndarray.ts";
import { decodeIdx, idxType } from "../codec/idx.ts";
import { classesFrom } from "./classes.ts";
import { arrayDataset, indexOf } from "./array-dataset.ts";
import type { Dataset } from "./dataset.ts";
import { ValueFault, scaleOf, toUnitRange } from "./value-scale.ts";

/** Bytes of a file, and its name for messages. */
export interface NamedBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** One split: its images, and their labels if there are any. */
export interface IdxPart {
  readonly name: string;
  readonly images: NamedBytes;
  readonly labels: NamedBytes | null;
}

/**
 * Grey images from IDX files `[n, h, w]` of uint8 or of floats in [0, 1], with labels from files `[n]`. Classes are the
 * distinct labels of all splits.
 * @throws DataError when a file is damaged or of another shape or type.
 */
export function idxDatasets(parts: readonly IdxPart[]): Dataset[] {
  const read = parts.map(({ images, labels }) => {
    const items = readImages(images);
    return { items, labels: labels === null ? null : readLabels(labels, items.shape[0]!) };
  });
  const { labels, names } = classesFrom(read.flatMap((part) => (part.labels === null ? [] : Array.from(part.labels))));
  let at = 0;
  return read.map((part, i) => {
    const own = part.labels === null ? null : labels.slice(at, (at += part.labels.length));
    const { name } = parts[i]!;
    const scales = [scaleOf(part.items.dtype)!];
    return arrayDataset({
      name,
      kind: "image",
      items: part.items,
      scales,
      ...(own && { labels: own, classNames: names }),
    });
  });
}

function readImages({ file, bytes }: NamedBytes): NdArray<"uint8"> | NdArray<"float32"> {
  const pixels = decodeIdx(bytes, file);
  const [n, height, width] = pixels.shape;
  if (pixels.shape.length !== 3 || n === 0) {
    throw new DataError(
      `images in ${file} must be [n, h, w] - got ${formatShape(pixels.shape)}`,
      pixels.shape.length === 1 ? "these seem to be labels: pass the file of the images" : undefined,
    );
  }
  const shape = [n!, height!, width!, 1];
  if (pixels.dtype === "uint8") return reshaped(pixels as NdArray<"uint8">, shape);
  const values = toUnitRange(pixels.data, idxType(bytes, file));
  if (!(values instanceof ValueFault)) return ndarray("float32", shape, values);
  throw new DataError(
    `images in ${file} must have values that become [0, 1] - got ${values.reason}, first at ${formatShape(indexOf(pixels.shape, values.at))}`,
    values.hint,
  );
}

function readLabels({ file, bytes }: NamedBytes, n: number): ArrayLike<number> {
  const { shape, data } = decodeIdx(bytes, file);
  if (shape.length !== 1 || shape[0] !== n) {
    throw new DataError(`labels in ${file} must be [${n}] - got ${formatShape(shape)}`);
  }
  const other = data.findIndex((label) => !Number.isInteger(label));
  if (other >= 0) {
    throw new DataError(`labels in ${file} must be whole numbers - got ${data[other]} at item ${other}`);
  }
  return data;
}
