import { DataError } from "../base/errors.ts";
import { type NdArray, formatShape, ndarray } from "../base/ndarray.ts";
import { countOf, hex } from "./elements.ts";

const uint8Code = 0x08;
const otherTypes: Readonly<Record<number, string>> = {
  0x09: "int8",
  0x0b: "int16",
  0x0c: "int32",
  0x0d: "float32",
  0x0e: "float64",
};

/**
 * An array of uint8 from an IDX file, the format of MNIST, sharing memory with `bytes`.
 * @param source What the bytes are, for messages: a file name.
 * @throws DataError when the magic number is not that of uint8 data, or the length is not what the header says.
 * @source LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "The IDX file format".
 */
export function decodeIdx(bytes: Uint8Array, source: string): NdArray<"uint8"> {
  const where = `decodeIdx: ${source}`;
  const rank = parseMagic(bytes, where);
  const bodyAt = 4 + 4 * rank;
  if (bytes.length < bodyAt) throw wrongLength(`${where}: the header of ${rank} axes`, bodyAt, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = countOf(shape);
  if (count === null || bytes.length !== bodyAt + count) {
    throw wrongLength(`${where}: ${formatShape(shape)} uint8`, count === null ? null : bodyAt + count, bytes.length);
  }
  return ndarray("uint8", shape, bytes.subarray(bodyAt));
}

/** Number of axes. */
function parseMagic(bytes: Uint8Array, where: string): number {
  const [first, second, type, rank] = bytes;
  const known = first === 0 && second === 0 && rank !== undefined && rank > 0;
  if (known && type === uint8Code) return rank;
  const other = known ? otherTypes[type ?? 0] : undefined;
  if (other !== undefined) throw new DataError(`${where}: elements must be uint8 - got ${other}`);
  const zipped = first === 0x1f && second === 0x8b;
  throw new DataError(
    `${where}: an IDX file must begin with the magic 00 00 08 and its number of axes - got ${hex(bytes, 4)}`,
    zipped
      ? "the file is compressed: run gunzip on it"
      : "check that this is an IDX file, such as train-images-idx3-ubyte",
  );
}

function wrongLength(what: string, expected: number | null, got: number): DataError {
  const hint =
    expected !== null && got > expected ? "something was added to the file" : "the file was cut: get it again";
  return new DataError(`${what} must take ${expected ?? "more than 2^53"} bytes - got ${got}`, hint);
}
