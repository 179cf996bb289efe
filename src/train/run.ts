import type { Clock } from "../base/clock.ts";
import { RunError } from "../base/errors.ts";
import type { Store } from "../base/store.ts";
import { type RunConfig, parseRunConfig } from "./config.ts";

export type RunStatus = "running" | "done" | "interrupted" | "diverged" | "failed";

/** The file run.json. */
export interface RunRecord {
  readonly status: RunStatus;
  /** Why it ended, where that is not plain from the status. */
  readonly reason?: string;
  readonly step: number;
  /** ISO 8601. */
  readonly started: string;
  /** Time spent in training, over all sessions. */
  readonly seconds: number;
  readonly versions: Readonly<Record<string, string>>;
  /** What was warned of, in order. */
  readonly warnings?: readonly Warning[];
}

/** A symptom that a run showed while it trained. */
export interface Warning {
  readonly step: number;
  readonly symptom: string;
  /** Numbers, and the thresholds that they crossed. */
  readonly evidence: string;
  /** One thing to do otherwise, and why. */
  readonly hint: string;
}

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

const configFile = "config.json";
const recordFile = "run.json";
const metricsFile = "metrics.jsonl";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The record of a run in its store. */
export class Run {
  private pending: string[] = [];

  private constructor(
    readonly store: Store,
    readonly config: RunConfig,
    private current: RunRecord,
  ) {}

  /** @throws RunError when the store holds a run. */
  static async create(store: Store, config: RunConfig, clock: Clock, versions: RunRecord["versions"]): Promise<Run> {
    if (await store.has(recordFile)) {
      throw new RunError(
        "train: the output folder holds another run",
        "choose another --out, or go on with zaya resume",
      );
    }
    const started = new Date(clock.now()).toISOString();
    await store.write(configFile, encode(`${JSON.stringify(config, null, 2)}\n`));
    const run = new Run(store, config, { status: "running", step: 0, started, seconds: 0, versions });
    await run.record({});
    return run;
  }

  /** @throws RunError when the store holds no run, or its files are damaged. */
  static async open(store: Store): Promise<Run> {
    if (!(await store.has(recordFile)) || !(await store.has(configFile))) {
      throw new RunError(
        "run: the folder must hold run.json and config.json - got neither or one of them",
        "is it the folder of a run?",
      );
    }
    const config = parseRunConfig(await readJson(store, configFile), configFile);
    const record = (await readJson(store, recordFile)) as RunRecord | null;
    if (typeof record?.status !== "string" || !Number.isInteger(record.step) || !Number.isFinite(record.seconds)) {
      throw new RunError(`${recordFile}: must hold a status, a step and seconds - got ${JSON.stringify(record)}`);
    }
    return new Run(store, config, record);
  }

  get state(): RunRecord {
    return this.current;
  }

  /** Writes run.json with some entries changed. */
  async record(change: Partial<RunRecord>): Promise<void> {
    const { reason: _, ...rest } = this.current;
    this.current = { ...(change.status === undefined ? this.current : rest), ...change };
    await this.store.write(recordFile, encode(`${JSON.stringify(this.current, null, 2)}\n`));
  }

  log(line: MetricLine): void {
    this.pending.push(JSON.stringify({ ...line, value: Number.isFinite(line.value) ? line.value : null }));
  }

  /** Writes the lines logged since the last flush. */
  async flush(): Promise<void> {
    if (this.pending.length === 0) return;
    const lines = this.pending.map((line) => `${line}\n`).join("");
    this.pending = [];
    await this.store.append(metricsFile, encode(lines));
  }

  async metrics(): Promise<MetricLine[]> {
    if (!(await this.store.has(metricsFile))) return [];
    // A crash may have cut the last line.
    const complete = decode(await this.store.read(metricsFile))
      .split("\n")
      .slice(0, -1);
    return complete.map((line, i) => {
      try {
        return JSON.parse(line) as MetricLine;
      } catch {
        throw new RunError(
          `${metricsFile}: each line must be JSON - got ${JSON.stringify(line.slice(0, 40))} in line ${i + 1}`,
          "remove that line",
        );
      }
    });
  }

  /** Forgets lines that will be made again. */
  async forget(repeated: (line: MetricLine) => boolean): Promise<void> {
    const kept = (await this.metrics()).filter((line) => !repeated(line));
    await this.store.write(metricsFile, encode(kept.map((line) => `${JSON.stringify(line)}\n`).join("")));
  }
}

async function readJson(store: Store, name: string): Promise<unknown> {
  const text = decode(await store.read(name));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RunError(`${name}: must be JSON - got ${JSON.stringify(text.slice(0, 40))}`);
  }
}
