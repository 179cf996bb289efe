import pc from "picocolors";

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

/** What a command says: lines about its work, one line that changes in place, warnings, and one result. */
export class Output {
  readonly quiet: boolean;
  /** Whether a line can change in place. */
  readonly live: boolean;
  readonly colors;
  private readonly json: boolean;
  private readonly progress: TextStream;
  private shown = false;

  constructor(
    { json = false, quiet = false }: OutputOptions,
    private readonly stdout: TextStream = process.stdout,
    private readonly stderr: TextStream = process.stderr,
  ) {
    this.json = json;
    this.quiet = quiet;
    this.progress = json ? stderr : stdout;
    this.live = this.progress.isTTY === true;
    this.colors = pc.createColors(pc.isColorSupported && this.live);
  }

  /** A line about the work. */
  say(line: string): void {
    if (this.quiet) return;
    this.clear();
    this.progress.write(`${line}\n`);
  }

  /** Replaces the line that changes. */
  show(line: string): void {
    if (this.quiet || !this.live) return;
    this.progress.write(`\r\u001b[2K${line.slice(0, (this.progress.columns ?? 80) - 1)}`);
    this.shown = true;
  }

  /** A line that is to be seen whatever was asked for. */
  warn(line: string): void {
    this.clear();
    this.stderr.write(`${line}\n`);
  }

  /** The result: lines for a person, or an object for a program. */
  result(lines: readonly string[], object: unknown): void {
    this.clear();
    if (this.json) this.stdout.write(`${JSON.stringify(object)}\n`);
    else for (const line of lines) this.stdout.write(`${line}\n`);
  }

  /** Takes the line that changes away. */
  clear(): void {
    if (this.shown) this.progress.write("\r\u001b[2K");
    this.shown = false;
  }
}
