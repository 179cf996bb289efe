import { DataError } from "../base/errors.ts";
import { type NdArray, ndarray } from "../base/ndarray.ts";

/** What separates cells, the surest sign first: a comma may also be the sign before a fraction. */
const separators = ["\t", ";", ","] as const;

const numeral = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** A name does not begin as numbers do, and is no word that stands where a number is missing. */
const columnName = /^(?!(nan|inf|infinity|na|n\/a|null|none)$)[^\d+\-.,]/i;

/**
 * Points `[n, d]` from a table of numbers: a row a point, cells between commas, semicolons or tabs, whichever the first line
 * has. A first line of names is a header, and left out; empty lines are too.
 * Float64: in float32, distances between far numbers would be lost.
 * @param name What the bytes are, for messages: a file name.
 * @throws DataError with line and column when a cell is no finite number, and with the line when rows differ in length.
 */
export async function decodeCsvPoints(bytes: Uint8Array, name: string): Promise<NdArray<"float64">> {
  const { parse, CsvError } = await import("csv-parse/sync");
  const table = new Table(`openData: ${name}`);
  try {
    parse(bytes, {
      bom: true,
      delimiter: separatorOf(bytes),
      relax_column_count: true,
      on_record: (cells: string[], { lines }) => {
        table.add(cells, lines);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new DataError(
      `openData: ${name} must be a table of numbers - got quotation marks that do not match by line ${error["lines"]}`,
    );
  }
  return table.points();
}

/** The first separator that the first line with text has outside of quotes. */
function separatorOf(bytes: Uint8Array): string {
  const start = new TextDecoder().decode(bytes.subarray(0, 2 ** 16));
  const line = /[^\r\n]*[^\r\n\s][^\r\n]*/.exec(start)?.[0].replaceAll(/"[^"]*"/g, "") ?? "";
  return separators.find((separator) => line.includes(separator)) ?? ",";
}

function isHeader(row: readonly string[]): boolean {
  return row.some((cell) => cell !== "") && row.every((cell) => cell === "" || columnName.test(cell));
}

/** Rows of numbers as they come in. */
class Table {
  private readonly values: number[] = [];
  private header: readonly string[] | null = null;
  /** Cells of a row; 0 before the first one. */
  private width = 0;

  constructor(private readonly where: string) {}

  add(cells: readonly string[], line: number): void {
    const row = cells.map((cell) => cell.trim());
    if (row.length === 1 && row[0] === "") return;
    const first = this.width === 0;
    if (first) this.width = row.length;
    if (first && isHeader(row)) {
      this.requireNames(row, line);
      this.header = row;
      return;
    }
    if (row.length !== this.width) {
      throw new DataError(
        `${this.where}: line ${line} must have ${this.width} cells, as the lines before it - got ${row.length}`,
      );
    }
    row.forEach((cell, column) => this.values.push(this.number(cell, line, column)));
  }

  points(): NdArray<"float64"> {
    const { values, width, where } = this;
    if (values.length === 0) throw new DataError(`${where} must hold at least one row of numbers - got none`);
    return ndarray("float64", [values.length / width, width], Float64Array.from(values));
  }

  /** A column without a name is that of row numbers, as some tools write them, and no coordinate. */
  private requireNames(header: readonly string[], line: number): void {
    const unnamed = header.indexOf("");
    if (unnamed < 0) return;
    throw new DataError(
      `${this.where}: each column of a header must have a name - got none at line ${line}, column ${unnamed + 1}`,
      "row numbers are no coordinates: write the table without them, in pandas with to_csv(index=False)",
    );
  }

  private number(cell: string, line: number, column: number): number {
    const value = Number(cell);
    if (numeral.test(cell) && Number.isFinite(Math.fround(value))) return value;
    const name = this.header === null ? "" : ` (${this.header[column]})`;
    throw new DataError(
      `${this.where}: each cell must be a finite number - got ${JSON.stringify(cell.slice(0, 40))} at line ${line}, column ${column + 1}${name}`,
      /^[+-]?\d+,\d+$/.test(cell)
        ? "write fractions with a point: 1.5"
        : "cells lie between commas, semicolons or tabs; only the first line may be of names, one a column",
    );
  }
}
