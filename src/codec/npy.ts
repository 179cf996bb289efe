import { concatBytes } from "../base/bytes.ts";
import { DataError } from "../base/errors.ts";
import { type DType, type NdArray, type Shape, formatShape, ndarray, permuted } from "../base/ndarray.ts";
import { bytesOf, countOf, hex } from "./elements.ts";
import { type Numbers, type NumberType, elementTypes, numbersOf } from "./number-types.ts";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
/** Bytes before the header's length: magic, major and minor version. */
const preamble = 8;
const longestHeader = 65_535;
/** Number of bytes from the start of a file that always contain the header. */
export const npyStart = preamble + 4 + longestHeader;

const descriptorOf: Readonly<Record<DType, string>> = {
  float32: "<f4",
  float64: "<f8",
  int32: "<i4",
  uint8: "|u1",
  bool: "|b1",
};

/** NumPy's names of its types: by letter and size, by one letter, and in full. */
const typeNames = new Map<string, NumberType>([
  ...Object.keys(elementTypes).map((type): [string, NumberType] => [type, type as NumberType]),
  ...(
    [
      ["bool", "b1 ?"],
      ["uint8", "u1 B"],
      ["uint16", "u2 H"],
      ["uint32", "u4 I"],
      ["uint64", "u8 Q"],
      ["int8", "i1 b"],
      ["int16", "i2 h"],
      ["int32", "i4 i"],
      ["int64", "i8 q"],
      ["float16", "f2 e"],
      ["float32", "f4 f"],
      ["float64", "f8 d"],
    ] as const
  ).flatMap(([type, names]) => names.split(" ").map((name): [string, NumberType] => [name, type])),
]);

/** The contents of a NumPy file, and where they start. */
export interface NpyHeader {
  readonly type: NumberType;
  /** As in the file: `<f4`. */
  readonly descriptor: string;
  /** Byte order of the elements. */
  readonly bigEndian: boolean;
  readonly shape: Shape;
  /** Whether the elements are in Fortran order: the first axis varies fastest. */
  readonly fortran: boolean;
  /** Offset of the elements in bytes. */
  readonly bodyAt: number;
}

/**
 * Parses the header of a NumPy file of version 1, 2 or 3 with real numbers of any type and byte order.
 * @param start The first `npyStart` bytes of the file, or all of a shorter one.
 * @param length Length of the whole file in bytes.
 * @param source The file name, for messages.
 * @throws DataError for anything else, and for a file whose length does not match its header.
 * @source NEP 1, "A simple file format for NumPy arrays"; numpy.lib.format.
 */
export function parseNpyHeader(start: Uint8Array, length: number, source: string): NpyHeader {
  const { text, bodyAt } = headerText(start, source);
  const header = { ...parseFields(text, source), bodyAt };
  const { descriptor, shape, type } = header;
  const count = countOf(shape);
  const expected = count === null ? null : count * elementTypes[type].size;
  if (length - bodyAt !== expected) {
    throw new DataError(
      `${source}: ${descriptor} ${formatShape(shape)} must have a body of ${expected ?? "more than 2^53"} bytes - got ${length - bodyAt}`,
      "the file is damaged or truncated: save it again",
    );
  }
  return header;
}

/** Decodes a range of elements, in the order of the file. */
export function npyNumbers({ type, bigEndian }: NpyHeader, bytes: Uint8Array, source: string): Numbers {
  return numbersOf(type, bytes, bigEndian, source);
}

/**
 * Decodes a NumPy file to an array in C order. Half precision becomes float32; whole numbers become int32 if all of them
 * fit, otherwise float64.
 * @param source The file name, for messages.
 * @throws DataError as `parseNpyHeader`, and for a bool that is neither 0 nor 1, or a whole number beyond 2^53.
 */
export function decodeNpy(bytes: Uint8Array, source: string): NdArray {
  const header = parseNpyHeader(bytes, bytes.length, source);
  return inCOrder(header, arrayOf(header, npyNumbers(header, bytes.subarray(header.bodyAt), source)));
}

function arrayOf({ type, shape }: NpyHeader, numbers: Numbers): NdArray {
  if (type === "bool" || type === "uint8") return ndarray(type, shape, numbers as Uint8Array);
  if (numbers instanceof Float32Array) return ndarray("float32", shape, numbers);
  if (type === "float64") return ndarray("float64", shape, numbers as Float64Array);
  if (numbers instanceof Int32Array) return ndarray("int32", shape, numbers);
  let small = true;
  for (let i = 0; small && i < numbers.length; i++) small = (numbers[i]! | 0) === numbers[i];
  return small
    ? ndarray("int32", shape, Int32Array.from(numbers))
    : ndarray("float64", shape, numbers instanceof Float64Array ? numbers : Float64Array.from(numbers));
}

/** The array in C order. */
export function inCOrder<D extends DType>({ fortran, shape }: NpyHeader, array: NdArray<D>): NdArray<D> {
  if (!fortran || shape.length < 2) return array;
  const reversed = ndarray(array.dtype, shape.toReversed(), array.data);
  return permuted(
    reversed,
    shape.map((_, axis) => shape.length - 1 - axis),
  );
}

