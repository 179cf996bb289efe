import { OptionError } from "../base/errors.ts";
import type { Model, Stage } from "../models/index.ts";
import type { Progress } from "./feeds.ts";
import { batchesPerStep } from "./trace.ts";

/** A stage of a run, in which the same training steps are repeated, with its place in the run. */
export interface ScheduledStage {
  /** The model with only the training steps of this stage. */
  readonly model: Model;
  /** The run's steps [first, end) that belong to it. */
  readonly first: number;
  readonly end: number;
  /** Batches taken by the stages before it. */
  readonly firstBatch: number;
  readonly perStep: number;
  readonly weigh?: Stage["weigh"];
}

/** Divides the steps of a run among the model's stages. @throws OptionError if a stage would get no step. */
export function scheduleStages(model: Model, steps: number): ScheduledStage[] {
  const stages: readonly Stage[] = model.stages ?? [{ steps: model.steps.map(({ name }) => name), share: 1 }];
  if (steps < stages.length) {
    throw new OptionError(
      `steps must be at least as many as the model's ${stages.length} stages - got ${steps}`,
      "choose more --steps or --epochs",
    );
  }
  const whole = stages.reduce((total, { share }) => total + share, 0);
  const scheduled: ScheduledStage[] = [];
  let share = 0;
  for (const [i, stage] of stages.entries()) {
    share += stage.share;
    const before = scheduled.at(-1);
    const first = before?.end ?? 0;
    // Leaves at least one step for each of the following stages.
    const end = Math.max(first + 1, Math.min(steps - (stages.length - 1 - i), Math.round((steps * share) / whole)));
    const own = { ...model, steps: model.steps.filter(({ name }) => stage.steps.includes(name)) };
    const firstBatch = before === undefined ? 0 : before.firstBatch + (before.end - before.first) * before.perStep;
    const { weigh } = stage;
    scheduled.push({ model: own, first, end, firstBatch, perStep: batchesPerStep(own), ...(weigh && { weigh }) });
  }
  return scheduled;
}

/** Batches taken by the first `step` steps of a run. */
export function batchesIn(stages: readonly ScheduledStage[], step: number): number {
  const stage = stages.findLast(({ first }) => first <= step)!;
  return stage.firstBatch + (step - stage.first) * stage.perStep;
}

/** Batches taken by the extra critic updates before a step of the run. */
export function extraBatchesAt(stages: readonly ScheduledStage[], step: number): number {
  const { model, first } = stages.findLast((stage) => stage.first <= step)!;
  return model.steps.reduce((sum, { before }) => sum + (before?.(step - first) ?? 0), 0);
}

/** Progress within the current stage after `step` steps of the run. */
export function progressAt(stages: readonly ScheduledStage[], step: number): Progress {
  const { first, end } = stages.findLast((stage) => stage.first < Math.max(1, step))!;
  return { step: step - first, steps: end - first };
}
