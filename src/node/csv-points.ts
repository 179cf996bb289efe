import { basename } from "node:path";

import { DataError } from "../base/errors.ts";
import { type NdArray, ndarray } from "../base/ndarray.ts";
import { holdsRowNumbers, isLabel, labelAmongPointsNote, rowNumbersNote } from "./column-names.ts";
import { type Row, csvRows } from "./csv-lines.ts";
import { availableMemory } from "./memory.ts";
import { readChunks } from "./read-file.ts";

const numeral = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Digits in groups of three. */
const grouped = /^[+-]?\d{1,3}([ ,.'\u00a0\u202f]\d{3})+([.,]\d+)?$/;
/** A column name does not start like a number and is not a placeholder for a missing value. */
const columnName = /^(?!(nan|inf|infinity|na|n\/a|null|none)$)[^\d+\-.,]/i;
/** Number of cells per block in memory. */
const blockSize = 2 ** 16;
const maxCells = 2 ** 28;
/** Bytes per cell: in its block, and in the final array. */
const cellSize = 16;

/** The contents of a table of numbers. */
export interface CsvPoints {
  /** `[n, d]`. */
  readonly points: NdArray<"float64">;
  /** What was ignored, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads points `[n, d]` from a table of numbers, one point per row. Ignored are a header (a first line of names or of column
 * numbers), empty lines, lines that start with `#`, columns of row numbers with the names that pandas gives them, empty columns
 * and empty rows at the end.
 * In float64, because float32 would lose the distances between large numbers.
 * @param name The file name, for messages.
 * @throws DataError with line and column if a cell is not a finite number, with the line if rows differ in length, and if the
 * cells do not fit in memory.
 */
async function decodeCsv(bytes: Uint8Array | AsyncIterable<Uint8Array>, name: string): Promise<CsvPoints> {
  const table = new Table(name, Math.min(maxCells, Math.floor(availableMemory() / cellSize)));
  for await (const rows of csvRows(bytes instanceof Uint8Array ? [bytes] : bytes, name)) {
    for (const row of rows) table.add(row);
  }
  return { points: table.points(), notes: table.notes() };
}

/** Only the points [n, d]. @throws DataError as `decodeCsv`. */
export async function decodeCsvPoints(
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  name: string,
): Promise<NdArray<"float64">> {
  return (await decodeCsv(bytes, name)).points;
}

/** As `decodeCsv`, for a file, gzipped or not, which is read in chunks. @throws DataError as `decodeCsv` and `readChunks`. */
export async function readCsv(path: string): Promise<CsvPoints> {
  const chunks = await readChunks(path);
  if (chunks === null) throw new DataError(`there is no file ${path}`);
  return decodeCsv(chunks, basename(path));
}

function isHeader(row: readonly string[]): boolean {
  return row.some((cell) => cell !== "") && row.every((cell) => cell === "" || columnName.test(cell));
}

/** Whether cells are column numbers from 0, as pandas names unnamed columns; possibly after a column of row numbers. */
function areColumnNumbers(row: readonly string[]): boolean {
  const first = row[0] === "" ? 1 : 0;
  return row.length - first > 1 && row.every((cell, at) => at < first || cell === String(at - first));
}

/** Whether cells are evenly spaced years, as in tables of yearly values. */
function areYears(row: readonly string[]): boolean {
  const step = Number(row[1]) - Number(row[0]);
  return (
    row.every((cell, at) => isYear(cell) && Number(cell) - Number(row[0]) === at * step) && step >= 1 && step <= 10
  );
}

function isYear(cell: string): boolean {
  return /^(19|20)\d\d$/.test(cell);
}

/** Whether each cell is written with a fraction or an exponent, as pandas writes floats. */
function areFloats(row: readonly string[]): boolean {
  return row.every((cell) => /\d[.e]/i.test(cell));
}

/** Decides from the second row whether a first row of numbers is a header. */
type HeaderTest = (row: readonly string[]) => boolean;

function areNoYears(row: readonly string[]): boolean {
  return areFloats(row) || !row.some((cell) => isYear(cell.trim()));
}

/** Number of cells up to the last non-empty one. */
function extentOf(row: readonly string[]): number {
  let extent = row.length;
  while (extent > 0 && row[extent - 1]!.trim() === "") extent--;
  return extent;
}

/** Accumulates rows of numbers. */
class Table {
  private readonly blocks: Float64Array[] = [];
  private count = 0;
  private header: readonly string[] | null = null;
  /** The first row, and the number of its empty cells beyond the columns of the table. */
  private first: { readonly line: number; readonly empty: number } | null = null;
  private width = 0;
  /** Columns that are ignored. */
  private readonly dropped = new Set<number>();
  private comments = 0;
  /** A first row that may be column numbers or years; the next row decides. */
  private supposed: { readonly line: number; readonly what: string; readonly stands: HeaderTest } | null = null;
  /** Why the first row was ignored. */
  private headless: string | null = null;
  /** An empty row, which is only allowed at the end. */
  private blank: { readonly line: number } | null = null;

  constructor(
    private readonly where: string,
    private readonly most: number,
  ) {}

  add({ cells: row, line, comment }: Row): void {
    if (comment) {
      this.comments++;
      return;
    }
    const extent = extentOf(row);
    if (extent === 0) {
      this.blank ??= { line };
      return;
    }
    if (this.first === null) {
      const names = row.map((cell) => cell.trim());
      this.first = { line, empty: row.length - extent };
      this.width = extent;
      const numbered = areColumnNumbers(names.slice(0, extent));
      if (isHeader(names) || (numbered && names[0] === "")) {
        this.takeHeader(names, line);
        return;
      }
      const first = names.slice(0, extent);
      if (numbered) this.supposed = { line, what: "it numbers the columns", stands: areFloats };
      else if (areYears(first)) this.supposed = { line, what: "it names the columns by years", stands: areNoYears };
    } else if (this.supposed !== null && this.count === this.width) {
      if (this.supposed.stands(row)) this.clear(this.supposed);
      this.supposed = null;
    }
    if (this.blank !== null) throw this.noNumber("", this.blank.line, 0);
    if (extent > this.width || row.length < this.width) {
      const zeros = row.findIndex((cell) => cell.includes("\0"));
      throw zeros < 0 ? this.otherLength(row.length, extent, line) : this.noNumber(row[zeros]!, line, zeros);
    }
    if (this.count + this.width > this.most) throw this.tooMany(line);
    for (let column = 0; column < this.width; column++) {
      if (!this.dropped.has(column)) this.push(row[column]!, line, column);
    }
  }

  points(): NdArray<"float64"> {
    const { count, width, where } = this;
    if (count === 0) throw new DataError(`${where} has no row of numbers`);
    const values = new Float64Array(count);
    for (const [i, block] of this.blocks.entries()) {
      values.set(block.subarray(0, Math.min(blockSize, count - i * blockSize)), i * blockSize);
    }
    const kept = width - this.dropped.size;
    return ndarray("float64", [count / kept, kept], values);
  }

  notes(): string[] {
    const { comments, header, headless } = this;
    return [
      ...Array.from(this.dropped, (column) => rowNumbersNote(header![column]!)),
      ...(header ?? []).filter(isLabel).map(labelAmongPointsNote),
      ...(headless === null ? [] : [headless]),
      ...(comments === 0 ? [] : [`${comments} ${comments === 1 ? "line" : "lines"} beginning with # ignored`]),
    ];
  }

  private takeHeader(names: readonly string[], line: number): void {
    this.header = names;
    this.requireNames(line);
    for (let column = 0; column < this.width; column++) {
      if (holdsRowNumbers(names[column]!)) this.dropped.add(column);
    }
    if (this.dropped.size < this.width) return;
    throw new DataError(
      `${this.where} must hold a column of coordinates, but holds only a row index, ${names.join(", ")}`,
    );
  }

  /** Discards the only row, which was not a point. */
  private clear({ line, what }: { readonly line: number; readonly what: string }): void {
    this.headless = `line ${line} is ignored: ${what}`;
    this.count = 0;
    this.blocks.length = 0;
  }

  private push(cell: string, line: number, column: number): void {
    const at = this.count++ % blockSize;
    if (at === 0) this.blocks.push(new Float64Array(blockSize));
    this.blocks.at(-1)![at] = this.number(cell.trim(), line, column);
  }

  /** Refuses a column without a name: some tools write row numbers this way, which are not coordinates. */
  private requireNames(line: number): void {
    const unnamed = this.header!.indexOf("");
    if (unnamed < 0 || unnamed >= this.width) return;
    throw new DataError(
      `${this.where}: each column of a header must have a name; column ${unnamed + 1} of line ${line} has none`,
      "row numbers are not coordinates: save the table without them, in pandas with to_csv(index=False)",
    );
  }

  private otherLength(got: number, extent: number, line: number): DataError {
    const { width, where, header } = this;
    const first = this.first!;
    // Empty cells at the end of the first row made it seem shorter.
    if (extent > width && extent <= width + first.empty) {
      if (header === null) return this.noNumber("", first.line, width);
      return new DataError(
        `${where}: each column of a header must have a name; column ${width + 1} of line ${first.line} has none`,
        "name the column or remove it",
      );
    }
    return new DataError(
      `${where}: line ${line} must have ${width} ${width === 1 ? "cell" : "cells"}, as the lines before it - got ${Math.max(extent, Math.min(got, width))}`,
      extent === 2 * width
        ? "if the file uses decimal commas, write 1.5 instead of 1,5, or separate cells with semicolons"
        : undefined,
    );
  }

  private tooMany(line: number): DataError {
    return new DataError(
      `${this.where} must have at most ${this.most} cells to be read into memory - got more, by line ${line}`,
      "save them with numpy.save: a .npy file is read item by item",
    );
  }

  private number(cell: string, line: number, column: number): number {
    const value = Number(cell);
    // Number() accepts more than people expect, such as empty text and 0x10.
    const plain = cell.length === 1 || cell.charCodeAt(1) <= 57 || numeral.test(cell);
    if (cell === "" || !plain || Number.isNaN(value)) throw this.noNumber(cell, line, column);
    if (!Number.isFinite(Math.fround(value))) throw this.tooLarge(cell, line, column);
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) this.requireExact(cell, value, line, column);
    return value;
  }

  /** @throws DataError for a whole number that float64 rounds, since two keys could become equal. */
  private requireExact(cell: string, value: number, line: number, column: number): void {
    const digits = cell.replace("+", "");
    // Programs that write floats choose the shortest text that reads back exactly.
    if (!/^-?\d+$/.test(digits) || digits === String(value) || BigInt(digits) === BigInt(value)) return;
    throw new DataError(
      `${this.where}: a whole number beyond 2^53 must be one that float64 can hold - got ${cell.slice(0, 40)}, which would become ${BigInt(value)}, at line ${line}, column ${column + 1}${this.named(column)}`,
      "remove the column if it is a key rather than a coordinate; otherwise subtract an offset",
    );
  }

  private tooLarge(cell: string, line: number, column: number): DataError {
    if (!numeral.test(cell)) return this.noNumber(cell, line, column);
    return new DataError(
      `${this.where}: each cell must be at most 3.4e38, the largest float32 - got ${cell.slice(0, 40)} at line ${line}, column ${column + 1}${this.named(column)}`,
      "divide the column by a constant, or take logarithms",
    );
  }

  private named(column: number): string {
    return this.header?.[column] === undefined ? "" : ` (${this.header[column]})`;
  }

  private noNumber(cell: string, line: number, column: number): DataError {
    return new DataError(
      `${this.where}: each cell must be a finite number - got ${JSON.stringify(cell.slice(0, 40))} at line ${line}, column ${column + 1}${this.named(column)}`,
      hintFor(cell),
    );
  }
}

const missing = /^([+-]?nan|[+-]?inf|[+-]?infinity|<?na>?|n\/a|nat|null|none|-+|\?|\.)$/i;

function hintFor(cell: string): string {
  if (cell === "") return "fill in the cell or remove the row";
  if (/^\0+$/.test(cell))
    return "the file contains zero bytes, probably from a crash while it was written: save it again";
  if (cell.includes("\0")) return "this seems to be UTF-16: save the table as UTF-8";
  if (/^[+-]?\d+,\d+$/.test(cell) && !/^[+-]?\d{1,3},\d{3}$/.test(cell)) return "use a decimal point: 1.5";
  if (grouped.test(cell)) return "write numbers without thousands separators and with a decimal point: 1234.5";
  if (missing.test(cell)) return "remove rows with missing values, in pandas with dropna()";
  if (/^(true|false)$/i.test(cell)) return "write 1 and 0 for true and false, in pandas with astype(int)";
  if (/^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]|$)|^\d{1,2}:\d{2}/.test(cell)) {
    return "dates and times are not numbers: convert them, for example to seconds since the first one";
  }
  if (/^[+-]?[\d.]+ ?%$/.test(cell)) return "write percentages as plain numbers";
  if (cell.includes("#")) return "a comment must be on a separate line that starts with #";
  if (/^[\u2212\u2013\u2014]\d/.test(cell)) return "write the sign of negative numbers as a hyphen: -1.5";
  if (/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/.test(cell))
    return "remove the invisible character from the cell";
  if (/\p{Nd}/u.test(cell.replaceAll(/\d/g, ""))) return "write numbers with the digits 0 to 9";
  return "separate cells with commas, semicolons or tabs; only the first line may hold column names";
}
