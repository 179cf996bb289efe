import { OptionError } from "../base/errors.ts";
import type { Model, Stage } from "../models/index.ts";
import type { Progress } from "./feeds.ts";
import { batchesPerStep } from "./trace.ts";

/** A stretch of a run in which the same steps are made. */
export interface Leg {
  /** The model with only the steps that are made in this leg. */
  readonly model: Model;
  /** The run's step at which it begins, and that at which the next one does. */
  readonly first: number;
  readonly end: number;
  /** Batches taken by the legs before it. */
  readonly firstBatch: number;
  readonly perStep: number;
  readonly weigh?: Stage["weigh"];
}

/** The legs of a run of so many steps. @throws OptionError when a stage would have none. */
export function courseOf(model: Model, steps: number): Leg[] {
  const stages: readonly Stage[] = model.stages ?? [{ steps: model.steps.map(({ name }) => name), share: 1 }];
  if (steps < stages.length) {
    throw new OptionError(
      `steps must be at least as many as the model's ${stages.length} stages - got ${steps}`,
      "choose more --steps or --epochs",
    );
  }
  const whole = stages.reduce((total, { share }) => total + share, 0);
  const legs: Leg[] = [];
  let share = 0;
  for (const [i, stage] of stages.entries()) {
    share += stage.share;
    const before = legs.at(-1);
    const first = before?.end ?? 0;
    // A step at least for each of the stages that follow.
    const end = Math.max(first + 1, Math.min(steps - (stages.length - 1 - i), Math.round((steps * share) / whole)));
    const own = { ...model, steps: model.steps.filter(({ name }) => stage.steps.includes(name)) };
    const firstBatch = before === undefined ? 0 : before.firstBatch + (before.end - before.first) * before.perStep;
    const { weigh } = stage;
    legs.push({ model: own, first, end, firstBatch, perStep: batchesPerStep(own), ...(weigh && { weigh }) });
  }
  return legs;
}

/** Batches taken by the first so many steps of a run. */
export function batchesIn(course: readonly Leg[], step: number): number {
  const leg = course.findLast(({ first }) => first <= step)!;
  return leg.firstBatch + (step - leg.first) * leg.perStep;
}

/** Batches that the moves before a step of the run take besides. */
export function extraBatchesAt(course: readonly Leg[], step: number): number {
  const { model, first } = course.findLast((leg) => leg.first <= step)!;
  return model.steps.reduce((sum, { before }) => sum + (before?.(step - first) ?? 0), 0);
}

/** How far the run's stage is after so many of its steps. */
export function progressAt(course: readonly Leg[], step: number): Progress {
  const { first, end } = course.findLast((leg) => leg.first < Math.max(1, step))!;
  return { step: step - first, steps: end - first };
}
