import type { NdArray } from "../base/ndarray.ts";
import { type FormObject, type JsonForm, inForm } from "./command.ts";
import { halfBlocks } from "./half-blocks.ts";
import { pasteable } from "./invocation.ts";
import { printable, printableJson } from "./printable.ts";

/** Maximum number of lines of a picture. */
const tallest = 20;

export interface OutputOptions {
  /** One JSON object on stdout at the end; everything else on stderr. */
  readonly json?: boolean | undefined;
  /** Nothing but warnings and the result. */
  readonly quiet?: boolean | undefined;
  /** Whether pictures may be drawn if the terminal supports them. */
  readonly pictures?: boolean | undefined;
}

/** A stream to write lines to; with its size if it is a terminal. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/**
 * All output of a command: progress lines, one live line, warnings, and one result. All text that zaya prints
 * goes through here: it is made printable, and its commands pasteable.
 */
export class Output {
  readonly quiet: boolean;
  /** Whether there can be a live line, which is updated in place. */
  readonly live: boolean;
  /** Whether pictures can be drawn. */
  readonly draws: boolean;
  private readonly json: boolean;
  private readonly progress: TextStream;
  /** Columns of the live line; null where none is shown. */
  private shown: number | null = null;

  constructor(
    { json = false, quiet = false, pictures = false }: OutputOptions = {},
    private readonly stdout: TextStream = process.stdout,
    private readonly stderr: TextStream = process.stderr,
    env: Readonly<Record<string, string | undefined>> = process.env,
  ) {
    this.json = json;
    this.quiet = quiet;
    this.progress = json ? stderr : stdout;
    this.live = this.progress.isTTY === true && env["TERM"] !== "dumb";
    this.draws = this.live && pictures && !json && !quiet && hasTrueColour(env);
  }

  /** Columns of the terminal; undefined where there is none. */
  get columns(): number | undefined {
    return this.live ? (this.progress.columns ?? 80) : undefined;
  }

  /** Progress lines. */
  say(...lines: readonly string[]): void {
    if (this.quiet) return;
    this.clear();
    writeLines(this.progress, lines);
  }

  /** Replaces the live line. */
  show(line: string): void {
    if (this.quiet || !this.live) return;
    const text = printable(line).slice(0, Math.max(0, this.columns! - 1));
    this.progress.write(`${this.cleared()}${text}`);
    this.shown = text.length;
  }

  /** Draws a picture [h, w, 3] of bytes in half blocks, under its title. */
  draw(picture: NdArray<"uint8">, title: string): void {
    if (!this.draws) return;
    this.say(title);
    const lines = Math.min(tallest, (this.progress.rows ?? 24) - 6);
    if (lines > 0)
      this.progress.write(
        halfBlocks(picture, this.columns! - 1, lines)
          .map((line) => `${line}\n`)
          .join(""),
      );
  }

  /** Lines that are printed even with --quiet. */
  warn(...lines: readonly string[]): void {
    this.clear();
    writeLines(this.stderr, lines);
  }

  /** The result: lines for users, or an object for programs, with only the keys of the form, in its order. */
  result<const K extends string>(lines: readonly string[], form: JsonForm<K>, object: FormObject<K>): void {
    this.clear();
    if (this.json) this.stdout.write(`${printableJson(inForm(form, object))}\n`);
    else writeLines(this.stdout, lines);
  }

  /** Removes the live line. */
  clear(): void {
    if (this.shown !== null) this.progress.write(this.cleared());
    this.shown = null;
  }

  /** The escape codes that clear the live line. A terminal that has become narrower has wrapped it into several. */
  private cleared(): string {
    const broken = Math.max(0, Math.ceil((this.shown ?? 0) / Math.max(1, this.columns ?? 80)) - 1);
    return "\r\u001b[2K" + "\u001b[1A\u001b[2K".repeat(broken);
  }
}

/** @source https://no-color.org; COLORTERM as terminals set it. */
function hasTrueColour(env: Readonly<Record<string, string | undefined>>): boolean {
  const plain = (env["NO_COLOR"] ?? "") !== "";
  return !plain && /^(truecolor|24bit)$/i.test(env["COLORTERM"] ?? "");
}

/** Lines of text, each printed as a single line. */
export function writeLines(stream: TextStream, lines: readonly string[]): void {
  if (lines.length > 0) stream.write(lines.map((line) => `${pasteable(printable(line))}\n`).join(""));
}
