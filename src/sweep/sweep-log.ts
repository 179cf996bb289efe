import { z } from "zod";

import { RunError } from "../base/errors.ts";
import { countEntry, encodeJson, encodeText, numberEntry, parseJson, parseRecord, textEntry } from "../base/json.ts";
import type { Store } from "../base/store.ts";
import type { RunConfig } from "../run/index.ts";
import { type SweepFile, parseSweepFile } from "./sweep-file.ts";

/** The file sweep.json: the definition of the sweep. */
export interface SweepRecord {
  readonly name: string;
  readonly file: SweepFile;
  /** Folder to which relative paths of the file refer. */
  readonly folder: string;
  /** ISO 8601. */
  readonly started: string;
  /** Steps of a complete trial. */
  readonly steps: number;
  readonly versions: Readonly<Record<string, string>>;
}

const value = z.number().nullable();
const trial = z.object({
  id: textEntry,
  seed: countEntry,
  config: z.record(z.string(), z.unknown()),
  fingerprints: z.object({ train: textEntry, test: textEntry }).optional(),
});
const configuration = z.object({
  type: z.literal("configuration"),
  parameters: z.record(z.string(), z.unknown()),
  trials: z.array(trial),
  /** Why it was not trained: its values are incompatible. */
  refused: textEntry.optional(),
});
const promotion = z.object({ type: z.literal("promotion"), configuration: countEntry, rung: countEntry });
const ended = z.object({
  type: z.literal("end"),
  id: textEntry,
  rung: countEntry,
  status: z.enum(["done", "paused", "diverged", "failed"]),
  step: countEntry.optional(),
  seconds: numberEntry.optional(),
  value: value.optional(),
  reason: textEntry.optional(),
});
const logLine = z.discriminatedUnion("type", [configuration, promotion, ended]);

/** A trial as recorded in the log. */
export type LoggedTrial = Omit<z.output<typeof trial>, "config"> & { readonly config: RunConfig };

/** An event of a sweep. */
export type SweepEvent =
  | (Omit<z.output<typeof configuration>, "trials"> & {
      readonly trials: readonly LoggedTrial[];
    })
  | z.output<typeof promotion>
  | z.output<typeof ended>;

const recordFile = "sweep.json";
const logFile = "sweep.jsonl";

const record = z.object({
  name: textEntry,
  file: z.record(z.string(), z.unknown()),
  folder: textEntry,
  started: textEntry,
  steps: countEntry,
  versions: z.record(z.string(), textEntry),
});

/** The record of a sweep in its store: its definition and its events, from which it can be resumed. */
export class SweepLog {
  private last: Promise<void> = Promise.resolve();

  private constructor(
    readonly store: Store,
    readonly record: SweepRecord,
    /** Events recorded before it was opened. */
    readonly events: readonly SweepEvent[],
  ) {}

  /** @throws RunError when the store holds a sweep. */
  static async create(store: Store, of: SweepRecord): Promise<SweepLog> {
    await store.create(recordFile, encodeJson(of));
    return new SweepLog(store, of, []);
  }

  /** The sweep of a store; null if it holds none. @throws RunError if it is damaged. */
  static async open(store: Store): Promise<SweepLog | null> {
    if (!(await store.has(recordFile))) return null;
    const found = parseRecord(record, parseJson(await store.read(recordFile), recordFile), recordFile);
    const file = parseSweepFile(found.file, recordFile);
    return new SweepLog(store, { ...found, file }, await readEvents(store));
  }

  /** Appends events; they are on disk when this returns. */
  add(events: readonly SweepEvent[]): Promise<void> {
    if (events.length === 0) return Promise.resolve();
    // Sequential, so that each line is complete before the next one.
    this.last = this.last.then(async () => {
      await this.store.append(logFile, encodeText(events.map((event) => `${JSON.stringify(event)}\n`).join("")));
      await this.store.sync(logFile);
    });
    return this.last;
  }
}

/** A last line truncated by a crash is ignored: its event did not happen. The process that resumes the sweep holds its lock. */
async function readEvents(store: Store): Promise<SweepEvent[]> {
  if (!(await store.has(logFile))) return [];
  const bytes = await store.read(logFile);
  const whole = bytes.lastIndexOf(10) + 1;
  const lines = new TextDecoder().decode(bytes.subarray(0, whole)).split("\n").slice(0, -1);
  return lines.map((line, i) => {
    const where = `${logFile}: line ${i + 1}`;
    try {
      return parseRecord(logLine, JSON.parse(line), where) as unknown as SweepEvent;
    } catch (error) {
      if (error instanceof RunError) throw error;
      throw new RunError(`${where}: must be JSON - got ${line.slice(0, 60)}`, "restore the file, or delete that line");
    }
  });
}

/** Removes a last line truncated by a crash, before more is appended. */
export async function repairLog(store: Store): Promise<void> {
  if (!(await store.has(logFile))) return;
  const bytes = await store.read(logFile);
  const whole = bytes.lastIndexOf(10) + 1;
  if (whole < bytes.length) await store.truncate(logFile, whole);
}
