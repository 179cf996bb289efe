import { basename } from "node:path";

import { DataError } from "../base/errors.ts";
import { ndarray } from "../base/ndarray.ts";
import { arrayDataset } from "../data/array-dataset.ts";
import { type Classes, type Label, classesFrom } from "../data/classes.ts";
import type { Dataset, SkippedFile } from "../data/dataset.ts";
import { type EncodedImage, noReadableImage, readImages } from "./images.ts";
import { isLabel, labelAmongPointsNote, labelColumn, rowNumbersNote } from "./column-names.ts";
import type { Column } from "./parquet-columns.ts";
import { ParquetReader } from "./parquet-reader.ts";
import type { OpenedParquet } from "./parquet-worker.ts";

export interface ParquetOptions {
  /** Side in pixels to which images are scaled and cropped. */
  readonly size?: number | undefined;
  /** Number of images to read. */
  readonly first?: number | undefined;
}

interface Table extends OpenedParquet {
  readonly name: string;
  readonly reader: ParquetReader;
  /** Number of columns, not counting those that tools add for their own use. */
  readonly columns: readonly Column[];
  readonly rows: number;
  readonly notes: readonly string[];
}

/**
 * Opens a Parquet file. If one column holds image files, as bytes or as `{ bytes, path }` in Hugging Face's format, these are
 * the items, and the distinct values of a column `label` are their classes: whole numbers of any type, words or booleans.
 * Otherwise every column must hold numbers or booleans, and each row is a point. Ignored columns are reported: with images all
 * other columns, and those in which pandas keeps its row index.
 * @throws DataError if the file is not valid, or a number is not finite. @throws OptionError if the sizes of images differ and
 * no size is given.
 */
export async function openParquet(
  path: string,
  options: ParquetOptions,
  reader: ParquetReader = new ParquetReader(),
): Promise<Dataset> {
  const name = basename(path);
  try {
    const opened = await reader.open(path, name);
    const columns = opened.all.filter(({ place }) => !opened.bookkeeping.includes(place));
    const rows = opened.groups.reduce((sum, group) => sum + group.rows, 0);
    const notes = opened.bookkeeping.map((place) => {
      return rowNumbersNote(opened.all[place]!.name);
    });
    const table: Table = { ...opened, name, reader, columns, rows, notes };
    const bytes = columns.filter(({ holds }) => holds === "images");
    // Text also appears as bytes if the writer did not declare it as text.
    const images = bytes.length > 1 ? bytes.filter(({ name: own }) => !isLabel(own)) : bytes;
    if (images.length > 1) {
      throw new DataError(
        `${name} must hold one column of images - got ${images.map((column) => column.name).join(", ")}`,
        "save a file with only one of them",
      );
    }
    const [column] = images;
    return await (column === undefined ? readPoints(table) : readPictures(table, column, options));
  } finally {
    await reader.close();
  }
}

async function readPictures(table: Table, column: Column, { size, first }: ParquetOptions): Promise<Dataset> {
  const { name, reader, groups, notes } = table;
  const labelled = labelsOf(table, column);
  const columns = [column.place, ...(labelled === null ? [] : [labelled.place])];
  const labels: unknown[] = [];
  async function* images(): AsyncGenerator<EncodedImage> {
    for (const [group, { rows }] of groups.entries()) {
      if (rows === 0) continue;
      const [encoded, own] = await reader.values(group, columns);
      for (const [at, image] of encoded!.entries()) {
        const row = labels.push(own?.[at]);
        yield encodedIn(image, row);
      }
    }
  }
  const skipped: SkippedFile[] = [];
  const read = await readImages(name, images(), table.rows, { size, limit: first }, skipped);
  if (read === null) throw noReadableImage(name, skipped, "no rows", `in the column ${column.name}`);
  const { items, places, files, scales } = read;
  const { classes, notes: onLabels } =
    labelled === null ? { classes: null, notes: [] } : classesAt(labelled, labels, places);
  return arrayDataset({
    name,
    kind: "image",
    items,
    ...(classes !== null && { labels: classes.labels, classNames: classes.names }),
    skipped,
    files,
    scales,
    notes: [...notes, ...otherColumns(table, column, labelled), ...onLabels, ...read.notes],
  });
}

/** Kinds of columns from which labels are read; bytes are taken as text. */
const labelHolds: readonly Column["holds"][] = ["whole numbers", "numbers", "decimals", "booleans", "text", "images"];

/** The column of labels, if there is one: an exact match of the name before one that differs in case. @throws DataError for two. */
function labelsOf({ name, columns }: Table, images: Column): Column | null {
  const called = columns.filter((column) => column !== images && isLabel(column.name));
  const exact = called.filter((column) => column.name === labelColumn);
  const found = (exact.length > 0 ? exact : called).filter(({ holds }) => labelHolds.includes(holds));
  if (found.length <= 1) return found[0] ?? null;
  throw new DataError(`${name} must have one column ${labelColumn} - got ${found.length} of them`, "rename the others");
}

