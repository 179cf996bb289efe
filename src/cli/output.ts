import { pasteable } from "./invocation.ts";
import { printable, printableJson } from "./printable.ts";

export interface OutputOptions {
  /** One JSON object on stdout at the end; all else on stderr. */
  readonly json?: boolean | undefined;
  /** Nothing but warnings and the result. */
  readonly quiet?: boolean | undefined;
}

/** Where lines can be written; a terminal's size and nature where it is one. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
}

/**
 * What a command says: lines about its work, one line that changes in place, warnings, and one result. All text that leaves
 * zaya goes through here: it is made printable, and its commands pasteable.
 */
export class Output {
  readonly quiet: boolean;
  /** Whether a line can change in place. */
  readonly live: boolean;
  private readonly json: boolean;
  private readonly progress: TextStream;
  private shown = false;

  constructor(
    { json = false, quiet = false }: OutputOptions = {},
    private readonly stdout: TextStream = process.stdout,
    private readonly stderr: TextStream = process.stderr,
  ) {
    this.json = json;
    this.quiet = quiet;
    this.progress = json ? stderr : stdout;
    this.live = this.progress.isTTY === true;
  }

  /** Lines about the work. */
  say(...lines: readonly string[]): void {
    if (this.quiet) return;
    this.clear();
    writeLines(this.progress, lines);
  }

  /** Replaces the line that changes. */
  show(line: string): void {
    if (this.quiet || !this.live) return;
    this.progress.write(`\r\u001b[2K${printable(line).slice(0, (this.progress.columns ?? 80) - 1)}`);
    this.shown = true;
  }

  /** Lines that are to be seen whatever was asked for. */
  warn(...lines: readonly string[]): void {
    this.clear();
    writeLines(this.stderr, lines);
  }

  /** The result: lines for a person, or an object for a program. */
  result(lines: readonly string[], object: unknown): void {
    this.clear();
    if (this.json) this.stdout.write(`${printableJson(object)}\n`);
    else writeLines(this.stdout, lines);
  }

  /** Takes the line that changes away. */
  clear(): void {
    if (this.shown) this.progress.write("\r\u001b[2K");
    this.shown = false;
  }
}

/** Lines of text, each of which stays one line. */
export function writeLines(stream: TextStream, lines: readonly string[]): void {
  if (lines.length > 0) stream.write(lines.map((line) => `${pasteable(printable(line))}\n`).join(""));
}
