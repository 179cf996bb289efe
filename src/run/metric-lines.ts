import { z } from "zod";

import { concatBytes } from "../base/bytes.ts";
import { RunError } from "../base/errors.ts";
import { countEntry, encodeText, numberEntry, parseRecord, textEntry } from "../base/json.ts";
import type { Store } from "../base/store.ts";

/** One line of metrics.jsonl. */
export interface MetricLine {
  readonly step: number;
  readonly images: number;
  readonly seconds: number;
  readonly split: "train" | "test";
  readonly name: string;
  /** Null where the value was not finite. */
  readonly value: number | null;
}

const file = "metrics.jsonl";

/** What the standard error of a metric is logged as: `METRIC/stderr`. */
export const stderrName = "stderr";

const metricLine = z.object({
  step: countEntry,
  images: numberEntry,
  seconds: numberEntry,
  split: z.enum(["train", "test"], { error: "must be train or test" }),
  name: textEntry,
  value: z.number({ error: "must be a number or null" }).nullable(),
});

/** How much of metrics.jsonl there is. */
export const metricsExtent = z.object({ lines: countEntry, bytes: countEntry });

type Extent = z.output<typeof metricsExtent>;

const nothing: Extent = { lines: 0, bytes: 0 };
const newline = 10;

/** Bytes in a line, at the most: what is longer was not written by zaya. */
const longest = 1 << 20;

const brokenLineHint = `remove that line from ${file}: all others are kept`;

/** Some lines of the file one after the other, and what there is before them. */
interface Lines {
  readonly texts: readonly string[];
  readonly before: Extent;
}

/** The file metrics.jsonl: lines are added as they come, and read in pieces, however many there are. */
export class MetricLines {
  private pending: string[] = [];
  private written: Extent = nothing;

  constructor(private readonly store: Store) {}

  log(line: MetricLine): void {
    this.pending.push(JSON.stringify({ ...line, value: Number.isFinite(line.value) ? line.value : null }));
  }

  /** Writes the lines logged since the last flush. */
  async flush(): Promise<void> {
    if (this.pending.length === 0) return;
    const { length } = this.pending;
    const bytes = encodeText(this.pending.map((line) => `${line}\n`).join(""));
    this.pending = [];
    await this.store.append(file, bytes);
    this.written = { lines: this.written.lines + length, bytes: this.written.bytes + bytes.length };
  }

  /** Writes them so that they outlast a power cut. @returns How much there is then. */
  async settle(): Promise<Extent> {
    await this.flush();
    if (this.written.bytes > 0) await this.store.sync(file);
    return this.written;
  }

  /** @throws RunError naming a line that is broken. */
  async all(): Promise<MetricLine[]> {
    const all: MetricLine[] = [];
    // One string a name, however many lines have it.
    const names = new Map<string, string>();
    for await (const { texts, before } of this.read()) {
      for (const [i, text] of texts.entries()) {
        const line = parseMetricLine(text, lineAt(before.lines + i + 1));
        if (!names.has(line.name)) names.set(line.name, line.name);
        all.push(Object.assign(line, { name: names.get(line.name)! }));
      }
    }
    return all;
  }

  /**
   * Forgets the lines that will be made again, which are the last ones, and what a crash left of more.
   * @param known What there was of lines at the checkpoint from which the run goes on.
   * @returns What is missing of them; null when they are all there.
   */
  async forget(known: Extent | null, repeated: (line: MetricLine) => boolean): Promise<string | null> {
    this.written = await this.extentBefore(known, repeated);
    const size = await this.store.size(file);
    if (size !== null && size > this.written.bytes) await this.store.truncate(file, this.written.bytes);
    const lost = (known?.lines ?? 0) - this.written.lines;
    if (lost <= 0) return null;
    return `${file}: must hold the ${known!.lines} lines that were written before the checkpoint - got ${this.written.lines}; curves have a gap`;
  }

  private async extentBefore(known: Extent | null, repeated: (line: MetricLine) => boolean): Promise<Extent> {
    let kept = nothing;
    for await (const { texts, before } of this.read()) {
      kept = before;
      for (const text of texts) {
        let line: MetricLine;
        try {
          line = parseMetricLine(text, lineAt(kept.lines + 1));
        } catch (error) {
          // Lines after those that a checkpoint relies on may be what a power cut made of them.
          if (known !== null && kept.lines >= known.lines) return kept;
          throw error;
        }
        if (repeated(line)) return kept;
        kept = { lines: kept.lines + 1, bytes: kept.bytes + encodeText(text).length + 1 };
      }
    }
    return kept;
  }

  /** The lines, some at a time; of a last one that a crash has cut, nothing. */
  private async *read(): AsyncGenerator<Lines> {
    if (!(await this.store.has(file))) return;
    // The mark stays where an editor has put one: bytes are counted by what the text takes.
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    let rest = new Uint8Array(0);
    let before = nothing;
    for await (const chunk of this.store.chunks(file)) {
      const bytes = rest.length === 0 ? chunk : concatBytes([rest, chunk]);
      const end = bytes.lastIndexOf(newline) + 1;
      rest = bytes.slice(end);
      const texts = end === 0 ? [] : decoder.decode(bytes.subarray(0, end - 1)).split("\n");
      yield { texts, before };
      before = { lines: before.lines + texts.length, bytes: before.bytes + end };
      if (rest.length > longest) {
        throw new RunError(`${file}: line ${before.lines + 1} must be shorter than ${longest} bytes`, brokenLineHint);
      }
    }
  }
}

/** Where a line stands, by its number from 1. */
function lineAt(number: number): string {
  return `${file}: line ${number}`;
}

/** @param where The line stands, for the error. @throws RunError for a line that zaya did not write. */
export function parseMetricLine(text: string, where: string): MetricLine {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch {
    throw new RunError(`${where} must be JSON - got ${JSON.stringify(text.slice(0, 40))}`, brokenLineHint);
  }
  return parseRecord(metricLine, value, where, brokenLineHint);
}
