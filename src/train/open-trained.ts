import { RunError } from "../base/errors.ts";
import type { Engine } from "../runtime/index.ts";
import { loadCheckpoint, newestCheckpoint } from "./checkpoint.ts";
import { courseOf, progressAt } from "./course.ts";
import { readDataRecord } from "./data-record.ts";
import type { Run } from "./run.ts";
import { TrainedModel } from "./trained.ts";
import { buildModel } from "./plan.ts";
import { layoutsOf } from "./trainer.ts";
import { type Weights, hasAverages, inferenceState } from "./weights.ts";

export interface OpenedModel {
  readonly trained: TrainedModel;
  /** Steps it was trained for. */
  readonly step: number;
  /** Which of its parameters these are; null where it keeps but one sort. */
  readonly weights: Weights | null;
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
  const step = at ?? (await newestCheckpoint(run.store, run.state.step));
  const data = await readDataRecord(run.store);
  if (step === null || data === null) {
    throw new RunError(
      "openTrained: the run must have a checkpoint - got none",
      run.state.status === "done"
        ? "it has been trained to its end: put its folder checkpoints back, or train it again from its config.json"
        : "nothing has been saved yet: zaya resume goes on with it",
    );
  }
  const model = buildModel(run.config, data);
  const layouts = layoutsOf(model, run.config.train.seed);
  const values = await loadCheckpoint(run.store, step, model, layouts);
  const state = engine.createState(inferenceState(values, weights));
  const progress = progressAt(courseOf(model, run.config.train.steps), step);
  const trained = new TrainedModel(model, layouts, engine, state, progress, (options) =>
    buildModel({ ...run.config, model: { ...run.config.model, ...options } }, data),
  );
  const close = async (): Promise<void> => {
    state.dispose();
    await trained.release();
  };
  return { trained, step, weights: hasAverages(Object.keys(values)) ? weights : null, close };
}
