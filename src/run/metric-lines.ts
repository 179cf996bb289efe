import { z } from "zod";

import { concatBytes } from "../base/bytes.ts";
import { RunError } from "../base/errors.ts";
import { countEntry, encodeText, numberEntry, parseRecord, textEntry } from "../base/json.ts";
import { Sha256 } from "../base/sha256.ts";
import type { Store } from "../base/store.ts";

/** One line of metrics.jsonl. */
export interface MetricLine {
  readonly step: number;
  readonly images: number;
  readonly seconds: number;
  readonly split: "train" | "test";
  readonly name: string;
  /** Null if the value was not finite. */
  readonly value: number | null;
}

const file = "metrics.jsonl";

const metricLine = z.object({
  step: countEntry,
  images: numberEntry,
  seconds: numberEntry,
  split: z.enum(["train", "test"], { error: "must be train or test" }),
  name: textEntry,
  value: z.number({ error: "must be a number or null" }).nullable(),
});

/** The lines before the newest step: their number, and the SHA-256 of their contents and of the first one. */
const earlierLines = z.object({ lines: countEntry, sha256: textEntry, first: textEntry.optional() });

/** Extent of metrics.jsonl; checkpoints of earlier versions have no digest of the lines. */
export const metricsExtent = z.object({ lines: countEntry, bytes: countEntry, earlier: earlierLines.optional() });

type LinesFacts = z.output<typeof earlierLines>;
type Extent = z.output<typeof metricsExtent>;

/** What a checkpoint records about the lines before it. */
export interface KnownLines extends Extent {
  readonly step: number;
}

const nothing: Extent = { lines: 0, bytes: 0 };
const newline = 10;

/** Maximum bytes in a line; zaya never writes longer ones. */
const longest = 1 << 20;

/**
 * @param number From 1. The first line identifies the run of a checkpoint: without it, the others cannot be attributed.
 */
function brokenLineHint(number: number): string {
  return number === 1
    ? `restore the file, or delete ${file}: its curves then start at the newest checkpoint`
    : `delete that line from ${file}; all others are kept`;
}

/** Consecutive lines of the file, and the extent before them. */
interface Lines {
  readonly texts: readonly string[];
  readonly before: Extent;
}

/** The file metrics.jsonl: lines are appended, and read in pieces, however many there are. */
export class MetricLines {
  private pending: string[] = [];
  private written: Extent = nothing;
  private digest = new LinesDigest();

  constructor(private readonly store: Store) {}

  log(line: MetricLine): void {
    const logged = { ...line, value: Number.isFinite(line.value) ? line.value : null };
    this.pending.push(JSON.stringify(logged));
    this.digest.add(logged);
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

  /** Writes the lines. @returns The extent of the file after a step. */
  async extentAt(step: number): Promise<Extent> {
    await this.flush();
    return { ...this.written, earlier: this.digest.before(step) };
  }

  /** Makes the lines that were written durable. */
  async sync(): Promise<void> {
    if (this.written.bytes > 0) await this.store.sync(file);
  }

  /**
   * All lines, in order, and a description of missing ones, null if they are all there.
   * @param known What the newest checkpoint records about them.
   * @throws RunError naming a broken line, and when the lines are not those of this run.
   */
  async all(known: KnownLines | null): Promise<{ readonly lines: MetricLine[]; readonly gap: string | null }> {
    const lines: MetricLine[] = [];
    const digest = new LinesDigest();
    const own = new OwnLines(known, digest);
    // One shared string per name, whatever the number of lines.
    const names = new Map<string, string>();
    for await (const { texts, before } of this.read()) {
      for (const [i, text] of texts.entries()) {
        const line = lineOfNumber(text, before.lines + i + 1);
        own.see(line);
        if (known !== null) digest.add(line);
        if (!names.has(line.name)) names.set(line.name, line.name);
        lines.push(Object.assign(line, { name: names.get(line.name)! }));
      }
    }
    const isCut = own.isCut() || (known !== null && lines.length < known.lines);
    return { lines, gap: isCut ? gapOf(known!, lines.length) : null };
  }

  /**
   * Removes the lines that will be logged again, which are the last ones, and any fragment left by a crash.
   * @param known What the checkpoint from which the run resumes records about them.
   * @param again Whether some lines of the checkpoint's own step are logged again, and may have been removed already.
   * @returns A description of the missing lines; null if they are all there.
   * @throws RunError when they are not the lines of this run; nothing is changed then.
   */
  async forget(
    known: KnownLines | null,
    repeated: (line: MetricLine) => boolean,
    again: boolean,
  ): Promise<string | null> {
    const { extent, digest, missing } = await this.extentBefore(known, repeated);
    [this.written, this.digest] = [extent, digest];
    const size = await this.store.size(file);
    if (size !== null && size > extent.bytes) await this.store.truncate(file, extent.bytes);
    if (known === null || (!missing && (again || extent.lines >= known.lines))) return null;
    return gapOf(known, extent.lines);
  }

  /** @throws RunError when lines that a checkpoint relies on are broken, or belong to another run. */
  async requireOwn(known: KnownLines | null): Promise<void> {
    if (known !== null) await this.extentBefore(known, ({ step }) => step > known.step);
  }

  private async extentBefore(known: KnownLines | null, repeated: (line: MetricLine) => boolean) {
    const digest = new LinesDigest();
    const own = new OwnLines(known, digest);
    let extent = nothing;
    let ended = false;
    for await (const { texts, before } of this.read()) {
      if (!ended) extent = before;
      for (const [i, text] of texts.entries()) {
        let line: MetricLine;
        try {
          line = lineOfNumber(text, before.lines + i + 1);
        } catch (error) {
          // Lines after those that a checkpoint relies on may be damaged by a power cut.
          if (!ended && (known === null || extent.lines < known.lines)) throw error;
          ended = true;
          continue;
        }
        own.see(line);
        if (ended) continue;
        ended = repeated(line);
        if (!ended) {
          digest.add(line);
          extent = { lines: extent.lines + 1, bytes: extent.bytes + encodeText(text).length + 1 };
        }
      }
    }
    return { extent, digest, missing: own.isCut() };
  }

  /** The lines, in pieces, without a last line truncated by a crash. */
  private async *read(): AsyncGenerator<Lines> {
    if (!(await this.store.has(file))) return;
    // Keeps a byte order mark that an editor may have inserted, because bytes are counted by encoding the text again.
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
        throw new RunError(
          `${file}: line ${before.lines + 1} must be shorter than ${longest} bytes`,
          brokenLineHint(before.lines + 1),
        );
      }
    }
  }
}

