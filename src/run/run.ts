import { z } from "zod";

import type { Clock } from "../base/clock.ts";
import { OptionError, RunError } from "../base/errors.ts";
import { countEntry, encodeJson, numberEntry, parseJson, parseRecord, textEntry } from "../base/json.ts";
import type { Store } from "../base/store.ts";
import { append } from "../base/many.ts";
import { type ConfiguredModel, type ModelDefinition, type Recipe, models } from "../models/index.ts";
import {
  type Checkpoint,
  type CheckpointFacts,
  checkpointFolders,
  keepIntact,
  nameOfStep,
  surveyCheckpoints,
} from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import { configFile, configMatches, readConfig } from "./config-file.ts";
import { dataFile, findDataRecord, restoreDataRecord } from "./data-record.ts";
import { type KnownLines, type MetricLine, MetricLines, metricsExtent } from "./metric-lines.ts";

/** Every status of a run. */
export const runStatuses = ["running", "done", "interrupted", "diverged", "failed"] as const;
/** Status of a run. */
export type RunStatus = (typeof runStatuses)[number];

/** The file run.json. */
export interface RunRecord {
  readonly status: RunStatus;
  /** Why it ended, if the status alone does not say. */
  readonly reason?: string;
  /** Number of steps done, at most a second old while it runs. */
  readonly step: number;
  /** Step of the newest checkpoint; 0 if none was saved. */
  readonly saved: number;
  /** ISO 8601. */
  readonly started: string;
  /** Training time over all sessions. */
  readonly seconds: number;
  readonly versions: Readonly<Record<string, string>>;
  /** Warnings in order. */
  readonly warnings?: readonly Warning[];
  /** Contents of config.json, to restore it and to detect edits. */
  readonly config: RunConfig;
}

/** A symptom that a run showed during training. */
export interface Warning {
  readonly step: number;
  readonly symptom: string;
  /** The numbers, and the thresholds that they crossed. */
  readonly evidence: string;
  /** One suggested change, and why. */
  readonly hint: string;
}

const recordFile = "run.json";

const warning = z.object({ step: countEntry, symptom: textEntry, evidence: textEntry, hint: textEntry });
const config = z.record(z.string(), z.unknown(), { error: "must be the config of the run" });

const runRecord = z.object({
  status: z.enum(runStatuses, { error: "must be the status of a run" }),
  reason: textEntry.optional(),
  step: countEntry,
  saved: countEntry.optional(),
  started: textEntry,
  seconds: numberEntry,
  versions: z.record(z.string(), textEntry, { error: "must be versions by name" }),
  warnings: z.array(warning, { error: "must be warnings" }).optional(),
  config: config.optional(),
});

/** The part of the run's record that a checkpoint stores. */
const keptRecord = runRecord.pick({ started: true, seconds: true, versions: true, warnings: true }).extend({
  config,
  metrics: metricsExtent,
});

/** Seconds of training between two updates of the run's record. */
const recordEvery = 1;

/**
 * The record of a run in its store.
 * @throws RunError and OptionError as its methods say.
 */
export class Run {
  private readonly lines: MetricLines;
  /** Whether this object writes the lines; it may then resume from before the newest checkpoint. */
  private writes = false;
  private own: Recipe | undefined;
  private missing: string | null = null;
  /** Training time at the last update of the record. */
  private recordedAt = 0;

  private constructor(
    readonly store: Store,
    private current: RunRecord,
    /** The newest checkpoint when it was opened. */
    readonly newest: Checkpoint | null,
    /** Missing or damaged files when it was opened, and what is used in their place. */
    readonly recovered: readonly string[],
    /** The missing or damaged files that `restore` rewrites. */
    private readonly lost: ReadonlySet<string> = new Set(),
  ) {
    this.lines = new MetricLines(store);
  }

  /** Creates a run. @throws RunError when the store contains a run, or other files at its paths. */
  static async create(store: Store, config: RunConfig, clock: Clock, versions: RunRecord["versions"]): Promise<Run> {
    if (await store.has(recordFile)) {
      throw new RunError(
        "the output folder holds another run",
        "choose another --out, or continue that run: zaya resume RUN",
      );
    }
    const record = firstRecord(config, clock, versions);
    // A missing config can be restored from the record, but not the other way round.
    await store.create(recordFile, encodeJson(record));
    try {
      await store.create(configFile, encodeJson(config));
    } catch (error) {
      await store.remove(recordFile).catch(() => undefined);
      throw error;
    }
    return new Run(store, record, null, []);
  }

