import { type FileHandle, open } from "node:fs/promises";

import { type MetricLine, parseMetricLine } from "../run/index.ts";
import type { NewScalar, Scalars, Series, StepClock } from "./api.ts";

/** Bytes per read. */
const chunkSize = 1 << 20;

/** Maximum length of a line in bytes: a file with other content may be a single line without an end. */
const longestLine = 1 << 20;

/** Number of bytes before the read position that are compared at each read: they differ if the run has gone back to an earlier step since. */
const remembered = 256;

/** One scalar as it was logged. */
interface Column {
  readonly split: MetricLine["split"];
  readonly name: string;
  readonly steps: number[];
  readonly values: number[];
}

/**
 * The content of a run's metrics.jsonl, read once and then followed: each call reads what has been appended. If the run has
 * gone back to an earlier step, its file is shorter, and is read again from the start.
 */
export class MetricLog {
  private readonly columns = new Map<string, Column>();
  private readonly clock = { steps: [] as number[], images: [] as number[], seconds: [] as number[] };
  private offset: number;
  private tail = Buffer.alloc(0);
  private unreadable = 0;

  /** @param from Number of bytes read before, which are not reported again. */
  constructor(
    private readonly path: string,
    from = 0,
  ) {
    this.offset = from;
  }

  /** Reads new lines. `null` if lines that were read before are gone. */
  async read(): Promise<readonly NewScalar[] | null> {
    const found: NewScalar[] = [];
    const file = await open(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    if (file === null) return this.offset === 0 ? found : this.forget();
    try {
      const { size } = await file.stat();
      if (size < this.offset || !(await this.isAsBefore(file))) return this.forget();
      for (let rest = Buffer.alloc(0); this.offset + rest.length < size;) {
        const buffer = Buffer.alloc(Math.min(chunkSize, size - this.offset - rest.length));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, this.offset + rest.length);
        if (bytesRead === 0) break;
        const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        // The last line may be incomplete.
        let end = bytes.lastIndexOf(10) + 1;
        if (end === 0 && bytes.length > longestLine) end = bytes.length;
        for (const line of bytes.toString("utf8", 0, end).split("\n")) this.take(line, found);
        this.offset += end;
        this.tail = Buffer.from(Buffer.concat([this.tail, bytes.subarray(0, end)]).subarray(-remembered));
        rest = bytes.subarray(end);
      }
      return found;
    } finally {
      await file.close();
    }
  }

  /** Everything read so far, each scalar in at most `intervals` intervals of steps. */
  scalars(intervals: number): Scalars {
    const series = [...this.columns.values()].map((column) => thinned(column, intervals));
    return { series, clock: someOf(this.clock, intervals), from: this.offset, unreadable: this.unreadable };
  }

  /** Number of bytes read so far. */
  get bytes(): number {
    return this.offset;
  }

  private forget(): null {
    this.columns.clear();
    for (const column of Object.values(this.clock)) column.length = 0;
    this.unreadable = 0;
    this.offset = 0;
    this.tail = Buffer.alloc(0);
    return null;
  }

  private async isAsBefore(file: FileHandle): Promise<boolean> {
    const found = Buffer.alloc(this.tail.length);
    await file.read(found, 0, found.length, this.offset - found.length);
    return found.equals(this.tail);
  }

  private take(line: string, found: NewScalar[]): void {
    if (line === "") return;
    let parsed: MetricLine;
    try {
      parsed = parseMetricLine(line, this.path);
    } catch {
      // The other lines are shown nevertheless.
      this.unreadable++;
      return;
    }
    const { split, name, step, value, images, seconds } = parsed;
    const { clock } = this;
    if (step > (clock.steps.at(-1) ?? -1)) {
      clock.steps.push(step);
      // Charts need an axis that never decreases, even if the clock was set back.
      clock.images.push(Math.max(images, clock.images.at(-1) ?? 0));
      clock.seconds.push(Math.max(seconds, clock.seconds.at(-1) ?? 0));
    }
    const id = `${split}/${name}`;
    let column = this.columns.get(id);
    if (column === undefined) this.columns.set(id, (column = { split, name, steps: [], values: [] }));
    column.steps.push(step);
    column.values.push(value ?? Number.NaN);
    found.push([split, name, step, value, images, seconds]);
  }
}

/** Evenly spaced entries of the columns, including the first and the last. */
function someOf({ steps, images, seconds }: StepClock, most: number): StepClock {
  if (steps.length <= most) return { steps: [...steps], images: [...images], seconds: [...seconds] };
  const chosen = Array.from({ length: most }, (_, i) => Math.round((i * (steps.length - 1)) / (most - 1)));
  const from = (column: readonly number[]) => chosen.map((i) => column[i]!);
  return { steps: from(steps), images: from(images), seconds: from(seconds) };
}

/** A curve reduced to a number of intervals, each with its range of values, so that no spike is lost. */
export function thinned({ split, name, steps, values }: Column, intervals: number): Series {
  if (steps.length <= intervals) return { split, name, steps, values: values.map(orNull) };
  const thin = { steps: [] as number[], values: [] as number[], low: [] as number[], high: [] as number[] };
  for (let k = 0; k < intervals; k++) {
    const start = Math.floor((k * steps.length) / intervals);
    const end = Math.floor(((k + 1) * steps.length) / intervals);
    let [low, high] = [Infinity, -Infinity];
    for (let i = start; i < end; i++) {
      if (values[i]! < low) low = values[i]!;
      if (values[i]! > high) high = values[i]!;
    }
    thin.steps.push(steps[end - 1]!);
    thin.values.push(values[end - 1]!);
    thin.low.push(low);
    thin.high.push(high);
  }
  const { low, high } = thin;
  return {
    split,
    name,
    steps: thin.steps,
    values: thin.values.map(orNull),
    low: low.map(orNull),
    high: high.map(orNull),
  };
}

/** JSON cannot represent non-finite numbers. */
function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
