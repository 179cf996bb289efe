import { type ResolvedTraining, healthEvery } from "../run/config.ts";
import { followed } from "../evaluation/evaluate.ts";
import { type ScheduledStage, batchesIn, extraBatchesAt } from "../step/stages.ts";

/** Work other than steps, done at regular intervals and after the last step. */
export type Chore = "health" | "evaluation" | "picture" | "checkpoint" | "end";

/** Decay of earlier batch times per step: an estimate is an average over about a hundred of them. */
const kept = 0.99;

/** Steps excluded from the estimate: the first ones allocate what all others use. */
const warmUp = 2;

/** Measured time before an estimate is reported: seconds of steps, or number of steps. */
const [settledSeconds, settledSteps] = [2, 50];

/** Cost of a forward pass, relative to a training step on the same items. */
const forwardShare = 1 / 3;

/**
 * Estimates how long a run still takes on this machine, from what its steps and other work have taken so far. Nothing
 * that a run records depends on it.
 */
export class TimeEstimate {
  /** Decayed sums of step times in seconds, and of their batches. */
  private spent = 0;
  private batches = 0;
  private seen = 0;
  private readonly taken = new Map<Chore, number>();
  /** Batches of the remaining steps. */
  private left: number;

  /**
   * @param start Steps already made.
   * @param every Steps between two chores of a kind; the end is done once.
   * @param measured Batches of one evaluation, and of the evaluations at the end.
   */
  constructor(
    private readonly stages: readonly ScheduledStage[],
    start: number,
    private readonly every: Readonly<Record<Exclude<Chore, "end">, number>>,
    private readonly measured: { readonly evaluation: number; readonly end: number },
  ) {
    const { end } = stages.at(-1)!;
    this.left = batchesIn(stages, end) - batchesIn(stages, start) + extraBatchesIn(stages, start, end);
  }

  /** Records the time of a step; `done` counts it. */
  stepped(done: number, seconds: number): void {
    const { stages } = this;
    const own = batchesIn(stages, done) - batchesIn(stages, done - 1) + extraBatchesAt(stages, done - 1);
    this.left -= own;
    if (this.seen++ === warmUp) [this.spent, this.batches] = [0, 0];
    this.spent = kept * this.spent + seconds;
    this.batches = kept * this.batches + own;
  }

  /** Records the time of a chore. The first time includes compiling a graph, so only the newest counts. */
  did(chore: Chore, seconds: number): void {
    this.taken.set(chore, seconds);
  }

  /** Whether enough was measured to report an estimate. */
  get settled(): boolean {
    const timed = this.seen - warmUp;
    return timed >= 5 && (this.spent >= settledSeconds || timed >= settledSteps);
  }

  /** Batches per second of the newest steps; 0 before any was measured. */
  get batchesPerSecond(): number {
    return this.spent > 0 ? this.batches / this.spent : 0;
  }

  /** Seconds until the run is done, after `done` steps. */
  secondsLeft(done: number): number {
    const { end } = this.stages.at(-1)!;
    if (this.batches === 0) return Number.NaN;
    const perBatch = this.spent / this.batches;
    const { evaluation, end: measured } = this.measured;
    const guesses: Readonly<Record<Chore, number>> = {
      health: perBatch,
      evaluation: forwardShare * perBatch * evaluation,
      picture: 0,
      checkpoint: 0,
      end: 0,
    };
    const each = (chore: Chore) => this.taken.get(chore) ?? guesses[chore];
    const chores = Object.entries(this.every).map(([chore, every]) => {
      const times = Math.ceil(end / every) - Math.floor(done / every);
      return each(chore as Chore) * times;
    });
    const ending = each("end") + (each("evaluation") / Math.max(1, evaluation)) * measured + each("picture");
    return perBatch * this.left + chores.reduce((sum, seconds) => sum + seconds, 0) + ending;
  }
}

/** Steps up to which additional batches are counted one by one. */
const countedSteps = 100_000;

/** Additional batches of a range of steps; extrapolated for very many steps. */
function extraBatchesIn(stages: readonly ScheduledStage[], start: number, end: number): number {
  if (stages.every(({ model }) => model.steps.every(({ before }) => before === undefined))) return 0;
  const stride = Math.max(1, Math.ceil((end - start) / countedSteps));
  let total = 0;
  for (let step = start; step < end; step += stride) total += extraBatchesAt(stages, step);
  return total * stride;
}

/**
 * The estimate of a run after `start` steps.
 * @param items Items of either split that are evaluated during training.
 */
export function estimateOf(
  stages: readonly ScheduledStage[],
  start: number,
  training: ResolvedTraining,
  items: { readonly train: number; readonly test: number },
): TimeEstimate {
  const { evalEvery, sampleEvery, checkpointEvery, batch } = training;
  const every = {
    health: healthEvery(training),
    evaluation: evalEvery,
    picture: sampleEvery,
    checkpoint: checkpointEvery,
  };
  const evaluated = Math.min(followed, items.train) + Math.min(followed, items.test);
  return new TimeEstimate(stages, start, every, { evaluation: evaluated / batch, end: items.test / batch });
}
