import type { Engine } from "../runtime/index.ts";
import { scheduleStages, progressAt } from "../step/stages.ts";
import { type CheckpointChoice, loadParameters } from "../run/load-parameters.ts";
import { buildModel } from "../run/plan.ts";
import type { Run } from "../run/run.ts";
import { type Weights, inferenceState } from "../run/weights.ts";
import { TrainedModel } from "./trained.ts";

/** The trained model of a run, with its origin. */
export interface OpenedModel {
  readonly trained: TrainedModel;
  /** Steps that it was trained for. */
  readonly step: number;
  /** Which of the run's parameters these are; null if the run has no EMA. */
  readonly weights: Weights | null;
  /** Missing or damaged files of the run, and what is used in their place. */
  readonly recovered: readonly string[];
  /** Releases sessions and memory. */
  close(): Promise<void>;
}

/**
 * Opens the model of a checkpoint; the data are not needed.
 * @param weights "ema" uses EMA parameters if the run keeps them, otherwise those of the last step.
 * @throws RunError when there is no such checkpoint, or it is damaged.
 */
export async function openTrained(
  run: Run,
  engine: Engine,
  weights: Weights = "ema",
  choice: CheckpointChoice = "last",
): Promise<OpenedModel> {
  const { checkpoint, state: values, model, layouts, info, ...about } = await loadParameters(run, weights, choice);
  const { step } = checkpoint;
  const state = engine.createState(inferenceState(values, weights));
  const progress = progressAt(scheduleStages(model, run.config.train.steps), step);
  const trained = new TrainedModel(model, layouts, engine, state, progress, (options) =>
    buildModel({ definition: run.recipe, options: { ...run.config.model, ...options } }, info),
  );
  const close = async (): Promise<void> => {
    state.dispose();
    await trained.release();
  };
  return { trained, step, ...about, close };
}
