import type { Engine } from "../runtime/index.ts";
import { scheduleStages, progressAt } from "../step/stages.ts";
import { type CheckpointChoice, loadParameters } from "../run/load-parameters.ts";
import { buildModel } from "../run/plan.ts";
import type { Run } from "../run/run.ts";
import { type Weights, inferenceState } from "../run/weights.ts";
import { TrainedModel } from "./trained.ts";

/** The trained model of a run, and what is known of it. */
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
