import { OptionError } from "../base/errors.ts";
import { type Key, fold, key } from "../base/random.ts";
import { range } from "../base/range.ts";
import {
  type Dataset,
  type Batch,
  type Loader,
  ReadAhead,
  batchTypeOf,
  loader,
  readExact,
  weightedLoader,
} from "../data/index.ts";
import type { Arrays, Compiled, Engine } from "../runtime/index.ts";
import { type ResolvedTraining, healthItems, rateOf } from "../run/config.ts";
import type { Plan } from "../run/plan.ts";
import { slotNamesOf } from "../step/initial-state.ts";
import type { Layouts } from "../step/state-view.ts";
import { type ScheduledStage, scheduleStages } from "../step/stages.ts";
import { feedDeclared } from "../step/feeds.ts";
import { Health } from "../step/health.ts";
import { labelsAt, requireLabels } from "../step/labels.ts";
import { type StepOptions, type Traced, batchName, traceStep } from "../step/trace.ts";
import { TrainedModel } from "../trained/trained.ts";

export interface StageSettings {
  readonly engine: Engine;
  /** Items as the steps receive them. */
  readonly data: Dataset;
  /** Items in the units of the data, as maps take them. */
  readonly given: Dataset;
  readonly config: ResolvedTraining;
  readonly seed: Key;
  readonly slotNames: StepOptions["slotNames"];
}

interface Program {
  readonly compiled: Compiled;
  readonly declared: Traced["declared"];
}

/** A step that was abandoned between updates: the state before it. */
export class AbandonedStep {
  constructor(readonly before: Arrays) {}
}

/**
 * If a step has at least this many additional updates, an interruption does not wait for the step to end; copying the
 * state costs little by comparison.
 */
const manyUpdates = 50;

/** Items read at a time to compute sampling weights. */
const weighedAtOnce = 1000;

/**
 * One stage of a run on an engine: the training step as one session, its batches, and the health checks of the nets.
 */
export class StageSession {
  /** Programs of single updates, by the step's name. */
  private readonly single = new Map<string, Program>();
  /** The batches of each step's updates. */
  private readonly ahead: ReadAhead<readonly Batch[]>;

  private constructor(
    readonly stage: ScheduledStage,
    private readonly settings: StageSettings,
    private readonly trained: TrainedModel,
    private readonly batches: Loader,
    private readonly whole: Program,
    /** Programs of the additional updates before a step, by the step's name. */
    private readonly extra: ReadonlyMap<string, Program>,
    private readonly nets: Health,
    private readonly compile: (steps: ScheduledStage["model"]["steps"]) => Promise<Program>,
  ) {
    this.ahead = new ReadAhead((step, reuse) => {
      const first = this.firstBatch(step);
      return Promise.all(
        Array.from({ length: stage.perStep }, (_, update) => batches.batch(first + update, reuse?.[update])),
      );
    });
  }

  /** A note for the user on how the engine runs the step, if any. */
  get note(): Compiled["note"] {
    return this.whole.compiled.note;
  }

  static async open(stage: ScheduledStage, settings: StageSettings, trained: TrainedModel): Promise<StageSession> {
    const { engine, data, config, seed, slotNames } = settings;
    const options = {
      model: stage.model,
      layouts: trained.layouts,
      batch: [config.batch, ...data.shape],
      batchType: batchTypeOf(data),
      rate: rateOf({ ...config, steps: stage.end - stage.first }),
      slotNames,
    };
    const compile = async (steps: ScheduledStage["model"]["steps"]): Promise<Program> => {
      const { program, declared } = traceStep({ ...options, model: { ...stage.model, steps } });
      requireLabels(declared, data);
      return { compiled: await engine.compile(program), declared };
    };
    const extra = new Map<string, Program>();
    for (const step of stage.model.steps) {
      if (step.before !== undefined) extra.set(step.name, await compile([{ ...step, repeat: 1 }]));
    }
    const batchKey = fold(seed, "batches");
    const batches =
      stage.weigh === undefined
        ? loader(data, config.batch, batchKey)
        : weightedLoader(
            data,
            config.batch,
            fold(batchKey, stage.first),
            await weightsFor(stage.weigh, trained, settings.given),
          );
    const health = await Health.open(engine, options, data, seed, healthItems(config, data.size));
    return new StageSession(
      stage,
      settings,
      trained,
      batches,
      await compile(stage.model.steps),
      extra,
      health,
      compile,
    );
  }

  get stepsPerEpoch(): number {
    return Math.max(1, Math.floor(this.batches.stepsPerEpoch / this.stage.perStep));
  }