/** Notes about the columns other than images and labels. */
function otherColumns({ columns }: Table, images: Column, labels: Column | null): string[] {
  const others = columns.filter((column) => column !== images && column !== labels);
  if (others.length === 0) return [];
  const listed = others.map((column) => `${column.name} (${column.kind})`).join(", ");
  const words = `column${others.length === 1 ? "" : "s"} ${listed} ${others.length === 1 ? "is" : "are"} ignored`;
  if (labels !== null) return [`${words}: images are read from ${images.name}, and classes from ${labels.name}`];
  const unfit = others.some((column) => isLabel(column.name));
  const classes = unfit ? "they must be whole numbers, words or booleans" : "there is none";
  return [`${words}: classes are read from a column called ${labelColumn}, but ${classes}`];
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

/**
 * The classes of the selected rows, or a note why there are none: a row has no label (or -1, as in test splits on Hugging Face
 * whose labels are hidden), or a label is a fraction.
 */
function classesAt(
  { name, kind }: Column,
  labels: readonly unknown[],
  places: readonly number[],
): { readonly classes: Classes | null; readonly notes: readonly string[] } {
  const own = places.map((place) => labelOf(labels[place]));
  const without = (at: number, what: string, hint: string) => ({
    classes: null,
    notes: [`column ${name} (${kind}) is ignored: row ${places[at]! + 1} has ${what}; ${hint}`],
  });
  const missing = own.indexOf(null);
  if (missing >= 0) {
    const count = own.filter((label) => label === null).length;
    const more = count === 1 ? "" : `, and ${count - 1} more`;
    return without(missing, `no label${more}`, "remove such rows to use it for the classes");
  }
  const fraction = own.findIndex((label) => typeof label === "number" && !Number.isInteger(label));
  if (fraction >= 0) {
    return without(fraction, `the label ${String(own[fraction])}`, "classes are whole numbers, words or booleans");
  }
  const classes = classesFrom(own as readonly Label[]);
  const { names } = classes;
  const hidden = names.includes("-1") && (names.includes("0") || names.length === 1);
  return hidden
    ? without(
        own.findIndex((label) => String(label) === "-1"),
        "-1 for a label",
        "this is how Hugging Face marks hidden labels",
      )
    : { classes, notes: [] };
}

/** The label in a cell; null for a missing value or blank text. */
function labelOf(value: unknown): Label | null {
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  if (typeof value === "boolean") return String(value);
  const label = value instanceof Uint8Array ? new TextDecoder().decode(value) : (value as Label);
  return typeof label === "string" && label.trim() === "" ? null : label;
}

/** Kinds of columns from which coordinates are read. */
const coordinates: readonly Column["holds"][] = ["numbers", "whole numbers", "decimals", "booleans"];
const times = /^(date|time|timestamp|duration|interval)/;

async function readPoints(table: Table): Promise<Dataset> {
  const { name, reader, columns, rows, groups, notes } = table;
  const other = columns.find(({ holds }) => !coordinates.includes(holds));
  if (other !== undefined || columns.length === 0) {
    const bare = notes.length === 0 ? "no columns" : "none but the row index of pandas";
    const got = other === undefined ? bare : `${other.name}, ${other.kind}`;
    throw new DataError(
      `${name} must hold a column of images, or numbers in every column - got ${got}`,
      other !== undefined && times.test(other.kind)
        ? "convert times to numbers, such as seconds since the first one, or drop the column"
        : "images must be encoded image files; save a file with only the columns to train on",
    );
  }
  if (rows === 0) throw new DataError(`${name} has no row of numbers`);
  const places = columns.map(({ place }) => place);
  const parts: Float64Array[] = [];
  let before = 0;
  for (const [group, { rows: own }] of groups.entries()) {
    if (own === 0) continue;
    const read = await reader.numbers(group, places);
    if (!(read instanceof Float64Array)) throw noNumber(table, before + read.row, columns[read.column]!, read.value);
    parts.push(read);
    before += own;
  }
  const values = new Float64Array(rows * columns.length);
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  const items = ndarray("float64", [rows, columns.length], values);
  const labels = columns.filter((column) => isLabel(column.name)).map((column) => labelAmongPointsNote(column.name));
  return arrayDataset({ name, kind: "points", items, ownUnits: true, notes: [...notes, ...labels] });
}

function noNumber({ name }: Table, row: number, column: Column, value: string): DataError {
  const large = column.holds === "whole numbers" && /^-?\d+$/.test(value);
  return new DataError(
    `${name}: each cell must be a finite number${large ? " up to 2^53" : ""} - got ${value} in row ${row + 1}, column ${column.place + 1} (${column.name})`,
    large
      ? "larger whole numbers lose their last digits: remove the column if it is a key rather than a coordinate"
      : undefined,
  );
}
