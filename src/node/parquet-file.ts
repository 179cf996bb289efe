import { basename } from "node:path";

import type { AsyncBuffer, FileMetaData, SchemaTree } from "hyparquet";

import { DataError } from "../base/errors.ts";
import { ndarray } from "../base/ndarray.ts";
import { classesFrom } from "../data/classes.ts";
import { type ArrayDatasetParts, arrayDataset } from "../data/array-dataset.ts";
import type { Dataset, SkippedFile } from "../data/dataset.ts";
import { codeOf } from "./folder-store.ts";
import { type EncodedImage, nothingRead, readImages } from "./images.ts";

export interface ParquetOptions {
  /** Side in pixels that images are brought to. */
  readonly size?: number | undefined;
  /** Read the first so many images. */
  readonly first?: number | undefined;
}

/** An open file: what it holds, and how to read some rows. */
interface Table {
  readonly where: string;
  readonly metadata: FileMetaData;
  readonly columns: readonly SchemaTree[];
  /** Rows of some columns, a value a column, row group by row group. */
  rows(columns: readonly string[]): AsyncGenerator<readonly (readonly unknown[])[]>;
}

/** The column that the labels of images are read from. */
const labelColumn = "label";

/**
 * A Parquet file. Where one column holds image files, as bytes or as the hub's `{ bytes, path }`, they are the items, and a column
 * `label` of whole numbers from 0 their classes; else every column must hold numbers, and each row is a point.
 * @throws DataError when it is no such file, or a number is not finite. @throws OptionError when sizes of images differ and none is asked for.
 */
export async function openParquet(path: string, options: ParquetOptions): Promise<Dataset> {
  const name = basename(path);
  const table = await openTable(path, `openData: ${name}`);
  const images = table.columns.filter(holdsBytes);
  if (images.length > 1) {
    throw new DataError(
      `${table.where} must hold one column of images - got ${images.map(nameOf).join(", ")}`,
      "write a file with the one to learn from",
    );
  }
  const [column] = images;
  return column === undefined ? readPoints(table, name) : readPictures(table, column, name, options);
}

async function openTable(path: string, where: string): Promise<Table> {
  // Loaded only where a table is read.
  const [{ asyncBufferFromFile, parquetMetadataAsync, parquetRead, parquetSchema }, { compressors }] =
    await Promise.all([import("hyparquet"), import("hyparquet-compressors")]);
  const damaged = (error: unknown): DataError => {
    const code = codeOf(error);
    return code === undefined
      ? new DataError(
          `${where} must be a whole Parquet file - got ${(error as Error).message}`,
          "the file is damaged or was cut: get it again",
        )
      : new DataError(`${where} must be readable - got ${code}`);
  };
  let file: AsyncBuffer;
  let metadata: FileMetaData;
  try {
    file = await asyncBufferFromFile(path);
    metadata = await parquetMetadataAsync(file, { geoparquet: false });
  } catch (error) {
    throw damaged(error);
  }
  async function* rows(columns: readonly string[]): AsyncGenerator<readonly (readonly unknown[])[]> {
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      let read: unknown[][] = [];
      await parquetRead({
        file,
        metadata,
        columns: [...columns],
        rowStart,
        rowEnd,
        // Bytes stay bytes, where nobody says that they are text.
        utf8: false,
        compressors,
        onComplete: (all) => (read = all),
      }).catch((error: unknown) => {
        throw damaged(error);
      });
      yield read;
      rowStart = rowEnd;
    }
  }
  return { where, metadata, columns: parquetSchema(metadata).children, rows };
}

function nameOf({ element }: SchemaTree): string {
  return element.name;
}

/** Bytes that are not text, or a struct with such. */
function holdsBytes({ element, children }: SchemaTree): boolean {
  if (children.length > 0) return children.some((child) => nameOf(child) === "bytes" && holdsBytes(child));
  const isText = element.converted_type === "UTF8" || element.logical_type?.type === "STRING";
  return (
    element.type === "BYTE_ARRAY" &&
    !isText &&
    element.converted_type !== "DECIMAL" &&
    element.converted_type !== "JSON"
  );
}

