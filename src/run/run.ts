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
  keepWhole,
  nameOfStep,
  surveyCheckpoints,
} from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import { configFile, configStands, readConfig } from "./config-file.ts";
import { dataFile, findDataRecord, restoreDataRecord } from "./data-record.ts";
import { type KnownLines, type MetricLine, MetricLines, metricsExtent } from "./metric-lines.ts";

/** Every state that a run can be in. */
export const runStatuses = ["running", "done", "interrupted", "diverged", "failed"] as const;
/** State of a run. */
export type RunStatus = (typeof runStatuses)[number];

/** The file run.json. */
export interface RunRecord {
  readonly status: RunStatus;
  /** Why it ended, where that is not plain from the status. */
  readonly reason?: string;
  /** Steps done, as of a second ago while it runs. */
  readonly step: number;
  /** Steps done at the newest checkpoint; 0 where none was saved. */
  readonly saved: number;
  /** ISO 8601. */
  readonly started: string;
  /** Time spent in training, over all sessions. */
  readonly seconds: number;
  readonly versions: Readonly<Record<string, string>>;
  /** What was warned of, in order. */
  readonly warnings?: readonly Warning[];
  /** What config.json holds: it is restored from here, and changes to it are told. */
  readonly config: RunConfig;
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

/** What a checkpoint keeps of the record of its run. */
const keptRecord = runRecord.pick({ started: true, seconds: true, versions: true, warnings: true }).extend({
  config,
  metrics: metricsExtent,
});

/** Seconds of training between two times that a run's record is brought up to date. */
const recordEvery = 1;

/** The record of a run in its store. */
export class Run {
  private readonly lines: MetricLines;
  /** Whether the lines are written by this one, which may go on from before the newest checkpoint. */
  private writes = false;
  private own: Recipe | undefined;
  /** Training time at which the record was last brought up to date. */
  private told = 0;

  private constructor(
    readonly store: Store,
    private current: RunRecord,
    /** The newest checkpoint when it was opened. */
    readonly newest: Checkpoint | null,
    /** What was missing or damaged when it was opened, and what stands in. */
    readonly recovered: readonly string[],
    /** Those of its files that were missing or damaged, and that `restore` writes again. */
    private readonly lost: ReadonlySet<string> = new Set(),
  ) {
    this.lines = new MetricLines(store);
  }

