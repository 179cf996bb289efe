import { DataError } from "../base/errors.ts";
import { type DType, type NdArray, type Shape, allocate, ndarray, sizeOf } from "../base/ndarray.ts";

/** Bytes of one element in a file and in memory. */
export const elementSize: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  uint8: 1,
  bool: 1,
};

/**
 * Copies bytes into an array; `bytes` must have the right length. Memory is assumed to be little-endian, like the files:
 * so is every machine that ONNX Runtime is built for.
 * @throws DataError if a bool is neither 0 nor 1.
 */
export function fromBytes<D extends DType>(dtype: D, shape: Shape, bytes: Uint8Array, where: string): NdArray<D> {
  const data = allocate(dtype, sizeOf(shape));
  new Uint8Array(data.buffer).set(bytes);
  if (dtype === "bool") {
    const wrong = bytes.find((byte) => byte > 1);
    if (wrong !== undefined) throw new DataError(`${where}: a bool must be 0 or 1 - got ${wrong}`);
  }
  return ndarray(dtype, shape, data);
}

/** The bytes of an array, sharing memory. */
export function bytesOf(a: NdArray): Uint8Array {
  return new Uint8Array(a.data.buffer, a.data.byteOffset, a.data.byteLength);
}

/** Number of elements of a shape read from a file; null if it exceeds the exact whole numbers. */
export function countOf(shape: Shape): number | null {
  const count = sizeOf(shape);
  return Number.isSafeInteger(count) ? count : null;
}

/** The first bytes as hexadecimal, for messages: `1f 8b 08`. */
export function hex(bytes: Uint8Array, count: number): string {
  const shown = Array.from(bytes.subarray(0, count), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return shown === "" ? "no bytes" : shown;
}