  /**
   * Opens a run. Files that its newest checkpoint or its record can replace may be missing; see `recovered`.
   * @param recipe For a run of a custom recipe: `Run.open(store, myModel)`.
   * @throws RunError when the store contains no run, or its files are damaged. @throws OptionError for a config that is
   * not valid, and a recipe that is not the run's.
   */
  static async open(store: Store, recipe?: Recipe): Promise<Run> {
    const { whole, broken } = await surveyCheckpoints(store);
    const newest = whole.at(-1) ?? null;
    const { whole: best } = await surveyCheckpoints(store, checkpointFolders.best);
    if (newest === null && !(await store.has(recordFile))) {
      throw new RunError(
        "the folder holds neither run.json nor a checkpoint",
        (await store.has(configFile))
          ? "train a new run with its config: zaya train --config RUN/config.json"
          : "is it the folder of a run?",
      );
    }
    const kept = newest === null || newest.run === null ? null : keptOf(newest);
    const recovered: string[] = [];
    const lost = new Set<string>();
    const record = await readRecord(store).catch((error: unknown) => {
      if (!(error instanceof RunError) || newest === null || kept === null) throw error;
      lost.add(recordFile);
      recovered.push(`${error.message}; ${insteadOf(newest)}`);
      const { metrics: _, ...facts } = kept;
      return { ...facts, status: "interrupted" as const, step: newest.step, saved: newest.step };
    });
    requireOneRun(recovered.length === 0 ? record.started : null, [...whole, ...best]);
    const known = record.config ?? kept?.config;
    const { config, damage: configDamage } = await readConfig(store, known, kept?.config);
    if (configDamage !== null) {
      lost.add(configFile);
      recovered.push(
        `${configDamage}; ${lost.has(recordFile) || record.config === undefined ? insteadOf(newest!) : readFrom(recordFile)}`,
      );
    }
    const { damage } = await findDataRecord(store, newest);
    if (damage !== null) {
      lost.add(dataFile);
      recovered.push(`${damage}; ${insteadOf(newest!)}`);
    }
    const saved = record.saved ?? record.step;
    const start = newest?.step ?? 0;
    const damaged = broken
      .filter(({ step, begun }) => step > start && (!begun || step === saved))
      .map(({ reason }) => reason);
    if (start < saved && damaged.length === 0) damaged.push(await missingCheckpoint(store, saved));
    append(recovered, damaged);
    const run = new Run(store, { ...record, saved, config } as RunRecord, newest, recovered, lost);
    if (recipe !== undefined) run.takeRecipe(recipe);
    return run;
  }

  /** Restarts a run without any intact checkpoint. @throws RunError when there is one. */
  static async restart(store: Store, clock: Clock, versions: RunRecord["versions"]): Promise<Run> {
    const newest = await keepIntact(store);
    if (newest !== null) {
      throw new RunError(
        `--from-scratch is for a run without checkpoints, but this one has a checkpoint of step ${newest}`,
        "resume without this flag, or train a new run: zaya train --config RUN/config.json",
      );
    }
    const known = await readRecord(store).catch((error: unknown) => {
      if (error instanceof RunError) return null;
      throw error;
    });
    const { config } = await readConfig(store, known?.config, undefined);
    const run = new Run(store, firstRecord(config, clock, versions), null, []);
    await run.restore();
    return run;
  }

  get state(): RunRecord {
    return this.current;
  }

  get config(): RunConfig {
    return this.current.config;
  }

  /** The run's recipe. @throws RunError for a custom recipe that was not given. */
  get recipe(): ModelDefinition {
    const { recipe: name } = this.config;
    const definition = this.own?.definition ?? models.find((known) => known.name === name);
    if (definition !== undefined) return definition;
    throw new RunError(
      `the recipe of a run must be built in, or be given - got ${name}`,
      "it is a custom recipe: name the file that exports it, zaya resume RUN --recipe FILE, or call Run.open(store, recipe) in a program",
    );
  }

  /** The run's recipe with its options. @throws RunError as of `recipe`. */
  get configured(): ConfiguredModel {
    return { definition: this.recipe, options: this.config.model };
  }

  /** Sets the custom recipe of the run. @throws OptionError for a recipe with another name. */
  takeRecipe(own: Recipe): void {
    if (own.definition.name !== this.config.recipe) {
      throw new OptionError(
        `the recipe must be the run's, ${this.config.recipe} - got ${own.definition.name}`,
        "is it the run of another recipe, or was the recipe renamed?",
      );
    }
    this.own = own;
  }

  /** Rewrites the missing or damaged files, and returns their names. */
  async restore(): Promise<readonly string[]> {
    await restoreDataRecord(this.store, this.newest);
    await ((await configMatches(this.store, this.config)) ? this.record({}) : this.reconfigure(this.config));
    return [...this.lost];
  }

  /** Continues with another config. */
  async reconfigure(config: RunConfig): Promise<void> {
    await this.record({ config });
    await this.store.write(configFile, encodeJson(config));
  }

  /** Updates some entries of run.json. */
  async record(change: Partial<RunRecord>): Promise<void> {
    const { reason: _, ...rest } = this.current;
    this.current = { ...(change.status === undefined ? this.current : rest), ...change };
    await this.store.write(recordFile, encodeJson(this.current));
  }

  /** Records progress, at most once per second of training. */
  async progress(step: number, seconds: number): Promise<void> {
    if (seconds - this.recordedAt < (this.store.progressEvery ?? recordEvery)) return;
    this.recordedAt = seconds;
    await this.flush();
    await this.record({ step, seconds });
  }