async function readPictures(
  table: Table,
  column: SchemaTree,
  name: string,
  { size, first }: ParquetOptions,
): Promise<Dataset> {
  const labelled = table.columns.some((each) => nameOf(each) === labelColumn && isWhole(each));
  const columns = labelled ? [nameOf(column), labelColumn] : [nameOf(column)];
  const labels: unknown[] = [];
  async function* images(): AsyncGenerator<EncodedImage> {
    for await (const rows of table.rows(columns)) {
      for (const [image, label] of rows) {
        const row = labels.push(label);
        yield encodedIn(image, row);
      }
    }
  }
  const skipped: SkippedFile[] = [];
  const count = Number(table.metadata.num_rows);
  const read = await readImages(table.where, images(), count, { size, limit: first }, skipped);
  if (read === null) throw nothingRead(table.where, skipped, "no rows", `in the column ${nameOf(column)}`);
  const { items, places } = read;
  return arrayDataset({ name, kind: "image", items, ...(labelled && labelsAt(labels, places)), skipped });
}

/** Rows are counted from 1. */
function encodedIn(value: unknown, row: number): EncodedImage {
  const { bytes, path } =
    value instanceof Uint8Array ? { bytes: value } : ((value ?? {}) as { bytes?: unknown; path?: unknown });
  const file = typeof path === "string" && path !== "" ? `row ${row}, ${path}` : `row ${row}`;
  return {
    file,
    bytes: async () => {
      if (bytes instanceof Uint8Array) return bytes;
      throw new Error("no bytes in the file");
    },
  };
}

/** The classes of the chosen rows; none where a row has no label, as in the hidden test parts of the hub, where they are -1. */
function labelsAt(
  labels: readonly unknown[],
  places: readonly number[],
): Pick<ArrayDatasetParts, "labels" | "classNames"> {
  const chosen = places.map((place) => labels[place]) as (bigint | number | null)[];
  const known = chosen.filter((label) => label !== null);
  const distinct = new Set(known.map(Number));
  if (known.length < chosen.length || (distinct.has(-1) && (distinct.has(0) || distinct.size === 1))) return {};
  const { labels: own, names } = classesFrom(known);
  return { labels: own, classNames: names };
}

/** Whole numbers of up to 64 bits; dates and decimals lie in such, too. */
function isWhole({ element }: SchemaTree): boolean {
  const { type, converted_type: old, logical_type: meaning } = element;
  const isInteger = meaning === undefined ? old === undefined || /^U?INT_/.test(old) : meaning.type === "INTEGER";
  return (type === "INT32" || type === "INT64") && isInteger;
}

function isNumber(column: SchemaTree): boolean {
  const { type } = column.element;
  return column.children.length === 0 && (isWhole(column) || type === "FLOAT" || type === "DOUBLE");
}

async function readPoints(table: Table, name: string): Promise<Dataset> {
  const { where, columns } = table;
  const other = columns.find((column) => !isNumber(column));
  if (other !== undefined || columns.length === 0) {
    const got = other === undefined ? "no columns" : `${nameOf(other)}, ${kindOf(other)}`;
    throw new DataError(
      `${where} must hold a column of images, or numbers in every column - got ${got}`,
      "images are the bytes of image files; write a file with the columns to learn from",
    );
  }
  const values = new Float64Array(Number(table.metadata.num_rows) * columns.length);
  let at = 0;
  for await (const rows of table.rows(columns.map(nameOf))) {
    for (const row of rows) {
      for (const value of row) {
        const number = value === null || value === undefined ? Number.NaN : Number(value);
        if (!Number.isFinite(Math.fround(number))) throw noNumber(table, at, value);
        values[at++] = number;
      }
    }
  }
  if (at === 0) throw new DataError(`${where} must hold at least one row of numbers - got none`);
  const items = ndarray("float64", [values.length / columns.length, columns.length], values);
  return arrayDataset({ name, kind: "points", items });
}

function noNumber({ where, columns }: Table, at: number, value: unknown): DataError {
  const [row, column] = [Math.floor(at / columns.length) + 1, nameOf(columns[at % columns.length]!)];
  return new DataError(
    `${where}: each cell must be a finite number - got ${String(value)} in row ${row}, column ${column}`,
  );
}

/** What a column holds, in a word. */
function kindOf({ element, children }: SchemaTree): string {
  if (children.length > 0) return element.converted_type === "LIST" ? "lists" : "parts of its own";
  return (element.logical_type?.type ?? element.converted_type ?? element.type ?? "nothing").toLowerCase();
}
