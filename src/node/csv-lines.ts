import { TextDecoder } from "node:util";

import { DataError } from "../base/errors.ts";

/** A row of a table: its cells as text, and the line on which it starts, from 1. */
export interface Row {
  readonly cells: readonly string[];
  readonly line: number;
  /** A line that starts with `#`, without cells. */
  readonly comment?: true;
}

/** Separators of cells, the most reliable first: a comma may also be a decimal comma. */
const separators = ["\t", ";", ","] as const;
/** The first line by which Excel declares the separator. */
const excelLine = /^"?sep=([^"\w\s]|\t)"?$/i;
/** A comment, such as the header that NumPy writes. A cell that contains only `#` is the name of a column. */
const comment = /^\s*#(?!\s*[,;\t])/;
/** The end-of-file character of DOS and CP/M. */
const endOfFile = "\u001a";
/** Maximum number of characters in a row. */
const longestRow = 2 ** 26;

/**
 * The rows of a table whose cells are separated by commas, semicolons or tabs, as found in the first non-empty line or declared
 * by Excel's `sep=;`. Lines may end as on Windows, Unix or old Macs, even within one file; quoted cells may contain anything.
 * Lines that start with `#` are comments.
 * Text is UTF-8, or UTF-16 with a byte order mark.
 * @throws DataError if quotation marks do not match.
 */
export async function* csvRows(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
): AsyncGenerator<readonly Row[]> {
  const rows = new RowReader(name);
  let decoder: TextDecoder | null = null;
  let rest = "";
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    rest += decoder.decode(chunk, { stream: true });
    // A line end may be split between two chunks.
    const end = rest.endsWith("\r") ? rest.length - 1 : rest.length;
    const last = Math.max(rest.lastIndexOf("\n", end - 1), rest.lastIndexOf("\r", end - 1));
    if (last < 0 && rest.length > longestRow) throw tooLong(name);
    if (last < 0) continue;
    yield rows.read(rest.slice(0, last + 1).split(lineEnds), false);
    rest = rest.slice(last + 1);
  }
  yield rows.read((rest + (decoder?.decode() ?? "")).split(lineEnds), true);
}

const lineEnds = /\r\n|\n|\r/;

function encodingOf(start: Uint8Array): string {
  if (start[0] === 0xff && start[1] === 0xfe) return "utf-16le";
  return start[0] === 0xfe && start[1] === 0xff ? "utf-16be" : "utf-8";
}

class RowReader {
  private separator: string | null = null;
  private line = 0;
  /** The text so far of a row with an open quotation mark, and its first line. */
  private open: { text: string; readonly line: number } | null = null;

  constructor(private readonly name: string) {}

  /** Parses complete lines to rows. Except in the last chunk, the last line is the empty text after the last line end. */
  read(lines: readonly string[], last: boolean): readonly Row[] {
    const rows: Row[] = [];
    for (const [i, text] of lines.entries()) {
      if (!last && i === lines.length - 1) break;
      this.line++;
      this.add(text, rows);
    }
    if (last && this.open !== null) throw this.unmatched(this.open.line);
    return rows;
  }

  private add(given: string, rows: Row[]): void {
    const text = given.includes(endOfFile) ? withoutMark(given) : given;
    if (this.open !== null) {
      this.open.text += `\n${text}`;
      if (this.open.text.length > longestRow) throw this.unmatched(this.open.line);
      if (isOpen(text)) this.finish(rows);
      return;
    }
    if (comment.test(text)) {
      rows.push({ cells: [], line: this.line, comment: true });
      return;
    }
    if (this.separator === null && this.choose(text)) return;
    if (!text.includes('"')) {
      if (text.trim() !== "") rows.push({ cells: text.split(this.separator!), line: this.line });
      return;
    }
    this.open = { text, line: this.line };
    if (!isOpen(text)) this.finish(rows);
  }

  /** Chooses the separator. @returns Whether the line is ignored. */
  private choose(text: string): boolean {
    if (text.trim() === "") return true;
    const named = excelLine.exec(text.trim() === "sep=" ? text : text.trim())?.[1];
    const outside = text.replaceAll(/"[^"]*"/g, "");
    this.separator = named ?? separators.find((separator) => outside.includes(separator)) ?? ",";
    return named !== undefined;
  }

  private finish(rows: Row[]): void {
    const { text, line } = this.open!;
    this.open = null;
    const cells = cellsOf(text, this.separator!);
    if (cells === null) throw this.unmatched(line);
    rows.push({ cells, line });
  }

  private unmatched(line: number): DataError {
    return new DataError(
      `${this.name} must be a table of numbers - got quotation marks that do not match by line ${line}`,
    );
  }
}

/** A line without end-of-file characters around it. */
function withoutMark(text: string): string {
  let [from, to] = [0, text.length];
  while (text[from] === endOfFile) from++;
  while (to > from && text[to - 1] === endOfFile) to--;
  return text.slice(from, to);
}

/** Whether a line opens a quoted cell without closing it, or closes one that was open. */
function isOpen(text: string): boolean {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count % 2 === 1;
}

/** The cells of a row; null if a quotation mark is neither at an end of its cell nor doubled. */
function cellsOf(text: string, separator: string): string[] | null {
  const cells: string[] = [];
  for (let at = 0; ;) {
    let from = at;
    while (text[from] === " ") from++;
    if (text[from] !== '"') {
      const end = text.indexOf(separator, at);
      const cell = end < 0 ? text.slice(at) : text.slice(at, end);
      if (cell.includes('"')) return null;
      cells.push(cell);
      if (end < 0) return cells;
      at = end + separator.length;
      continue;
    }
    let end = text.indexOf('"', from + 1);
    while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
    if (end < 0) return null;
    cells.push(text.slice(from + 1, end).replaceAll('""', '"'));
    let next = end + 1;
    while (text[next] === " ") next++;
    if (next >= text.length) return cells;
    if (!text.startsWith(separator, next)) return null;
    at = next + separator.length;
  }
}

function tooLong(name: string): DataError {
  return new DataError(
    `${name} must be lines of text - got one of more than ${longestRow} characters`,
    "is this file a table?",
  );
}