  /** @throws RunError when the store holds a run, or something else in the place of its files. */
  static async create(store: Store, config: RunConfig, clock: Clock, versions: RunRecord["versions"]): Promise<Run> {
    if (await store.has(recordFile)) {
      throw new RunError(
        "the output folder holds another run",
        "choose another --out, or continue that run: zaya resume RUN",
      );
    }
    const record = firstRecord(config, clock, versions);
    // From the record a missing config can be restored, and not the other way round.
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
   * Opens a run. What its newest checkpoint or its record can stand in for may be missing; see `recovered`.
   * @param recipe A run's own, which is none of zaya's: `Run.open(store, myModel)`.
   * @throws RunError when the store holds no run, or its files are damaged. @throws OptionError for a config that is not
   * valid, and a recipe that is not the run's.
   */
  static async open(store: Store, recipe?: Recipe): Promise<Run> {
    const { whole, broken } = await surveyCheckpoints(store);
    const newest = whole.at(-1) ?? null;
    const { whole: best } = await surveyCheckpoints(store, checkpointFolders.best);
    if (newest === null && !(await store.has(recordFile))) {
      throw new RunError(
        "the folder must hold run.json or a checkpoint - got neither",
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

  /** Begins a run again of which no whole checkpoint is left. @throws RunError when there is one. */
  static async restart(store: Store, clock: Clock, versions: RunRecord["versions"]): Promise<Run> {
    const newest = await keepWhole(store);
    if (newest !== null) {
      throw new RunError(
        `--from-scratch is for a run without checkpoints - got one of step ${newest}`,
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

  /** The run's recipe. @throws RunError when it is none of zaya's, and was not given. */
  get recipe(): ModelDefinition {
    const { recipe: name } = this.config;
    const definition = this.own?.definition ?? models.find((known) => known.name === name);
    if (definition !== undefined) return definition;
    throw new RunError(
      `the run's recipe must be one of zaya's, or be given - got ${name}`,
      "it is of somebody's own program: name the file that exports it, zaya resume RUN --recipe FILE; or in a program Run.open(store, recipe)",
    );
  }

  /** The run's recipe with its options. @throws RunError as of `recipe`. */
  get configured(): ConfiguredModel {
    return { definition: this.recipe, options: this.config.model };
  }

  /** Gives the run its recipe, where that is none of zaya's. @throws OptionError for one of another name. */
  takeRecipe(own: Recipe): void {
    if (own.definition.name !== this.config.recipe) {
      throw new OptionError(
        `the recipe must be the run's, ${this.config.recipe} - got ${own.definition.name}`,
        "is it the run of another recipe, or was the recipe renamed?",
      );
    }
    this.own = own;
  }

  /** Writes the files that were missing or damaged, and returns their names. */
  async restore(): Promise<readonly string[]> {
    await restoreDataRecord(this.store, this.newest);
    await ((await configStands(this.store, this.config)) ? this.record({}) : this.reconfigure(this.config));
    return [...this.lost];
  }

  /** Goes on with another config. */
  async reconfigure(config: RunConfig): Promise<void> {
    await this.record({ config });
    await this.store.write(configFile, encodeJson(config));
  }

  /** Writes run.json with some entries changed. */
  async record(change: Partial<RunRecord>): Promise<void> {
    const { reason: _, ...rest } = this.current;
    this.current = { ...(change.status === undefined ? this.current : rest), ...change };
    await this.store.write(recordFile, encodeJson(this.current));
  }

  /** What happened so far, kept at most once a second of training. */
  async progress(step: number, seconds: number): Promise<void> {
    if (seconds - this.told < recordEvery) return;
    this.told = seconds;
    await this.flush();
    await this.record({ step, seconds });
  }

  /** What a checkpoint is to keep of the record. What was logged so far is on the disk before it. */
  async keep(step: number, seconds: number, data: unknown): Promise<CheckpointFacts> {
    const metrics = await this.lines.settle(step);
    const { started, versions, warnings } = this.current;
    return { step, run: { started, seconds, versions, warnings, config: this.config, metrics, data } };
  }

  log(line: MetricLine): void {
    this.lines.log(line);
  }

  /** Writes the lines logged since the last flush. */
  flush(): Promise<void> {
    return this.lines.flush();
  }

  /** @throws RunError naming a line that is broken, and where the lines are not those that this run wrote before its newest checkpoint. */
  metrics(): Promise<MetricLine[]> {
    return this.lines.all(this.writes || this.newest === null ? null : knownLines(this.newest));
  }

  /** @throws RunError where the lines before a checkpoint are not those of this run, or broken. */
  requireOwnLines(checkpoint: Checkpoint | null): Promise<void> {
    return this.lines.requireOwn(checkpoint === null ? null : knownLines(checkpoint));
  }

  /**
   * Forgets the lines that will be made again, which are the last ones, and what a crash left of more.
   * @param checkpoint From which the run goes on; null for a run that begins again.
   * @param again Whether some lines of its step are made again: a session that was killed may have forgotten them already.
   * @returns What is missing of the lines that the checkpoint knows; null when they are all there.
   * @throws RunError where they are not the lines of this run.
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
  if (foreign === undefined) return `checkpoints: that of step ${step} is missing`;
  return `${path}: must hold the checkpoint of that step - got ${foreign}, which was not saved there`;
}

/**
 * A run is known by when it was started.
 * @param recorded What run.json says; null where that is missing or damaged.
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
    `${first} and ${other.path} must be of one run - got runs started ${started} and ${other.started}`,
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

/** What stands in for a file while a run is read; only one that goes on writes it again. */
function insteadOf({ step }: Checkpoint): string {
  return readFrom(`the checkpoint of step ${step}`);
}

function readFrom(where: string): string {
  return `its contents are read from ${where} instead`;
}