/** Encodes an array of any shape as a NumPy file of version 1, as `numpy.save` does. Equal arrays give equal bytes. */
export function encodeNpy(a: NdArray): Uint8Array<ArrayBuffer> {
  const shape = a.shape.length === 1 ? `(${a.shape[0]},)` : `(${a.shape.join(", ")})`;
  const fields = `{'descr': '${descriptorOf[a.dtype]}', 'fortran_order': False, 'shape': ${shape}, }`;
  // Elements start at a multiple of 64 bytes; the header ends with a newline.
  const length = Math.ceil((preamble + 2 + fields.length + 1) / 64) * 64 - preamble - 2;
  const header = new TextEncoder().encode(`${fields.padEnd(length - 1)}\n`);
  return concatBytes([Uint8Array.from([...magic, 1, 0, length & 255, length >> 8]), header, bytesOf(a)]);
}

function headerText(bytes: Uint8Array, source: string): { readonly text: string; readonly bodyAt: number } {
  if (magic.some((byte, i) => bytes[i] !== byte)) {
    throw new DataError(
      `${source}: a NumPy file must begin with ${hex(Uint8Array.from(magic), 6)} - got ${hex(bytes, 6)}`,
      "write it with numpy.save (not savez, pickle or tofile)",
    );
  }
  const version = bytes[6];
  if (version !== 1 && version !== 2 && version !== 3) {
    throw new DataError(`${source}: the format version must be 1, 2 or 3 - got ${version ?? "the end of the file"}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthSize = version === 1 ? 2 : 4;
  const headerAt = preamble + lengthSize;
  if (bytes.length < headerAt) throw cutHeader(source, headerAt, bytes.length);
  const length = version === 1 ? view.getUint16(preamble, true) : view.getUint32(preamble, true);
  if (length > longestHeader) {
    throw new DataError(`${source}: a header must have at most ${longestHeader} bytes - got ${length}`);
  }
  const bodyAt = headerAt + length;
  if (bytes.length < bodyAt) throw cutHeader(source, bodyAt, bytes.length);
  return { text: new TextDecoder("latin1").decode(bytes.subarray(headerAt, bodyAt)), bodyAt };
}

/** The header is a Python dict literal of three fields, in any order. */
function parseFields(text: string, source: string): Omit<NpyHeader, "bodyAt"> {
  const descriptor = /["']descr["']\s*:\s*["']([^"']*)["']/.exec(text)?.[1];
  const order = /["']fortran_order["']\s*:\s*(True|False)/.exec(text)?.[1];
  // Python 2 wrote long integers with a trailing L.
  const extents = /["']shape["']\s*:\s*\(([\dL,\s]*)\)/.exec(text)?.[1];
  if (descriptor === undefined && /["']descr["']\s*:\s*\[/.test(text)) {
    throw new DataError(`${source}: elements must be numbers - got a structured type`, "save one field: a['field']");
  }
  if (descriptor === undefined || order === undefined || extents === undefined) {
    throw new DataError(
      `${source}: the header must give descr, fortran_order and shape - got ${JSON.stringify(text.slice(0, 80))}`,
    );
  }
  const shape = extents
    .split(",")
    .map((extent) => extent.trim().replace(/L$/, ""))
    .filter((extent) => extent !== "")
    .map(Number);
  if (!shape.every((extent) => Number.isInteger(extent))) {
    throw new DataError(`${source}: a shape must consist of whole numbers - got (${extents})`);
  }
  const [, sign = "=", name = ""] = /^([<>=|])?([^]*)$/.exec(descriptor)!;
  const type = typeNames.get(name);
  if (type === undefined) throw unknownDescriptor(descriptor, name, source);
  return { type, descriptor, bigEndian: sign === ">", shape, fortran: order === "True" };
}

interface OtherKind {
  readonly name: string;
  /** What to do. */
  readonly hint: string;
}

const complex: OtherKind = { name: "complex numbers", hint: "save both parts: numpy.stack([a.real, a.imag], axis=1)" };
const text: OtherKind = {
  name: "text",
  hint: 'convert digits to numbers with a.astype("float64"), and names to whole numbers with numpy.unique(a, return_inverse=True)[1]',
};
const longDoubles: OtherKind = { name: "long doubles", hint: 'save it with a.astype("float64")' };

/** Types other than real numbers, by letter. */
const otherKinds: Readonly<Record<string, OtherKind>> = {
  O: {
    name: "Python objects",
    hint: 'NumPy stores rows of different lengths and mixed types as objects: make all rows the same length, then save numpy.array(a.tolist(), dtype="float32")',
  },
  c: complex,
  F: complex,
  D: complex,
  U: text,
  S: text,
  a: text,
  V: {
    name: "raw bytes",
    hint: 'NumPy writes bfloat16 and similar types as raw bytes: save it with a.astype("float32")',
  },
  M: {
    name: "dates",
    hint: 'save the time since the first one in some unit: (a - a.min()) / numpy.timedelta64(1, "s")',
  },
  m: { name: "durations", hint: 'save them in some unit: a / numpy.timedelta64(1, "s")' },
  g: longDoubles,
};

function unknownDescriptor(descriptor: string, name: string, source: string): DataError {
  const kind = name === "f16" ? longDoubles : otherKinds[name[0] ?? ""];
  const got = kind === undefined ? JSON.stringify(descriptor) : `${kind.name} (${descriptor})`;
  return new DataError(
    `${source}: elements must be real numbers of up to 64 bits - got ${got}`,
    kind?.hint ?? 'save it with a.astype("float32")',
  );
}

function cutHeader(source: string, expected: number, got: number): DataError {
  return new DataError(
    `${source}: the header must end at byte ${expected} - got a file of ${got} bytes`,
    "the file is damaged or truncated: save it again",
  );
}
