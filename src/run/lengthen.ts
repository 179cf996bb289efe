import { threeDigits } from "../base/digits.ts";
import { OptionError } from "../base/errors.ts";
import { stepScalar } from "../base/scalar-names.ts";
import type { DataSplit } from "../data/index.ts";
import type { Model } from "../models/index.ts";
import { type ResolvedTraining, type RunConfig, rateOf, stepsIn } from "./config.ts";
import { layoutsOf } from "../step/layout.ts";
import { requireSameData } from "./data-record.ts";
import { modelAgain, requireMemoryFor } from "./plan.ts";
import { isDone, requireResumable, requireSaved, startOf } from "./resumable.ts";
import type { MetricLine } from "./metric-lines.ts";
import type { Run } from "./run.ts";

/** Total length of a run: steps, or epochs. */
export interface RunLength {
  readonly steps?: number | undefined;
  readonly epochs?: number | undefined;
}

/**
 * Changes the length of an interrupted or finished run and records the old one in its config. A constant learning rate
 * continues; any other schedule, of the learning rate or of the model, is stretched: from now on the run continues as
 * if it had been planned with this length.
 * @param memory Bytes free for its steps, if known.
 * @returns The new config, or null if the run already has this length.
 * @throws RunError when the run cannot be resumed. @throws DataError when the data are not the run's. @throws
 * OptionError for a length that the run has exceeded, for a model that trains in stages, and for too little memory.
 * Nothing is changed then.
 */
export async function lengthen(
  run: Run,
  data: DataSplit,
  length: RunLength,
  memory?: number,
): Promise<RunConfig | null> {
  const recorded = await requireSameData(run.store, data);
  const { config } = run;
  const { train } = config;
  if (await isDone(run)) requireSaved(run);
  else await requireResumable(run);
  const model = await modelAgain(run, data, recorded);
  const steps = length.steps ?? stepsIn(length.epochs!, model, data.train.size, train.batch);
  if (steps === train.steps) return null;
  const at = run.newest?.step ?? 0;
  if (steps <= at) {
    throw new OptionError(
      `the new length must be more than the ${at} steps done - got ${steps}`,
      `choose larger --steps; for an earlier state use --checkpoint STEP`,
    );
  }
  if (model.stages !== undefined) {
    throw new OptionError(
      `${config.recipe} trains in stages that are fractions of the run's length, which cannot change - got ${steps} steps`,
      `train a new run of that length, or a new run with the parameters of this one: --init-from`,
    );
  }
  const lengthened = [...(config.lengthened ?? []), { at, from: train.steps, to: steps }];
  const longer = { ...config, train: { ...train, steps }, lengthened };
  // Everything that could prevent resuming is checked before the config is changed.
  requireMemoryFor(run, model, data, memory);
  const { checkpoint } = await startOf(run, model, layoutsOf(model, train.seed), longer.train);
  await run.requireOwnLines(checkpoint);
  await run.reconfigure(longer);
  return longer;
}

/** Whether a run was complete after a step and has been lengthened since. */
export function endedBefore({ lengthened = [], train }: RunConfig, step: number): boolean {
  return step > 0 && step < train.steps && lengthened.some(({ from }) => from === step);
}

/**
 * Whether a recorded line is dropped when a run resumes from a step: all lines after the step and, if the run used to end
 * there, all lines of that step, except its losses if it is a multiple of `logEvery` (a longer run logs them too).
 */
export function repeats(config: RunConfig, model: Model, start: number, { name, split, step }: MetricLine): boolean {
  if (start === 0 || step > start) return true;
  if (step < start || !endedBefore(config, start)) return false;
  const isLoss = split === "train" && model.steps.some((one) => stepScalar.parse(name)?.step === one.name);
  return !isLoss || step % config.train.logEvery !== 0;
}

/** Describes what happens to the learning rate of a lengthened run. */
export function rateWords(train: ResolvedTraining, at: number): string {
  const { schedule, learningRate, rateEnd } = train;
  if (schedule === "constant") return `the learning rate stays at ${threeDigits(learningRate)}`;
  return `the ${schedule} learning-rate schedule is stretched: ${threeDigits(rateOf(train)(at))} now, ${threeDigits(learningRate * rateEnd)} at the end`;
}
