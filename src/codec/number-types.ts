import { DataError } from "../base/errors.ts";

/** Numbers in memory, in the smallest suitable type of array. */
export type Numbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

interface ElementType {
  /** Bytes per element in a file. */
  readonly size: 1 | 2 | 4 | 8;
  /** Converts aligned bytes in native order. @throws DataError for an invalid element. */
  from(buffer: ArrayBuffer, source: string): Numbers;
}

/** Element types of files. */
export const elementTypes = {
  bool: { size: 1, from: (buffer, source) => flags(new Uint8Array(buffer), source) },
  uint8: { size: 1, from: (buffer) => new Uint8Array(buffer) },
  uint16: { size: 2, from: (buffer) => new Uint16Array(buffer) },
  uint32: { size: 4, from: (buffer) => new Uint32Array(buffer) },
  uint64: { size: 8, from: (buffer, source) => exact(new BigUint64Array(buffer), source) },
  int8: { size: 1, from: (buffer) => new Int8Array(buffer) },
  int16: { size: 2, from: (buffer) => new Int16Array(buffer) },
  int32: { size: 4, from: (buffer) => new Int32Array(buffer) },
  int64: { size: 8, from: (buffer, source) => exact(new BigInt64Array(buffer), source) },
  float16: { size: 2, from: (buffer) => halves(new Uint16Array(buffer)) },
  float32: { size: 4, from: (buffer) => new Float32Array(buffer) },
  float64: { size: 8, from: (buffer) => new Float64Array(buffer) },
} as const satisfies Record<string, ElementType>;

export type NumberType = keyof typeof elementTypes;

/**
 * Decodes bytes to numbers; a copy. Memory is assumed to be little-endian, as on every machine that ONNX Runtime is built
 * for.
 * @throws DataError for a bool that is neither 0 nor 1, or a whole number beyond 2^53.
 */
export function numbersOf(type: NumberType, bytes: Uint8Array, bigEndian: boolean, source: string): Numbers {
  const { size, from } = elementTypes[type] as ElementType;
  const copy = new Uint8Array(bytes.length);
  if (!bigEndian || size === 1) copy.set(bytes);
  else {
    for (let at = 0; at < bytes.length; at += size) {
      for (let i = 0; i < size; i++) copy[at + i] = bytes[at + size - 1 - i]!;
    }
  }
  return from(copy.buffer, source);
}

function flags(data: Uint8Array, source: string): Uint8Array {
  const wrong = data.find((byte) => byte > 1);
  if (wrong !== undefined) throw new DataError(`${source}: a bool must be 0 or 1 - got ${wrong}`);
  return data;
}

function exact(data: BigInt64Array | BigUint64Array, source: string): Float64Array {
  const out = new Float64Array(data.length);
  for (let i = 0; i < out.length; i++) {
    const value = data[i]!;
    if (value > 2n ** 53n || value < -(2n ** 53n)) {
      throw new DataError(
        `${source}: a whole number must be at most 2^53 - got ${value} at element ${i}`,
        'larger numbers lose their last digits; if these are keys rather than coordinates, remove them, otherwise subtract an offset or save a.astype("float64")',
      );
    }
    out[i] = Number(value);
  }
  return out;
}

/** @source IEEE 754-2019, binary16: 1 sign bit, 5 exponent bits, 10 fraction bits. */
function halves(data: Uint16Array): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) {
    const bits = data[i]!;
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size =
      exponent === 31
        ? fraction === 0
          ? Infinity
          : Number.NaN
        : exponent === 0
          ? fraction * 2 ** -24
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    out[i] = bits >> 15 ? -size : size;
  }
  return out;
}
