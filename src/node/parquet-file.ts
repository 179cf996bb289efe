import { basename } from "node:path";

import { DataError } from "../base/errors.ts";
import { ndarray } from "../base/ndarray.ts";
import { type ArrayDatasetParts, arrayDataset } from "../data/array-dataset.ts";
import { type Label, classesFrom } from "../data/classes.ts";
import type { Dataset, SkippedFile } from "../data/dataset.ts";
import { type EncodedImage, nothingRead, readImages } from "./images.ts";
import type { Column } from "./parquet-columns.ts";
import { ParquetReader } from "./parquet-reader.ts";
import type { OpenedParquet } from "./parquet-worker.ts";

export interface ParquetOptions {
  /** Side in pixels that images are brought to. */
  readonly size?: number | undefined;
  /** Read the first so many images. */
  readonly first?: number | undefined;
}

interface Table extends OpenedParquet {
  readonly name: string;
  readonly reader: ParquetReader;
  /** Without those that a tool has put there for itself. */
  readonly columns: readonly Column[];
  readonly rows: number;
  readonly notes: readonly string[];
}

/** The column that the labels of images are read from. */
const labelColumn = "label";

/**
 * A Parquet file. Where one column holds image files, as bytes or as the hub's `{ bytes, path }`, they are the items, and the
 * distinct values of a column `label` their classes; else every column must hold numbers, and each row is a point. Columns that
 * pandas keeps its row index in are left out.
 * @throws DataError when it is no such file, or a number is not finite. @throws OptionError when sizes of images differ and none is asked for.
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
      return `column ${opened.all[place]!.name} is left out: pandas keeps its row index in it`;
    });
    const table: Table = { ...opened, name, reader, columns, rows, notes };
    const images = columns.filter(({ holds }) => holds === "images");
    if (images.length > 1) {
      throw new DataError(
        `${name} must hold one column of images - got ${images.map((column) => column.name).join(", ")}`,
        "write a file with the one to learn from",
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
  const labelled = labelsOf(table);
  const columns = [column.place, ...(labelled === null ? [] : [labelled.place])];
  const labels: (Label | null | undefined)[] = [];
  async function* images(): AsyncGenerator<EncodedImage> {
    for (const [group, { rows }] of groups.entries()) {
      if (rows === 0) continue;
      const [encoded, own] = await reader.values(group, columns);
      for (const [at, image] of encoded!.entries()) {
        const row = labels.push(own?.[at] as Label | null | undefined);
        yield encodedIn(image, row);
      }
    }
  }
  const skipped: SkippedFile[] = [];
  const read = await readImages(name, images(), table.rows, { size, limit: first }, skipped);
  if (read === null) throw nothingRead(name, skipped, "no rows", `in the column ${column.name}`);
  const { items, places, files, scales } = read;
  const classes = labelled === null ? {} : classesAt(labels, places);
  return arrayDataset({
    name,
    kind: "image",
    items,
    ...classes,
    skipped,
    files,
    scales,
    notes: [...notes, ...read.notes],
  });
}

/** The column of labels, if there is one. @throws DataError for two. */
function labelsOf({ name, columns }: Table): Column | null {
  const found = columns.filter((column) => {
    return column.name === labelColumn && (column.holds === "whole numbers" || column.holds === "text");
  });
  if (found.length <= 1) return found[0] ?? null;
  throw new DataError(
    `${name} must have one column ${labelColumn} - got ${found.length} of them`,
    "give the others another name",
  );
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
function classesAt(
  labels: readonly (Label | null | undefined)[],
  places: readonly number[],
): Pick<ArrayDatasetParts, "labels" | "classNames"> {
  const known = places.map((place) => labels[place]).filter((label) => label !== null && label !== undefined);
  const { labels: own, names } = classesFrom(known);
  const hidden = names.includes("-1") && (names.includes("0") || names.length === 1);
  return known.length < places.length || hidden ? {} : { labels: own, classNames: names };
}

async function readPoints(table: Table): Promise<Dataset> {
  const { name, reader, columns, rows, groups, notes } = table;
  const other = columns.find(({ holds }) => holds !== "numbers" && holds !== "whole numbers");
  if (other !== undefined || columns.length === 0) {
    const got = other === undefined ? "no columns" : `${other.name}, ${other.kind}`;
    throw new DataError(
      `${name} must hold a column of images, or numbers in every column - got ${got}`,
      "images are the bytes of image files; write a file with the columns to learn from",
    );
  }
  if (rows === 0) throw new DataError(`${name} must hold at least one row of numbers - got none`);
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
  return arrayDataset({ name, kind: "points", items, ownUnits: true, notes });
}

function noNumber({ name }: Table, row: number, column: Column, value: string): DataError {
  const large = column.holds === "whole numbers" && /^-?\d+$/.test(value);
  return new DataError(
    `${name}: each cell must be a finite number${large ? " up to 2^53" : ""} - got ${value} in row ${row + 1}, column ${column.place + 1} (${column.name})`,
    large ? "larger whole numbers lose their last digits: is it a key rather than a coordinate?" : undefined,
  );
}