  /**
   * Performs one step of the run; returns its losses by name.
   * @param goesOn Called before each additional update of a step that has at least `manyUpdates` of them; if it returns
   * false, the step is abandoned. Shorter steps are always completed.
   */
  async step(step: number, goesOn: () => Promise<boolean>): Promise<Record<string, number> | AbandonedStep> {
    const abandoned = await this.makeExtraUpdates(step, goesOn);
    if (abandoned !== null) return abandoned;
    const { stage, settings } = this;
    const { seed } = settings;
    const first = this.firstBatch(step);
    const indicesOf = (update: number) => this.batches.indices(first + update);
    const feeds = { ...this.feeds(this.whole, seed, step, step, indicesOf) };
    const batches = await this.ahead.at(step, step + 1 < stage.end);
    for (const [update, batch] of batches.entries()) feeds[batchName(update)] = batch;
    const outputs = await this.whole.compiled.run(feeds, this.trained.state);
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, value.data[0]!]));
  }

  /**
   * Performs one update of a single step of the model, after `step` steps of the run; `count` names its batch and noise.
   */
  async update(name: string, step: number, count: number): Promise<Record<string, number>> {
    const { data, config, seed } = this.settings;
    const program = await this.alone(name);
    const own = fold(seed, "alone", name, count);
    const batches = loader(data, config.batch, own);
    const feeds = this.feeds(program, own, 0, step, () => batches.indices(0));
    const outputs = await program.compiled.run(
      { ...feeds, [batchName(0)]: await batches.batch(0) },
      this.trained.state,
    );
    return Object.fromEntries(Object.entries(outputs).map(([output, value]) => [output, value.data[0]!]));
  }

  private async alone(name: string): Promise<Program> {
    const known = this.single.get(name);
    if (known !== undefined) return known;
    const { steps } = this.stage.model;
    const step = steps.find((each) => each.name === name);
    if (step === undefined) {
      throw new OptionError(
        `the step must be one of the stage's - got ${name}`,
        `it has ${steps.map((each) => each.name).join(", ")}`,
      );
    }
    const compiled = await this.compile([{ ...step, repeat: 1 }]);
    this.single.set(name, compiled);
    return compiled;
  }

  /** The number of a step's first batch. */
  private firstBatch(step: number): number {
    const { first, firstBatch, perStep } = this.stage;
    return firstBatch + (step - first) * perStep;
  }

  /** Health check of the nets after this many steps of the run. */
  health(step: number): Promise<Record<string, number>> {
    const { first, end } = this.stage;
    return this.nets.measure(this.trained.state, step - first, end - first);
  }

  async release(): Promise<void> {
    for (const { compiled } of [this.whole, ...this.extra.values(), ...this.single.values()]) await compiled.release();
    await this.nets.release();
  }

  private async makeExtraUpdates(step: number, goesOn: () => Promise<boolean>): Promise<AbandonedStep | null> {
    const { state } = this.trained;
    const counts = this.stage.model.steps.map(({ before }) => before?.(step - this.stage.first) ?? 0);
    const before = counts.some((count) => count >= manyUpdates) ? await state.read() : null;
    const { data, config, seed } = this.settings;
    for (const [name, program] of this.extra) {
      const count = this.stage.model.steps.find((known) => known.name === name)!.before!(step - this.stage.first);
      if (count === 0) continue;
      const own = fold(seed, "before", name, step);
      const batches = loader(data, config.batch, own);
      const ahead = new ReadAhead<Batch>((update, reuse) => batches.batch(update, reuse));
      for (let update = 0; update < count; update++) {
        if (before !== null && !(await goesOn())) return new AbandonedStep(before);
        const indices = batches.indices(update);
        const feeds = this.feeds(program, own, update, step, () => indices);
        const batch = await ahead.at(update, update + 1 < count);
        await program.compiled.run({ ...feeds, [batchName(0)]: batch }, state);
      }
    }
    return null;
  }

  /** @param indicesOf The item indices of the batch of each update. */
  private feeds(
    { declared }: Program,
    key: Key,
    count: number,
    step: number,
    indicesOf: (update: number) => Int32Array,
  ) {
    const { first, end } = this.stage;
    const progress = { step: step - first, steps: end - first };
    const items = { part: "train", indices: indicesOf(0) };
    const labels = (update: number) => labelsAt(this.settings.data, indicesOf(update));
    return feedDeclared(declared, { key, count, progress, items, labels });
  }
}

/** The sessions of a run's stages, one open at a time. */
class StageSessions {
  private current: StageSession | null = null;

  constructor(
    private readonly stages: readonly ScheduledStage[],
    private readonly settings: StageSettings,
    private readonly trained: TrainedModel,
  ) {}

  /** The session that performs a step of the run. */
  async at(step: number): Promise<StageSession> {
    const stage = this.stages.findLast(({ first }) => first <= step)!;
    if (this.current?.stage === stage) return this.current;
    const before = this.current;
    this.current = await StageSession.open(stage, this.settings, this.trained);
    // Closed after the next one is open: a GPU device is released with its last session, and with it the state of the run.
    await before?.release();
    return this.current;
  }

  async release(): Promise<void> {
    await this.current?.release();
    this.current = null;
  }
}

/** The sessions that train, and the trained model. */
export interface Sessions {
  readonly trained: TrainedModel;
  /** The session that performs a step of the run. */
  at(step: number): Promise<StageSession>;
  release(): Promise<void>;
}

/** Transfers the state of a run to its engine, and opens the sessions that train it. */
export function openSessions(plan: Plan, start: { readonly layouts: Layouts; readonly state: Arrays }): Sessions {
  const { engine, model, served, data } = plan;
  const config = plan.config.train;
  const { steps } = config;
  const state = engine.createState(start.state);
  const trained = new TrainedModel(model, start.layouts, engine, state, { step: steps, steps });
  const sessions = new StageSessions(
    scheduleStages(model, steps),
    { engine, data: served, given: data.train, config, seed: key(config.seed), slotNames: slotNamesOf(start.state) },
    trained,
  );
  return {
    trained,
    at: (step) => sessions.at(step),
    release: async () => {
      // Closed before the sessions: a GPU device is released with its last session, after which its buffers could not be freed.
      state.dispose();
      await sessions.release();
      await trained.release();
    },
  };
}

async function weightsFor(
  { map, input, output, weights }: NonNullable<ScheduledStage["weigh"]>,
  trained: TrainedModel,
  data: Dataset,
): Promise<Float64Array> {
  const values = new Float64Array(data.size);
  for (let start = 0; start < data.size; start += weighedAtOnce) {
    const indices = range(start, Math.min(data.size, start + weighedAtOnce));
    const outputs = await trained.map(map, { [input]: await readExact(data, indices) });
    values.set(outputs[output]!.data, start);
  }
  return weights(values);
}
