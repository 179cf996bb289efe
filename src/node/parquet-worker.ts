import { parentPort } from "node:worker_threads";

import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";

import { DataError } from "../base/errors.ts";
import { type Columns, columnsOf } from "./parquet-columns.ts";
import { type RegularFile, isZipped, openRegular, readIfThere, readInto, requireUnchanged } from "./read-file.ts";

/** A request from the main thread. Columns are identified by their index. */
export type ParquetRequest =
  | { readonly ask: "open"; readonly path: string }
  | { readonly ask: "numbers" | "values"; readonly group: number; readonly columns: readonly number[] }
  | { readonly ask: "close" };

export interface RowGroupSize {
  readonly rows: number;
  /** Bytes of all columns in the file. */
  readonly bytes: number;
}

export interface OpenedParquet extends Columns {
  readonly size: number;
  readonly groups: readonly RowGroupSize[];
}

/** A value that is not a number, with its row in the row group (from 0) and its column in the request. */
export interface NumberFault {
  readonly row: number;
  readonly column: number;
  readonly value: string;
}

export type ParquetAnswer =
  | { readonly opened: OpenedParquet }
  | { readonly closed: true }
  | { readonly numbers: Float64Array<ArrayBuffer> }
  | { readonly fault: NumberFault }
  | { readonly values: readonly (readonly unknown[])[] }
  /** With a hint if the file itself is not at fault. */
  | { readonly refused: string; readonly hint: string | undefined }
  | { readonly damaged: string };

interface Table {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly groups: readonly RowGroupSize[];
  /** Number of decimal places of each column of decimals, by index. */
  readonly scales: ReadonlyMap<number, number>;
  /** Closes the file. @throws DataError if it has changed. */
  close(): Promise<void>;
}

/** Maximum ratio of a page's size to its compressed size, except for small pages. */
const maxExpansion = 32;
const freeExpansion = 2 ** 26;
/** Whole numbers up to this one are exact in float64. */
const maxExact = 2n ** 53n;

/** Maximum number of decimal places that JavaScript formats. */
const maxDigits = 100;

/** Decompressors that check the size of their result before they allocate memory. */
const bounded = Object.fromEntries(
  Object.entries(compressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, length: number): Uint8Array => {
      if (length <= Math.max(freeExpansion, maxExpansion * input.length)) return decompress!(input, length);
      throw new Error(`a page of ${input.length} bytes that decompresses to ${length}`);
    },
  ]),
);

async function openTable(path: string): Promise<[Table, OpenedParquet]> {
  const opened = await openRegular(path);
  if (opened === null) throw new DataError(`there is no file ${path}`);
  const buffer = await bufferOf(opened);
  try {
    return await describeTable(buffer);
  } catch (error) {
    await opened.handle.close();
    throw error;
  }
}

async function describeTable({ file, close }: Pick<Table, "file" | "close">): Promise<[Table, OpenedParquet]> {
  const metadata = await parquetMetadataAsync(file, { geoparquet: false });
  const schema = parquetSchema(metadata);
  const columns = columnsOf(schema, metadata);
  nameByPlace(metadata);
  const groups = metadata.row_groups.map((group) => {
    const bytes = group.columns.reduce((sum, { meta_data: chunk }) => sum + Number(chunk?.total_compressed_size), 0);
    return { rows: count(group.num_rows), bytes: Math.min(file.byteLength, count(bytes)) };
  });
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows !== Number(metadata.num_rows)) {
    throw new Error(`${metadata.num_rows} rows by its footer, and ${rows} in its row groups`);
  }
  const decimals = schema.children.flatMap(({ element }, place): [number, number][] =>
    element.converted_type === "DECIMAL" ? [[place, element.scale ?? 0]] : [],
  );
  return [
    { file, metadata, groups, scales: new Map(decimals), close },
    { ...columns, size: file.byteLength, groups },
  ];
}

function count(value: number | bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`a count of ${value}`);
}

/** Renames columns to their index, since names need not be unique. */
function nameByPlace(metadata: FileMetaData): void {
  const { children } = parquetSchema(metadata);
  const leaves = children.flatMap((child, place) => leavesOf(child).map((path) => ({ place, path })));
  children.forEach(({ element }, place) => (element.name = String(place)));
  for (const { columns } of metadata.row_groups) {
    if (columns.length !== leaves.length) {
      throw new Error(`${columns.length} column chunks of ${leaves.length} columns in a row group`);
    }
    columns.forEach(({ meta_data: chunk }, at) => {
      const { place, path } = leaves[at]!;
      if (chunk?.path_in_schema.join("\0") !== path.join("\0")) throw new Error("column chunks in another order");
      chunk.path_in_schema[0] = String(place);
    });
  }
}

function leavesOf({ children, path }: ReturnType<typeof parquetSchema>): string[][] {
  return children.length === 0 ? [path] : children.flatMap(leavesOf);
}

