import { RunError } from "../base/errors.ts";
import type { Model } from "../models/index.ts";
import type { Engine } from "../runtime/index.ts";
import { type LoadedCheckpoint, listCheckpoints, loadCheckpoint, loadNewest } from "./checkpoint.ts";
import { courseOf, progressAt } from "./course.ts";
import { readDataRecord } from "./data-record.ts";
import type { Run } from "./run.ts";
import type { Layouts } from "./state-view.ts";
import { TrainedModel } from "./trained.ts";
import { buildModel } from "./plan.ts";
import { layoutsOf } from "./layout.ts";
import { type Weights, hasAverages, inferenceState } from "./weights.ts";

export interface OpenedModel {
  readonly trained: TrainedModel;
  /** Steps it was trained for. */
  readonly step: number;
  /** Which of its parameters these are; null where it keeps but one sort. */
  readonly weights: Weights | null;
  /** What of the run's files is missing or damaged, and what stands in. */
  readonly recovered: readonly string[];
  /** Releases sessions and memory. */
  close(): Promise<void>;
}

/**
 * The model of a run as a checkpoint has it; needs no data.
 * @param weights "ema" is for runs that keep averages, and those of the last step for others.
 * @param at Step of the checkpoint; the newest where not given.
 * @throws RunError when there is none, or it is damaged.
 */
export async function openTrained(
  run: Run,
  engine: Engine,
  weights: Weights = "ema",
  at?: number,
): Promise<OpenedModel> {
  const data = await readDataRecord(run.store);
  if (data === null) throw nothingSaved(run, run.recovered);
  const model = buildModel(run.config, data);
  const layouts = layoutsOf(model, run.config.train.seed);
  const { checkpoint, state: values, passedOver } = await loaded(run, model, layouts, at);
  if (checkpoint === null || values === null) throw nothingSaved(run, [...run.recovered, ...passedOver]);
  const { step } = checkpoint;
  const state = engine.createState(inferenceState(values, weights));
  const progress = progressAt(courseOf(model, run.config.train.steps), step);
  const trained = new TrainedModel(model, layouts, engine, state, progress, (options) =>
    buildModel({ ...run.config, model: { ...run.config.model, ...options } }, data),
  );
  const close = async (): Promise<void> => {
    state.dispose();
    await trained.release();
  };
  return {
    trained,
    step,
    weights: hasAverages(Object.keys(values)) ? weights : null,
    recovered: [...run.recovered, ...passedOver],
    close,
  };
}

async function loaded(run: Run, model: Model, layouts: Layouts, at: number | undefined): Promise<LoadedCheckpoint> {
  if (at === undefined) return loadNewest(run.store, model, layouts);
  const checkpoint = (await listCheckpoints(run.store)).find(({ step }) => step === at) ?? null;
  const state = checkpoint === null ? null : await loadCheckpoint(run.store, checkpoint, model, layouts);
  return { checkpoint, state, passedOver: [] };
}

function nothingSaved({ state }: Run, damaged: readonly string[] = []): RunError {
  return new RunError(
    `the run must have a checkpoint - got ${damaged.length === 0 ? "none" : `damaged ones: ${damaged.join("; ")}`}`,
    state.saved === 0
      ? "nothing has been saved yet: zaya resume goes on with it"
      : "put its folder checkpoints back, or train it again from its config.json",
  );
}
