import type { DataSplit } from "../data/index.ts";
import { monteCarlo } from "../estimators/index.ts";
import type { ConfiguredModel } from "../models/index.ts";
import type { Engine } from "../runtime/index.ts";
import { Run, type TrainOptions, type Warning } from "../run/index.ts";
import { type OpenedModel, type TrainedModel, openTrained } from "../trained/index.ts";
import { train } from "../train/index.ts";
import { MemoryStore } from "../base/store.ts";

/** `quick` ends within five minutes and states what it leaves out; the acceptance criterion refers to `full`. */
export type Scale = "quick" | "full";

export interface RowContext {
  readonly scale: Scale;
  readonly engine: Engine;
  /** Opens data by name. */
  open(spec: string, options?: { readonly size?: number; readonly limit?: number }): Promise<DataSplit>;
  /** Reports progress to the user. */
  say(text: string): void;
  /** Runs one training run as a separate job; several can be started at once. If not given, models are trained in memory, one after the other. */
  readonly trainAsJob?: ((training: RowTraining) => Promise<Run>) | undefined;
  /** Records the warnings of one training run, by its label. */
  diagnosed(label: string, warnings: readonly Warning[]): void;
}

/** The text of an SVG, or the bytes of a PNG. */
export type Picture = string | Uint8Array;

/** Measured values by name; NaN for a value that is not defined. */
export type Values = Readonly<Record<string, number>>;

export interface Outcome {
  readonly values: Values;
  /** The seeds; empty if nothing is random. */
  readonly seeds: readonly number[];
  /** Pictures by name: SVG, or the bytes of a PNG. */
  readonly pictures?: Readonly<Record<string, Picture>>;
}

/** The conclusion from the numbers. */
export interface Verdict {
  /** Whether the criterion was met. */
  readonly passed: boolean;
  /** Sentences generated from the numbers. */
  readonly remarks?: readonly string[];
}

/** A claim about numbers that one command reproduces. */
export interface Row {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  /** The acceptance criterion, as text. */
  readonly criterion: string;
  /** Published numbers by the names of `values`; only those read in the source itself. */
  readonly paper: Readonly<Record<string, number>>;
  /** What each scale runs; for `quick`, how it differs from `full`. */
  readonly scales: Readonly<Record<Scale, string>>;
  run(context: RowContext): Promise<Outcome>;
  /** Charts of the numbers alone, as SVG by name: for a result file as well as for a run. */
  charts?(values: Values): Readonly<Record<string, string>>;
  /** Decides from the numbers alone, of a run at that scale or a result file. */
  verdict(values: Values, scale: Scale): Verdict;
}

/** Mean of a quantity over seeds, with its standard error if there are several. */
export function overSeeds(name: string, all: readonly number[]): Record<string, number> {
  const { mean, stderr } = monteCarlo(all);
  return { [name]: mean, ...(all.length > 1 && { [`${name}Stderr`]: stderr }) };
}

/** A quantity for each seed, as NAME/seedN, and its mean as `overSeeds`. */
export function bySeed(
  name: string,
  found: readonly { readonly seed: number; readonly value: number }[],
): Record<string, number> {
  const each = found.map(({ seed, value }) => [`${name}/seed${seed}`, value] as const);
  return {
    ...Object.fromEntries(each),
    ...overSeeds(
      name,
      found.map(({ value }) => value),
    ),
  };
}

/** Verdict at a scale too short to test the criterion: whether all of these values were measured. */
export function completionVerdict(values: Values, names: readonly string[]): Verdict {
  return {
    passed: names.every((name) => Number.isFinite(values[name])),
    remarks: ["This scale is too short to test the criterion; only completion of the training was checked."],
  };
}

/** Whether each number is greater than the previous one. */
export function isRising(list: readonly number[]): boolean {
  return list.every((value, i) => i === 0 || value > list[i - 1]!);
}

