import { significant } from "../base/digits.ts";

export type Piece = string | number | Markup | readonly Piece[];

/** HTML that is written as is. */
export class Markup {
  constructor(readonly html: string) {}
}

/** HTML from a template; interpolated text is escaped, for content and for quoted attributes. */
export function markup(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(strings.map((text, i) => text + writePiece(pieces[i] ?? "")).join(""));
}

function writePiece(piece: Piece): string {
  if (piece instanceof Markup) return piece.html;
  if (typeof piece === "object") return piece.map(writePiece).join("");
  // HTML cannot represent these control characters, escaped or not.
  const text = String(piece).replace(/(?![\t\n\r])\p{Cc}/gu, "\ufffd");
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

export type Cell = string | number | undefined;

/** A table that opens on demand, or is `open` from the start. Numbers are machine-readable: whole ones in full, others to six digits. */
export function dataTable(
  summary: string,
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  open = false,
): Markup {
  const lines = rows.map(
    ([first, ...rest]) =>
      markup`<tr><th scope="row">${writeCell(first)}</th>${rest.map((cell) => markup`<td>${writeCell(cell)}</td>`)}</tr>`,
  );
  const names = head.map((name) => markup`<th scope="col">${name}</th>`);
  return markup`<details${open ? " open" : ""}><summary>${summary}</summary><div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="data"><caption>${caption}</caption><thead><tr>${names}</tr></thead><tbody>${lines}</tbody></table></div></details>`;
}

function writeCell(cell: Cell): string | number {
  if (typeof cell !== "number") return cell ?? "";
  return Number.isInteger(cell) ? cell : significant(cell, 6);
}
