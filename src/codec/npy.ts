import { concatBytes } from "../base/bytes.ts";
import { DataError } from "../base/errors.ts";
import { type DType, type NdArray, formatShape } from "../base/ndarray.ts";
import { bytesOf, countOf, elementSize, fromBytes, fromInt64Bytes, hex } from "./elements.ts";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
/** Bytes up to the header's length: magic, major and minor version. */
const preamble = 8;
const longestHeader = 65_535;

const descriptorOf: Readonly<Record<DType, string>> = {
  float32: "<f4",
  float64: "<f8",
  int32: "<i4",
  uint8: "|u1",
  bool: "|b1",
};
const dtypeOf = new Map(Object.entries(descriptorOf).map(([dtype, descriptor]) => [descriptor, dtype as DType]));
const int64 = "<i8";

interface Header {
  readonly descriptor: string;
  readonly shape: number[];
  /** Where the elements begin. */
  readonly bodyAt: number;
}

/**
 * An array from a NumPy file of version 1, 2 or 3, in C order: `<f4`, `<f8`, `<i4`, `|u1`, `|b1`, or `<i8` (read as int32).
 * @param source What the bytes are, for messages: a file name.
 * @throws DataError for anything else, and for a body that is not exactly as long as the header says.
 * @source NEP 1, "A simple file format for NumPy arrays"; numpy.lib.format.
 */
export function decodeNpy(bytes: Uint8Array, source: string): NdArray {
  const where = `decodeNpy: ${source}`;
  const { descriptor, shape, bodyAt } = parseHeader(bytes, where);
  const dtype = dtypeOf.get(descriptor);
  if (dtype === undefined && descriptor !== int64) throw unknownDescriptor(descriptor, where);
  const count = countOf(shape);
  const expected = count === null ? null : count * (dtype === undefined ? 8 : elementSize[dtype]);
  const body = bytes.subarray(bodyAt);
  if (body.length !== expected) {
    throw new DataError(
      `${where}: ${descriptor} ${formatShape(shape)} must have a body of ${expected ?? "more than 2^53"} bytes - got ${body.length}`,
      "the file is damaged or was cut: write it again",
    );
  }
  return dtype === undefined ? fromInt64Bytes(shape, body, where) : fromBytes(dtype, shape, body, where);
}

/** A NumPy file of version 1, as `numpy.save` writes it. Equal arrays give equal bytes. */
export function encodeNpy(a: NdArray): Uint8Array<ArrayBuffer> {
  const shape = a.shape.length === 1 ? `(${a.shape[0]},)` : `(${a.shape.join(", ")})`;
  const fields = `{'descr': '${descriptorOf[a.dtype]}', 'fortran_order': False, 'shape': ${shape}, }`;
  // Elements begin at a multiple of 64 bytes; the header ends in a newline.
  const length = Math.ceil((preamble + 2 + fields.length + 1) / 64) * 64 - preamble - 2;
  const header = new TextEncoder().encode(`${fields.padEnd(length - 1)}\n`);
  return concatBytes([Uint8Array.from([...magic, 1, 0, length & 255, length >> 8]), header, bytesOf(a)]);
}

function parseHeader(bytes: Uint8Array, where: string): Header {
  if (magic.some((byte, i) => bytes[i] !== byte)) {
    throw new DataError(
      `${where}: a NumPy file must begin with ${hex(Uint8Array.from(magic), 6)} - got ${hex(bytes, 6)}`,
      "write it with numpy.save (not savez, pickle or tofile)",
    );
  }
  const version = bytes[6];
  if (version !== 1 && version !== 2 && version !== 3) {
    throw new DataError(`${where}: the format version must be 1, 2 or 3 - got ${version ?? "the end of the file"}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthSize = version === 1 ? 2 : 4;
  const headerAt = preamble + lengthSize;
  if (bytes.length < headerAt) throw cutHeader(where, headerAt, bytes.length);
  const length = version === 1 ? view.getUint16(preamble, true) : view.getUint32(preamble, true);
  if (length > longestHeader) {
    throw new DataError(`${where}: a header must have at most ${longestHeader} bytes - got ${length}`);
  }
  const bodyAt = headerAt + length;
  if (bytes.length < bodyAt) throw cutHeader(where, bodyAt, bytes.length);
  const text = Array.from(bytes.subarray(headerAt, bodyAt), (byte) => String.fromCharCode(byte)).join("");
  return { ...parseFields(text, where), bodyAt };
}

/** The header is a Python dict literal of three fields, in any order. */
function parseFields(text: string, where: string): Omit<Header, "bodyAt"> {
  const descriptor = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const extents = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (descriptor === undefined && /'descr'\s*:\s*\[/.test(text)) {
    throw new DataError(`${where}: elements must be numbers - got a structured type`, "save one field: a['field']");
  }
  if (descriptor === undefined || order === undefined || extents === undefined) {
    throw new DataError(
      `${where}: the header must give descr, fortran_order and shape - got ${JSON.stringify(text.slice(0, 80))}`,
    );
  }
  if (order === "True") {
    throw new DataError(
      `${where}: elements must be in C order - got Fortran order`,
      "save it with numpy.save(file, numpy.ascontiguousarray(a))",
    );
  }
  const shape = extents
    .split(",")
    .map((extent) => extent.trim())
    .filter((extent) => extent !== "")
    .map(Number);
  return { descriptor, shape };
}

function unknownDescriptor(descriptor: string, where: string): DataError {
  const known = [...dtypeOf.keys(), int64].join(", ");
  if (descriptor.startsWith(">")) {
    return new DataError(
      `${where}: elements must be little-endian - got ${descriptor}`,
      `save it with a.astype("<${descriptor.slice(1)}")`,
    );
  }
  const what = descriptor.includes("O") ? `Python objects (${descriptor})` : JSON.stringify(descriptor);
  return new DataError(`${where}: elements must be one of ${known} - got ${what}`, 'save it with a.astype("float32")');
}

function cutHeader(where: string, expected: number, got: number): DataError {
  return new DataError(
    `${where}: the header must end at byte ${expected} - got a file of ${got} bytes`,
    "the file is damaged or was cut: write it again",
  );
}
