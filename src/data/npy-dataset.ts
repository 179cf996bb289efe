import type { ByteSource } from "../base/byte-source.ts";
import { DataError } from "../base/errors.ts";
import { type NdArray, castTo, formatShape, ndarray, permuted } from "../base/ndarray.ts";
import { type NpyHeader, decodeNpy, inCOrder, npyNumbers, npyStart, parseNpyHeader } from "../codec/npy.ts";
import { arrayDataset, checkValues, indexOf } from "./array-dataset.ts";
import type { Dataset } from "./dataset.ts";
import { fileDataset } from "./file-dataset.ts";
import { ValueFault, type ValueScale, scaleOf, toUnitRange } from "./value-scale.ts";

/**
 * A data set from a NumPy file: images `[n, c, h, w]` with 1 or 3 channels, scaled to [0, 1] by their number type; or
 * points `[n, d]` of any finite numbers.
 * @throws DataError for another shape or type, and for the first value that is not finite or out of range.
 */
export function npyDataset(bytes: Uint8Array, name: string): Dataset {
  const header = parseNpyHeader(bytes, bytes.length, name);
  if (kindOf(header, name) === "points") {
    const items = pointsOf(castTo(decodeNpy(bytes, name), "float64"), header.type, name, 0);
    return arrayDataset({ name, kind: "points", items, ownUnits: true });
  }
  const numbers = npyNumbers(header, bytes.subarray(header.bodyAt), name);
  const items = imagesOf(header, numbers, header.shape, name, 0);
  return arrayDataset({ name, kind: "image", items, scales: scalesOf(header) });
}

/**
 * The same for a file that is not held in memory: its items are read on request.
 * @throws DataError as `npyDataset`, and for a file in Fortran order, whose items are not contiguous.
 */
export async function npyFileDataset(source: ByteSource, name: string): Promise<Dataset> {
  const start = new Uint8Array(Math.min(npyStart, source.length));
  await source.read(0, start);
  const header = parseNpyHeader(start, source.length, name);
  const kind = kindOf(header, name);
  const [n, ...shape] = header.shape as [number, ...number[]];
  if (header.fortran) {
    throw new DataError(
      `${name}: a file of this size must be in C order, to be read item by item - got Fortran order`,
      "save it with numpy.save(file, numpy.ascontiguousarray(a))",
    );
  }
  const decode = (bytes: Uint8Array, first: number): NdArray<"uint8"> | NdArray<"float32"> | NdArray<"float64"> => {
    const numbers = npyNumbers(header, bytes, name);
    const count = bytes.length / ((source.length - header.bodyAt) / n);
    if (kind === "image") return imagesOf(header, numbers, [count, ...shape], name, first);
    return pointsOf(ndarray("float64", [count, ...shape], Float64Array.from(numbers)), header.type, name, first);
  };
  const form = kind === "image" ? [...shape.slice(1), shape[0]!] : shape;
  return fileDataset({
    name,
    kind,
    shape: form,
    size: n,
    source,
    bodyAt: header.bodyAt,
    decode,
    scales: scalesOf(header),
  });
}

/** @throws DataError unless the shape is that of images or points. */
function kindOf({ shape }: NpyHeader, name: string): "image" | "points" {
  const rank = shape.length;
  if (rank !== 4 && rank !== 2) {
    throw new DataError(
      `${name} must be images [n, c, h, w] or points [n, d] - got ${formatShape(shape)}`,
      axesRemedy(shape),
    );
  }
  if (shape.includes(0)) throw new DataError(`${name} must hold at least one number - got ${formatShape(shape)}`);
  if (rank === 2 || shape[1] === 1 || shape[1] === 3) return rank === 2 ? "points" : "image";
  throw new DataError(
    `images in ${name} must be [n, c, h, w] with 1 or 3 channels - got ${formatShape(shape)}`,
    channelsRemedy(shape),
  );
}

/** Hint for a number of axes that is neither that of images nor of points. */
function axesRemedy(shape: readonly number[]): string {
  const [first, , last = 0] = shape;
  if (shape.length === 0) return "the file holds a single number";
  if (shape.length === 1) return "add an axis to one-dimensional points: a[:, None]";
  if (shape.length > 3) return "flatten the axes after the first: a.reshape(len(a), -1)";
  const grey = "add a channel axis to grey images: a[:, None]";
  if (last <= 4) return `${grey}; one image of ${last} channels is a[None, :, :, ${taken(last)}].transpose(0, 3, 1, 2)`;
  return first! <= 4 ? `${grey}; one image of ${first} channels is a[None, ${taken(first!)}]` : grey;
}

/** Hint for images with neither 1 nor 3 channels: most often the channels are last, with an alpha channel. */
function channelsRemedy([n, channels, , last]: readonly number[]): string {
  if (last! <= 4) {
    const alpha = last! % 2 === 0 ? ", without the last, which seems to be transparency" : "";
    const chosen = alpha === "" ? "a" : `a[..., ${taken(last!)}]`;
    return `the channels seem to come last: save ${chosen}.transpose(0, 3, 1, 2)${alpha}`;
  }
  if (channels === 2 || channels === 4) {
    return `if the last channel is transparency, drop it: save a[:, ${taken(channels)}]`;
  }
  return `select 1 or 3 channels, or pass each image of ${n} channels as a point: a.reshape(len(a), -1)`;
}

/** The grey or colour channels, as a NumPy index. */
function taken(channels: number): string {
  return channels < 3 ? ":1" : ":3";
}

/** Scaling to [0, 1], for images. */
function scalesOf({ type, shape }: NpyHeader): readonly ValueScale[] {
  const scale = shape.length === 4 ? scaleOf(type) : null;
  return scale === null ? [] : [scale];
}

function imagesOf(
  header: NpyHeader,
  numbers: ArrayLike<number>,
  shape: readonly number[],
  name: string,
  first: number,
): NdArray<"uint8"> | NdArray<"float32"> {
  const order = [0, 2, 3, 1];
  const { type } = header;
  if (type === "uint8") return permuted(inCOrder(header, ndarray("uint8", shape, numbers as Uint8Array)), order);
  const values = toUnitRange(numbers, type);
  if (!(values instanceof ValueFault)) return permuted(inCOrder(header, ndarray("float32", shape, values)), order);
  const [item = 0, ...index] = header.fortran
    ? indexOf(shape.toReversed(), values.at).toReversed()
    : indexOf(shape, values.at);
  throw new DataError(
    `${name}: an image must have values that become [0, 1] - got ${values.reason}, first at ${formatShape([first + item, ...index])}`,
    values.hint,
  );
}

/** Half and single precision as float32, everything else as float64, which represents 32-bit integers exactly. */
function pointsOf(
  array: NdArray<"float64">,
  type: NpyHeader["type"],
  name: string,
  first: number,
): NdArray<"float32"> | NdArray<"float64"> {
  checkValues(array, "points", name, first);
  const narrow = type === "float32" || type === "float16" || type === "uint8" || type === "bool";
  return narrow ? castTo(array, "float32") : array;
}
