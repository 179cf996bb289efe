import { DataError } from "../base/errors.ts";
import { type DType, type NdArray, allocate, formatShape, ndarray } from "../base/ndarray.ts";
import { countOf, hex } from "./elements.ts";

/** Element types of IDX files. */
export type IdxType = "uint8" | "int8" | "int16" | "int32" | "float32" | "float64";

interface ElementType {
  readonly name: IdxType;
  readonly size: number;
  readonly dtype: DType;
  read(view: DataView, at: number): number;
}

/** Element types by their codes; elements are big-endian. */
const types: Readonly<Record<number, ElementType>> = {
  0x08: { name: "uint8", size: 1, dtype: "uint8", read: (view, at) => view.getUint8(at) },
  0x09: { name: "int8", size: 1, dtype: "int32", read: (view, at) => view.getInt8(at) },
  0x0b: { name: "int16", size: 2, dtype: "int32", read: (view, at) => view.getInt16(at) },
  0x0c: { name: "int32", size: 4, dtype: "int32", read: (view, at) => view.getInt32(at) },
  0x0d: { name: "float32", size: 4, dtype: "float32", read: (view, at) => view.getFloat32(at) },
  0x0e: { name: "float64", size: 8, dtype: "float64", read: (view, at) => view.getFloat64(at) },
};

/**
 * Decodes an IDX file, the format of MNIST. A uint8 array shares memory with `bytes`; int8 and int16 become int32.
 * @param source The file name, for messages.
 * @throws DataError if the magic number is not that of IDX data, or the length does not match the header.
 * @source LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "The IDX file format".
 */
export function decodeIdx(bytes: Uint8Array, source: string): NdArray {
  const { type, rank } = parseMagic(bytes, source);
  const bodyAt = 4 + 4 * rank;
  if (bytes.length < bodyAt) throw wrongLength(`${source}: the header of ${rank} axes`, bodyAt, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = countOf(shape);
  const length = count === null ? null : bodyAt + type.size * count;
  if (count === null || bytes.length !== length) {
    throw wrongLength(`${source}: ${formatShape(shape)} ${type.name}`, length, bytes.length);
  }
  if (type.dtype === "uint8") return ndarray("uint8", shape, bytes.subarray(bodyAt));
  const data = allocate(type.dtype, count);
  for (let i = 0; i < count; i++) data[i] = type.read(view, bodyAt + type.size * i);
  return ndarray(type.dtype, shape, data);
}

/** The element type of the file. @throws DataError if the magic number is not that of IDX data. */
export function idxType(bytes: Uint8Array, source: string): IdxType {
  return parseMagic(bytes, source).type.name;
}

function parseMagic(bytes: Uint8Array, source: string): { readonly type: ElementType; readonly rank: number } {
  const [first, second, code, rank] = bytes;
  const type = first === 0 && second === 0 ? types[code ?? 0] : undefined;
  if (type !== undefined && rank !== undefined && rank > 0) return { type, rank };
  const zipped = first === 0x1f && second === 0x8b;
  throw new DataError(
    `${source}: an IDX file must begin with 00 00, a type code and the number of axes - got ${hex(bytes, 4)}`,
    zipped
      ? "the file is compressed: run gunzip on it"
      : "check that this is an IDX file, such as train-images-idx3-ubyte",
  );
}

function wrongLength(what: string, expected: number | null, got: number): DataError {
  const hint =
    expected !== null && got > expected
      ? "the file has extra bytes at its end"
      : "the file is truncated: download or copy it again";
  return new DataError(`${what} must take ${expected ?? "more than 2^53"} bytes - got ${got}`, hint);
}