/**
 * Digest of the contents of lines in order, whatever their formatting; times are excluded, because they differ when a
 * run logs lines again.
 */
class LinesDigest {
  private readonly all = new Sha256();
  private lines = 0;
  private first: string | undefined;
  private step = -1;
  /** The same without the newest step. */
  private earlier = this.facts();

  add({ step, images, split, name, value }: MetricLine): void {
    if (step > this.step) [this.step, this.earlier] = [step, this.facts()];
    const said = encodeText(`${JSON.stringify([step, images, split, name, value])}\n`);
    this.all.update(said);
    this.first ??= new Sha256().update(said).hex();
    this.lines++;
  }

  /** @param step The newest one, or one after it. */
  before(step: number): LinesFacts {
    return step > this.step ? this.facts() : this.earlier;
  }

  /** Of all lines so far. */
  facts(): LinesFacts {
    const { lines, all, first } = this;
    return { lines, sha256: all.clone().hex(), ...(first !== undefined && { first }) };
  }
}

/** Checks whether lines are those that a checkpoint recorded. */
class OwnLines {
  /** Extent of the lines before the checkpoint's step, known once a line of that step or of a later one has been read. */
  private earlier: LinesFacts | undefined;
  private ordered = true;

  /** @param digest Of the lines in order; each line is checked before it is added. */
  constructor(
    private readonly known: KnownLines | null,
    private readonly digest: LinesDigest,
  ) {}

  see({ step }: MetricLine): void {
    if (this.known === null) return;
    if (step >= this.known.step) this.earlier ??= this.digest.facts();
    else if (this.earlier !== undefined) this.ordered = false;
  }

  /**
   * Whether lines of earlier steps are missing; the remaining ones are still valid.
   * @throws RunError for lines of another run, or in another order.
   */
  isCut(): boolean {
    const { step, earlier } = this.known ?? {};
    if (step === undefined || earlier === undefined) return false;
    const { lines, sha256, first } = this.earlier ?? this.digest.facts();
    if (sha256 === earlier.sha256 && this.ordered) return false;
    if (this.ordered && lines < earlier.lines && (first === undefined || first === earlier.first)) return true;
    throw new RunError(
      `${file}: must start with the ${earlier.lines} lines that this run wrote before step ${step}, but starts with others`,
      `is it the file of another run? restore this run's file, or delete it: its curves then start at step ${step}`,
    );
  }
}

/** @param number From 1. @throws RunError as `parseMetricLine`. */
function lineOfNumber(text: string, number: number): MetricLine {
  return parseMetricLine(text, `${file}: line ${number}`, brokenLineHint(number));
}

/** @param where Location of the line, for the error. @throws RunError for a line that zaya did not write. */
export function parseMetricLine(text: string, where: string, hint?: string): MetricLine {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch {
    throw new RunError(`${where} must be JSON - got ${JSON.stringify(text.slice(0, 40))}`, hint);
  }
  return parseRecord(metricLine, value, where, hint);
}

function gapOf(known: KnownLines, got: number): string {
  return `${file}: must hold the ${known.lines} lines written before the checkpoint - got ${got}; curves have a gap`;
}