/** Names in ascending order of a quantity, NAME/QUANTITY, each with its value. */
export function ascendingBy(values: Values, names: readonly string[], quantity: string): string {
  const of = (name: string) => values[`${name}/${quantity}`]!;
  const order = names.toSorted((a, b) => of(a) - of(b));
  return order.map((name) => `${name} ${of(name).toPrecision(3)}`).join(", ");
}

/** One training run of a row. */
export interface RowTraining {
  /** Its name in progress and warnings, unique within the row. */
  readonly label: string;
  readonly model: ConfiguredModel;
  readonly data: DataSplit;
  readonly options: TrainOptions;
}

/** Trains in memory, with the checks of any run; checkpoints are written only on request. */
async function trainInMemory({ engine, say }: RowContext, { label, model, data, options }: RowTraining): Promise<Run> {
  const store = new MemoryStore();
  const rare = { checkpointEvery: 1_000_000, keep: 1 };
  let reported = 0;
  for await (const event of train(model, data, { ...rare, ...options }, { engine, store })) {
    if (event.type !== "step") continue;
    const tenth = Math.floor((10 * event.step) / event.steps);
    if (tenth > reported)
      say(`${label}: step ${event.step} of ${event.steps}, ${Math.round(event.secondsLeft)} s left`);
    reported = Math.max(reported, tenth);
  }
  return Run.open(store);
}

/** Trains a model to its end. */
export async function trainToEnd(
  context: RowContext,
  label: string,
  model: ConfiguredModel,
  data: DataSplit,
  options: TrainOptions,
): Promise<Run> {
  const training = { label, model, data, options };
  const run = await (context.trainAsJob?.(training) ?? trainInMemory(context, training));
  context.diagnosed(label, run.state.warnings ?? []);
  return run;
}

/**
 * Trains models that do not depend on each other, and measures each, in order. If training runs are separate jobs, all are
 * started at once; otherwise each model is measured before the next one is trained.
 */
export async function trainEach<Of extends RowTraining, Found>(
  context: RowContext,
  trainings: readonly Of[],
  measure: (run: Run, of: Of) => Promise<Found>,
): Promise<Found[]> {
  const begin = ({ label, model, data, options }: Of) => trainToEnd(context, label, model, data, options);
  const begun = context.trainAsJob === undefined ? null : trainings.map(begin);
  // Failures are handled where the result is awaited; this prevents an unhandled rejection before that.
  for (const run of begun ?? []) run.catch(() => undefined);
  const found: Found[] = [];
  for (const [i, training] of trainings.entries()) {
    found.push(await measure(await (begun?.[i] ?? begin(training)), training));
  }
  return found;
}

/** A training run with its measurement. */
export interface MeasuredTraining extends RowTraining {
  measure(run: Run): Promise<Values>;
}

/** Trains and measures models of several kinds, as `trainEach`, and merges their values. */
export async function measureEach(context: RowContext, trainings: readonly MeasuredTraining[]): Promise<Values> {
  return Object.assign(
    {},
    ...(await trainEach(context, trainings, (run, training) => training.measure(run))),
  ) as Values;
}

/** As `trainEach`, with each trained model opened for its measurement, with EMA parameters if there are any. */
export function fitEach<Of extends RowTraining, Found>(
  context: RowContext,
  trainings: readonly Of[],
  measure: (trained: TrainedModel, of: Of) => Promise<Found>,
): Promise<Found[]> {
  return trainEach(context, trainings, async (run, of) => {
    const { trained, close } = await openTrained(run, context.engine);
    try {
      return await measure(trained, of);
    } finally {
      await close();
    }
  });
}

/** Trains a model to its end and opens the result, with EMA parameters if there are any. */
export async function fit(
  context: RowContext,
  label: string,
  model: ConfiguredModel,
  data: DataSplit,
  options: TrainOptions,
): Promise<OpenedModel> {
  return openTrained(await trainToEnd(context, label, model, data, options), context.engine);
}
