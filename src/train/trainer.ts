import { type Clock, systemClock } from "../base/clock.ts";
import { MemoryStore } from "../base/store.ts";
import type { DataSplit } from "../data/index.ts";
import { requireOwnNames } from "../diagnosis/own-checks.ts";
import type { ConfiguredModel } from "../models/index.ts";
import { requireUpdates } from "../runtime/index.ts";
import type { TrainOptions } from "../run/option-types.ts";
import { requireSameData } from "../run/data-record.ts";
import { changedEnvironment } from "../run/environment.ts";
import { type Plan, type PlanSettings, planAgain, planRun } from "../run/plan.ts";
import { requireResumable } from "../run/resumable.ts";
import { Run } from "../run/run.ts";
import { InterruptedError } from "../trained/trained.ts";
import type { TrainEvent } from "./events.ts";
import { finishRun } from "./finish-run.ts";
import type { RunSettings } from "./run-settings.ts";
import { RunObserver } from "./run-observer.ts";
import { startSession } from "./start-session.ts";
import { Training } from "./training.ts";

/** Settings of a training run: its engine and store, the signal that stops it, and custom metrics and symptoms. */
export interface TrainSettings extends PlanSettings, RunSettings {}

/**
 * Trains a model and reports progress as events. When the signal aborts, it completes the current step, saves and
 * returns; `resume` continues from there and ends with the same parameters as an uninterrupted run.
 * @throws OptionError, before anything is written, when options do not fit the model or the data, or a step does not
 * fit into memory.
 * @throws EngineError, before anything is written, when updates do not reach the engine's state. @throws DivergedError
 * when a loss is not finite.
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

/** @param planned Called when the first event is requested, so that its errors are thrown there. */
async function* begin(planned: () => Plan | Promise<Plan>, settings: RunSettings): AsyncGenerator<TrainEvent, void> {
  const { store = new MemoryStore(), clock = systemClock, versions = {} } = settings;
  requireOwnNames(settings);
  const plan = await planned();
  await requireUpdates(plan.engine);
  const run = await Run.create(store, plan.config, clock, versions);
  run.takeRecipe(plan);
  yield* session(run, plan, { ...settings, clock });
}

/**
 * Resumes a run from its newest checkpoint. With `versions`, the first event says which of the settings that numbers depend on have changed.
 * @throws RunError when the run is complete, diverged or damaged. @throws DataError when the data are not the run's.
 * @throws OptionError when there is not enough memory for its steps. @throws EngineError as in `train`.
 */
export async function* resume(
  run: Run,
  data: DataSplit,
  { engine, initial, versions, ...settings }: Omit<TrainSettings, "store" | "source">,
): AsyncGenerator<TrainEvent, void> {
  requireOwnNames(settings);
  await requireResumable(run);
  const recorded = await requireSameData(run.store, data);
  const plan = await planAgain(run, data, recorded, { engine, initial });
  await requireUpdates(plan.engine);
  const changed = versions === undefined ? null : changedEnvironment(run, plan.engine.name, versions);
  if (changed !== null) yield { type: "environment", what: changed };
  yield* session(run, plan, { clock: systemClock, ...settings });
}

/** Makes the remaining steps of a run, then finishes it. */
async function* session(
  run: Run,
  plan: Plan,
  settings: RunSettings & { readonly clock: Clock },
): AsyncGenerator<TrainEvent, void> {
  const { clock, signal } = settings;
  const start = yield* startSession(run, plan);
  const observer = new RunObserver(run, plan, start, clock, settings);
  try {
    const last = yield* new Training(run, plan, start, observer, clock, signal).go();
    if (last !== null) yield* finishRun(run, plan, last, observer, settings);
  } catch (error) {
    if (error instanceof InterruptedError) return yield* observer.interrupted();
    await observer.failed(error);
    throw error;
  }
}