async function bufferOf(opened: RegularFile): Promise<Pick<Table, "file" | "close">> {
  const { path, handle, size } = opened;
  if (await isZipped(opened)) {
    await handle.close();
    const bytes = (await readIfThere(path)) ?? new Uint8Array(0);
    const slice = (start: number, end = bytes.length): ArrayBuffer => {
      requireRange(start, end, bytes.length);
      return Uint8Array.from(bytes.subarray(start, end)).buffer;
    };
    return { file: { byteLength: bytes.length, slice }, close: async () => undefined };
  }
  const slice = async (start: number, end = size): Promise<ArrayBuffer> => {
    requireRange(start, end, size);
    const bytes = new Uint8Array(end - start);
    for (let at = 0; at < bytes.length;) {
      const bytesRead = await readInto(opened, bytes, at, Math.min(2 ** 26, bytes.length - at), start + at);
      if (bytesRead === 0) await requireUnchanged(opened, start + at);
      at += bytesRead;
    }
    return bytes.buffer;
  };
  const close = async (): Promise<void> => {
    try {
      await requireUnchanged(opened, size);
    } finally {
      await handle.close();
    }
  };
  return { file: { byteLength: size, slice }, close };
}

function requireRange(start: number, end: number, size: number): void {
  if (start >= 0 && start <= end && end <= size) return;
  throw new Error(`a reference to bytes ${start} to ${end} in a file of ${size} bytes`);
}

/** Reads some columns of a row group, and checks their length. */
async function readGroup(table: Table, group: number, places: readonly number[]): Promise<ArrayLike<unknown>[][]> {
  const { file, metadata, groups, scales } = table;
  const rowStart = groups.slice(0, group).reduce((sum, { rows }) => sum + rows, 0);
  const { rows } = groups[group]!;
  const parts = new Map(places.map((place) => [String(place), [] as ArrayLike<unknown>[]]));
  await parquetRead({
    file,
    metadata,
    columns: places.map(String),
    rowStart,
    rowEnd: rowStart + rows,
    // Bytes are not decoded unless they are declared as text.
    utf8: false,
    compressors: bounded,
    onChunk: ({ columnName, columnData }) => parts.get(columnName)?.push(columnData),
  });
  return places.map((place) => {
    const own = parts.get(String(place))!;
    const length = own.reduce((sum, part) => sum + part.length, 0);
    if (length !== rows) throw new Error(`${rows} rows by its footer, and ${length} in column ${place + 1}`);
    const scale = scales.get(place);
    return scale === undefined ? own : own.map((part) => Array.from(part, (value) => rounded(value, scale)));
  });
}

/** The number nearest to a decimal. The decoder multiplies by a power of ten, whose result is not always the nearest. */
function rounded(value: unknown, scale: number): unknown {
  return typeof value === "number" && scale <= maxDigits ? Number(value.toFixed(scale)) : value;
}

async function readNumbers(table: Table, group: number, places: readonly number[]): Promise<ParquetAnswer> {
  const columns = await readGroup(table, group, places);
  const width = places.length;
  const numbers = new Float64Array(table.groups[group]!.rows * width);
  let first: NumberFault | null = null;
  for (const [column, parts] of columns.entries()) {
    let row = 0;
    for (const part of parts) {
      for (let i = 0; i < part.length; i++, row++) {
        const number = numberOf(part[i]);
        numbers[row * width + column] = number;
        const earlier = first === null || row < first.row;
        if (Number.isNaN(number) && earlier) first = { row, column, value: String(part[i] ?? "null") };
      }
    }
  }
  return first === null ? { numbers } : { fault: first };
}

/** NaN for a number beyond the range of float32, or a whole number that is not exact. */
function numberOf(value: unknown): number {
  if (typeof value === "bigint") return value > maxExact || value < -maxExact ? Number.NaN : Number(value);
  const number = typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : Number.NaN;
  return Number.isFinite(Math.fround(number)) ? number : Number.NaN;
}

async function answer(request: ParquetRequest): Promise<ParquetAnswer> {
  try {
    if (request.ask === "close") {
      const table = current;
      current = null;
      await table?.close();
      return { closed: true };
    }
    if (request.ask === "open") {
      const [table, opened] = await openTable(request.path);
      current = table;
      return { opened };
    }
    const { ask, group, columns } = request;
    if (ask === "numbers") return await readNumbers(current!, group, columns);
    const values = (await readGroup(current!, group, columns)).map((parts) =>
      parts.flatMap((part) => Array.from(part)),
    );
    return { values };
  } catch (error) {
    if (error instanceof DataError) return { refused: error.message, hint: error.hint };
    return { damaged: damageOf(error) };
  }
}

/** Describes what is wrong with the file according to the decoder, whose type errors are not informative. */
function damageOf(error: unknown): string {
  if (error instanceof TypeError || error instanceof ReferenceError) return "parts that do not fit together";
  return error instanceof Error ? error.message : String(error);
}

let current: Table | null = null;

parentPort!.on("message", (request: ParquetRequest) => {
  void answer(request).then((reply) => {
    parentPort!.postMessage(reply, "numbers" in reply ? [reply.numbers.buffer] : []);
  });
});
