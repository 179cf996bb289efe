import { type Clock, systemClock } from "../base/clock.ts";
import { MemoryStore, type Store } from "../base/store.ts";
import type { DataSplit } from "../data/index.ts";
import type { ConfiguredModel } from "../models/index.ts";
import { requireUpdates } from "../runtime/index.ts";
import type { TrainOptions } from "../run/option-types.ts";
import { requireSameData } from "../run/data-record.ts";
import { type Plan, type PlanSettings, planAgain, planRun } from "../run/plan.ts";
import { requireResumable } from "../run/resumable.ts";
import { Run } from "../run/run.ts";
import { InterruptedError } from "../trained/trained.ts";
import type { TrainEvent } from "./events.ts";
import { finishRun } from "./finish-run.ts";
import { RunObserver } from "./run-observer.ts";
import { startSession } from "./start-session.ts";
import { Training } from "./training.ts";

/** How a run is kept and stopped. */
export interface RunSettings {
  /** Where the run is kept; in memory where not given. */
  readonly store?: Store;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly versions?: Readonly<Record<string, string>>;
}

/** What a training runs on, and how its run is kept and stopped. */
export interface TrainSettings extends PlanSettings, RunSettings {}

/**
 * Trains a model, telling what happens. Stopped by the signal, it finishes its step, saves and ends; `resume` goes on
 * from there, and ends with the same parameters as a run that was never stopped.
 * @throws OptionError before anything is written, when options do not fit the model or the data, or a step the memory.
 * @throws EngineError before that, when updates do not reach its state. @throws DivergedError when a loss is not finite.
 */
export function train(
  model: ConfiguredModel,
  data: DataSplit,
  options: TrainOptions,
  settings: TrainSettings,
): AsyncGenerator<TrainEvent, void>;
/** Trains as planned. */
export function train(plan: Plan, settings?: RunSettings): AsyncGenerator<TrainEvent, void>;
export function train(
  of: ConfiguredModel | Plan,
  about: DataSplit | RunSettings = {},
  options: TrainOptions = {},
  settings?: TrainSettings,
): AsyncGenerator<TrainEvent, void> {
  if ("config" in of) return begin(() => of, about as RunSettings);
  return begin(() => planRun(of, about as DataSplit, options, settings!), settings!);
}

/** @param planned Called when the first event is asked for: what it refuses is thrown there. */
async function* begin(
  planned: () => Plan,
  { store = new MemoryStore(), clock = systemClock, signal, versions = {} }: RunSettings,
): AsyncGenerator<TrainEvent, void> {
  const plan = planned();
  await requireUpdates(plan.engine);
  const run = await Run.create(store, plan.config, clock, versions);
  run.takeRecipe(plan);
  yield* session(run, plan, clock, signal);
}

/**
 * Goes on with a run from its newest checkpoint.
 * @throws RunError when the run is complete, diverged or damaged. @throws DataError when the data are not the run's.
 * @throws OptionError when there is not enough memory for its steps here. @throws EngineError as in train.
 */
export async function* resume(
  run: Run,
  data: DataSplit,
  { clock = systemClock, signal, ...settings }: Omit<TrainSettings, "store" | "source" | "versions">,
): AsyncGenerator<TrainEvent, void> {
  requireResumable(run);
  const recorded = await requireSameData(run.store, data);
  const plan = planAgain(run, data, recorded, settings);
  await requireUpdates(plan.engine);
  yield* session(run, plan, clock, signal);
}

/** Makes the steps that a run has left, then what a run ends with. */
async function* session(
  run: Run,
  plan: Plan,
  clock: Clock,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrainEvent, void> {
  const start = yield* startSession(run, plan);
  const observer = new RunObserver(run, plan, start, clock);
  try {
    const last = yield* new Training(run, plan, start, observer, clock, signal).go();
    if (last !== null) yield* finishRun(run, plan, last, observer, signal);
  } catch (error) {
    if (error instanceof InterruptedError) return yield* observer.interrupted();
    await observer.failed(error);
    throw error;
  }
}
