import { type Key, fold } from "../base/random.ts";
import { range } from "../base/range.ts";
import { type Dataset, type Loader, loader, weightedLoader, readExact } from "../data/index.ts";
import type { Compiled, Engine } from "../runtime/index.ts";
import { type ResolvedTraining, healthItems, rateOf } from "../run/config.ts";
import type { Leg } from "../step/course.ts";
import { feedDeclared } from "../step/feeds.ts";
import { Health } from "../step/health.ts";
import { labelsAt, requireLabels } from "../step/labels.ts";
import { type StepOptions, type Traced, batchName, traceStep } from "../step/trace.ts";
import type { TrainedModel } from "../trained/trained.ts";

export interface LegSettings {
  readonly engine: Engine;
  /** As the steps see them. */
  readonly data: Dataset;
  /** As they are given, as maps take them. */
  readonly given: Dataset;
  readonly config: ResolvedTraining;
  readonly seed: Key;
  readonly slotNames: StepOptions["slotNames"];
}

interface Program {
  readonly compiled: Compiled;
  readonly declared: Traced["declared"];
}

/** Items read at once to be weighed. */
const weighedAtOnce = 1000;

/** One leg of a run on an engine: its whole step as one session, its batches, and a look at its nets. */
export class LegSession {
  private constructor(
    readonly leg: Leg,
    private readonly settings: LegSettings,
    private readonly trained: TrainedModel,
    private readonly batches: Loader,
    private readonly whole: Program,
    /** Moves that are made besides, by their step's name. */
    private readonly extra: ReadonlyMap<string, Program>,
    private readonly look: Health,
  ) {}

  static async open(leg: Leg, settings: LegSettings, trained: TrainedModel): Promise<LegSession> {
    const { engine, data, config, seed, slotNames } = settings;
    const options = {
      model: leg.model,
      layouts: trained.layouts,
      batch: [config.batch, ...data.shape],
      rate: rateOf({ ...config, steps: leg.end - leg.first }),
      slotNames,
    };
    const compile = async (steps: Leg["model"]["steps"]): Promise<Program> => {
      const { program, declared } = traceStep({ ...options, model: { ...leg.model, steps } });
      requireLabels(declared, data);
      return { compiled: await engine.compile(program), declared };
    };
    const extra = new Map<string, Program>();
    for (const step of leg.model.steps) {
      if (step.before !== undefined) extra.set(step.name, await compile([{ ...step, repeat: 1 }]));
    }
    const batchKey = fold(seed, "batches");
    const batches =
      leg.weigh === undefined
        ? loader(data, config.batch, batchKey)
        : weightedLoader(
            data,
            config.batch,
            fold(batchKey, leg.first),
            await weightsFor(leg.weigh, trained, settings.given),
          );
    const look = await Health.open(engine, options, data, seed, healthItems(config, data.size));
    return new LegSession(leg, settings, trained, batches, await compile(leg.model.steps), extra, look);
  }

  get stepsPerEpoch(): number {
    return Math.max(1, Math.floor(this.batches.stepsPerEpoch / this.leg.perStep));
  }

  /** Makes one step of the run; returns its losses by name. */
  async step(step: number): Promise<Record<string, number>> {
    await this.makeExtraMoves(step);
    const { leg, settings } = this;
    const { seed } = settings;
    const first = leg.firstBatch + (step - leg.first) * leg.perStep;
    const turns = (turn: number) => this.batches.indices(first + turn);
    const feeds = { ...this.feeds(this.whole, seed, step, step, turns) };
    for (let turn = 0; turn < leg.perStep; turn++) feeds[batchName(turn)] = this.batches.at(first + turn);
    // Read while the step is computed.
    for (let turn = 0; turn < leg.perStep; turn++) this.batches.prefetch(first + leg.perStep + turn);
    const outputs = await this.whole.compiled.run(feeds, this.trained.state);
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, value.data[0]!]));
  }

  /** How the nets are after so many of the run's steps. */
  health(step: number): Promise<Record<string, number>> {
    const { first, end } = this.leg;
    return this.look.measure(this.trained.state, step - first, end - first);
  }

  async release(): Promise<void> {
    for (const { compiled } of [this.whole, ...this.extra.values()]) await compiled.release();
    await this.look.release();
  }

  private async makeExtraMoves(step: number): Promise<void> {
    const { data, config, seed } = this.settings;
    for (const [name, program] of this.extra) {
      const count = this.leg.model.steps.find((known) => known.name === name)!.before!(step - this.leg.first);
      if (count === 0) continue;
      const own = fold(seed, "before", name, step);
      const batches = loader(data, config.batch, own);
      for (let move = 0; move < count; move++) {
        const indices = batches.indices(move);
        const feeds = this.feeds(program, own, move, step, () => indices);
        await program.compiled.run({ ...feeds, [batchName(0)]: batches.at(move) }, this.trained.state);
      }
    }
  }

  /** @param turns The items of the batch of each turn. */
  private feeds({ declared }: Program, key: Key, count: number, step: number, turns: (turn: number) => Int32Array) {
    const { first, end } = this.leg;
    const progress = { step: step - first, steps: end - first };
    const items = { part: "train", indices: turns(0) };
    const labels = (turn: number) => labelsAt(this.settings.data, turns(turn));
    return feedDeclared(declared, { key, count, progress, items, labels });
  }
}

/** The sessions of a run's legs, one open at a time. */
export class Legs {
  private current: LegSession | null = null;

  constructor(
    private readonly course: readonly Leg[],
    private readonly settings: LegSettings,
    private readonly trained: TrainedModel,
  ) {}

  /** The session that makes a step of the run. */
  async at(step: number): Promise<LegSession> {
    const leg = this.course.findLast(({ first }) => first <= step)!;
    if (this.current?.leg === leg) return this.current;
    const before = this.current;
    this.current = await LegSession.open(leg, this.settings, this.trained);
    // After the next one is open: a graphics device is gone with its last session, and the run's state with it.
    await before?.release();
    return this.current;
  }

  async release(): Promise<void> {
    await this.current?.release();
    this.current = null;
  }
}

async function weightsFor(
  { map, input, output, weights }: NonNullable<Leg["weigh"]>,
  trained: TrainedModel,
  data: Dataset,
): Promise<Float64Array> {
  const values = new Float64Array(data.size);
  for (let start = 0; start < data.size; start += weighedAtOnce) {
    const indices = range(start, Math.min(data.size, start + weighedAtOnce));
    const outputs = await trained.map(map, { [input]: readExact(data, indices) });
    values.set(outputs[output]!.data, start);
  }
  return weights(values);
}