  /** The part of the record that a checkpoint stores. Save it only after `sync` has made the lines that it counts durable. */
  async keep(step: number, seconds: number, data: unknown): Promise<CheckpointFacts> {
    const metrics = await this.lines.extentAt(step);
    const { started, versions, warnings } = this.current;
    return { step, run: { started, seconds, versions, warnings, config: this.config, metrics, data } };
  }

  /** Flushes the lines written so far to disk. */
  sync(): Promise<void> {
    return this.lines.sync();
  }

  log(line: MetricLine): void {
    this.lines.log(line);
  }

  /** Writes the lines logged since the last flush. */
  flush(): Promise<void> {
    return this.lines.flush();
  }

  /**
   * All logged scalars. @throws RunError naming a broken line, and when the lines are not those that this run wrote
   * before its newest checkpoint.
   */
  async metrics(): Promise<MetricLine[]> {
    const { lines, gap } = await this.lines.all(this.writes || this.newest === null ? null : knownLines(this.newest));
    this.missing = gap;
    return lines;
  }

  /** Describes the scalars that are missing from those that `metrics` has read; null if there are none. */
  get missingLines(): string | null {
    return this.missing;
  }

  /** @throws RunError when the lines before a checkpoint are broken, or not those of this run. */
  requireOwnLines(checkpoint: Checkpoint | null): Promise<void> {
    return this.lines.requireOwn(checkpoint === null ? null : knownLines(checkpoint));
  }

  /**
   * Removes the lines that will be logged again, which are the last ones, and any fragment left by a crash.
   * @param checkpoint Where the run resumes; null for a run that starts again.
   * @param again Whether some lines of its step will be logged again; a session that was killed may have removed
   * them already.
   * @returns A description of the lines missing before the checkpoint; null if they are all there.
   * @throws RunError when they are not the lines of this run.
   */
  forget(
    checkpoint: Checkpoint | null,
    repeated: (line: MetricLine) => boolean,
    again: boolean,
  ): Promise<string | null> {
    this.writes = true;
    return this.lines.forget(checkpoint === null ? null : knownLines(checkpoint), repeated, again);
  }
}

async function missingCheckpoint(store: Store, step: number): Promise<string> {
  const path = `${checkpointFolders.steps}/${nameOfStep(step)}`;
  const [foreign] = await store.list(path);
  if (foreign === undefined) return `checkpoints: the one of step ${step} is missing`;
  return `${path}: must hold the checkpoint of that step - got ${foreign}, which was not saved there`;
}

/**
 * The time of its start identifies a run.
 * @param recorded The time in run.json; null if the file is missing or damaged.
 * @throws RunError naming the file that belongs to another run.
 */
function requireOneRun(recorded: string | null, checkpoints: readonly Checkpoint[]): void {
  const known = checkpoints.flatMap(({ folder, name, run }) =>
    typeof run?.["started"] === "string" ? [{ folder, path: `${folder}/${name}`, started: run["started"] }] : [],
  );
  const started = recorded ?? known.at(-1)?.started;
  const other = known.find((one) => one.started !== started);
  if (other === undefined) return;
  if (recorded !== null && known.some((one) => one.started === started)) {
    throw new RunError(
      `${other.path}: must be a checkpoint of this run, started ${started} - got one of a run started ${other.started}`,
      `it belongs to another run: move it out of ${other.folder}/`,
    );
  }
  const first = recorded === null ? known.at(-1)!.path : recordFile;
  throw new RunError(
    `${first} and ${other.path} must belong to the same run - got runs started ${started} and ${other.started}`,
    `one of them belongs to another run: move that one away${recorded === null ? "" : `; without ${recordFile} the record is read from a checkpoint`}`,
  );
}

function firstRecord(config: RunConfig, clock: Clock, versions: RunRecord["versions"]): RunRecord {
  const started = new Date(clock.now()).toISOString();
  return { status: "running", step: 0, saved: 0, started, seconds: 0, versions, warnings: [], config };
}

async function readRecord(store: Store): Promise<z.output<typeof runRecord>> {
  if (!(await store.has(recordFile))) throw new RunError(`${recordFile} is missing`);
  const hint = "it cannot be rebuilt without a checkpoint; restart with: zaya resume RUN --from-scratch";
  return parseRecord(runRecord, parseJson(await store.read(recordFile), recordFile, hint), recordFile, hint);
}

function knownLines(checkpoint: Checkpoint): KnownLines | null {
  return checkpoint.run === null ? null : { ...keptOf(checkpoint).metrics, step: checkpoint.step };
}

function keptOf({ name, run }: Checkpoint): z.output<typeof keptRecord> {
  return parseRecord(keptRecord, run, `checkpoints/${name}/state.json: run`);
}

/** Names the source that replaces a damaged file while a run is read; only a resumed run rewrites the file. */
function insteadOf({ step }: Checkpoint): string {
  return readFrom(`the checkpoint of step ${step}`);
}

function readFrom(where: string): string {
  return `its contents are read from ${where} instead`;
}
