import { concatBytes } from "../base/bytes.ts";
import { DataError } from "../base/errors.ts";
import { type DType, type NdArray, type Shape, formatShape } from "../base/ndarray.ts";
import { bytesOf, countOf, elementSize, fromBytes } from "./elements.ts";

/** Arrays and text metadata, by name. */
export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, NdArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const codeOf: Readonly<Record<DType, string>> = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
};
const dtypeOf = new Map(Object.entries(codeOf).map(([dtype, code]) => [code, dtype as DType]));
const metadataKey = "__metadata__";
const longestHeader = 100_000_000;

/**
 * Encodes arrays of any shape as a safetensors file. The bytes do not depend on the order of the record: arrays are sorted
 * by element size, largest first, which keeps them aligned, then by name.
 * @throws DataError if a tensor is called `__metadata__`.
 * @source https://github.com/huggingface/safetensors, section "Format".
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, NdArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = Object.entries(tensors).toSorted(
    ([nameA, a], [nameB, b]) => elementSize[b.dtype] - elementSize[a.dtype] || (nameA < nameB ? -1 : 1),
  );
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) fields.push(`"${metadataKey}":${sortedJson(metadata)}`);
  let at = 0;
  for (const [name, a] of sorted) {
    if (name === metadataKey)
      throw new DataError(`encodeSafetensors: ${metadataKey} is reserved and must not be the name of a tensor`);
    const end = at + a.data.byteLength;
    const entry = { dtype: codeOf[a.dtype], shape: a.shape, data_offsets: [at, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    at = end;
  }
  const text = new TextEncoder().encode(`{${fields.join(",")}}`);
  const header = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  header.set(text);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return concatBytes([length, header, ...sorted.map(([, a]) => bytesOf(a))]);
}

/**
 * Decodes a safetensors file with the types F32, F64, I32, U8 and BOOL.
 * @param source The file name, for messages.
 * @throws DataError if the header is not valid, or the tensors do not fill the body exactly, without gap or overlap.
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): SafetensorsFile {
  const where = `decodeSafetensors: ${source}`;
  const { header, bodyAt } = parseHeader(bytes, where);
  const body = bytes.subarray(bodyAt);
  const entries = Object.entries(header).filter(([name]) => name !== metadataKey);
  const tensors = entries.map(([name, value]) => parseEntry(value, `${where}: tensor ${JSON.stringify(name)}`, name));
  let end = 0;
  for (const { name, from, to } of tensors.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) {
      throw new DataError(
        `${where}: tensor ${JSON.stringify(name)} must begin at byte ${end} of the body, where the previous one ends - got ${from}`,
      );
    }
    end = to;
  }
  if (end !== body.length) {
    throw new DataError(
      `${where}: the tensors must fill the body, ${end} bytes - got ${body.length}`,
      "the file is damaged or truncated",
    );
  }
  const read = tensors.map(({ name, dtype, shape, from, to }) => {
    const at = `${where}: tensor ${JSON.stringify(name)}`;
    return [name, fromBytes(dtype, shape, body.subarray(from, to), at)] as const;
  });
  return { tensors: Object.fromEntries(read), metadata: parseMetadata(header, where) };
}

function parseHeader(bytes: Uint8Array, where: string): { header: Record<string, unknown>; bodyAt: number } {
  if (bytes.length < 8) {
    throw new DataError(
      `${where}: the file must start with the header's length, 8 bytes - got a file of ${bytes.length}`,
    );
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const room = Math.min(bytes.length - 8, longestHeader);
  if (length > room) {
    throw new DataError(
      `${where}: the header must have at most ${room} bytes - got ${length}`,
      "the file is damaged or truncated, or not a safetensors file",
    );
  }
  const bodyAt = 8 + length;
  const header = parseJson(bytes.subarray(8, bodyAt));
  if (!isRecord(header)) throw new DataError(`${where}: the header is not a JSON object in UTF-8`);
  return { header, bodyAt };
}

function parseJson(bytes: Uint8Array): unknown {
  // The format forbids white space before the object.
  if (bytes[0] !== 0x7b) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly from: number;
  readonly to: number;
}

function parseEntry(value: unknown, where: string, name: string): Entry {
  if (!isRecord(value)) throw new DataError(`${where}: its entry must be an object - got ${JSON.stringify(value)}`);
  const { dtype: code, shape, data_offsets: offsets } = value;
  const dtype = typeof code === "string" ? dtypeOf.get(code) : undefined;
  if (dtype === undefined) {
    throw new DataError(
      `${where}: dtype must be one of ${[...dtypeOf.keys()].join(", ")} - got ${JSON.stringify(code)}`,
    );
  }
  if (!isCounts(shape)) {
    throw new DataError(`${where}: shape must be a list of whole numbers - got ${JSON.stringify(shape)}`);
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw new DataError(`${where}: data_offsets must be two whole numbers - got ${JSON.stringify(offsets)}`);
  }
  const [from, to] = offsets as [number, number];
  const count = countOf(shape);
  if (count === null || to - from !== count * elementSize[dtype]) {
    const size = count === null ? "more than 2^53" : count * elementSize[dtype];
    throw new DataError(`${where}: ${code as string} ${formatShape(shape)} must take ${size} bytes - got ${to - from}`);
  }
  return { name, dtype, shape, from, to };
}

function parseMetadata(header: Record<string, unknown>, where: string): Record<string, string> {
  const value = Object.hasOwn(header, metadataKey) ? header[metadataKey] : {};
  if (!isRecord(value) || Object.values(value).some((word) => typeof word !== "string")) {
    throw new DataError(`${where}: ${metadataKey} must be a record of text - got ${JSON.stringify(value)}`);
  }
  return value as Record<string, string>;
}

/** JSON with sorted keys. */
function sortedJson(record: Readonly<Record<string, string>>): string {
  const fields = Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
}
