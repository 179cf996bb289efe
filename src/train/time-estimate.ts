import { type ResolvedTraining, healthEvery } from "../run/config.ts";
import { followed } from "../evaluation/evaluate.ts";
import { type ScheduledStage, batchesIn, extraBatchesAt } from "../step/stages.ts";

/** Work other than steps: done once every given number of steps, and after the last one. */
export type Chore = "health" | "evaluation" | "picture" | "checkpoint" | "end";

/** Share that what a batch took before keeps, a step: an estimate is over about a hundred of them. */
const kept = 0.99;

/** Steps whose time says little: the first ones allocate what all others use. */
const warmUp = 2;

/** What has been timed when an estimate is told: seconds of steps, or as many steps. */
const [settledSeconds, settledSteps] = [2, 50];

/** Passes of a net over items, and back, that cost as much as one pass there. */
const forwardShare = 1 / 3;

/**
 * How long a run still takes on this machine, by what its steps and the other work have taken so far. It is told, and
 * nothing that a run records depends on it.
 */
export class TimeEstimate {
  /** Of what steps took, in seconds, and of their batches: newer ones weigh more. */
  private spent = 0;
  private batches = 0;
  private seen = 0;
  private readonly taken = new Map<Chore, number>();
  /** Batches of the steps that are still to make. */
  private left: number;

  /**
   * @param start Steps made before.
   * @param every Steps between two times that a chore is done; the end is done once.
   * @param measured Batches that one evaluation takes, and the measurements at the end.
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

  /** Takes in what making a step took; `done` counts it. */
  stepped(done: number, seconds: number): void {
    const { stages } = this;
    const own = batchesIn(stages, done) - batchesIn(stages, done - 1) + extraBatchesAt(stages, done - 1);
    this.left -= own;
    if (this.seen++ === warmUp) [this.spent, this.batches] = [0, 0];
    this.spent = kept * this.spent + seconds;
    this.batches = kept * this.batches + own;
  }

  /** Takes in what doing a chore once took. The first time has a graph to compile, so that the newest one counts. */
  did(chore: Chore, seconds: number): void {
    this.taken.set(chore, seconds);
  }

  /** Whether enough was timed to tell a person. */
  get settled(): boolean {
    const timed = this.seen - warmUp;
    return timed >= 5 && (this.spent >= settledSeconds || timed >= settledSteps);
  }

  /** Batches a second of the newest steps; 0 where none was timed. */
  get batchesPerSecond(): number {
    return this.spent > 0 ? this.batches / this.spent : 0;
  }

  /** Seconds until the run is done, after so many steps of it. */
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

/** Steps among which additional batches are counted one by one. */
const countedSteps = 100_000;

/** Additional batches of the steps from one to another; for very many steps, estimated from some of them. */
function extraBatchesIn(stages: readonly ScheduledStage[], start: number, end: number): number {
  if (stages.every(({ model }) => model.steps.every(({ before }) => before === undefined))) return 0;
  const stride = Math.max(1, Math.ceil((end - start) / countedSteps));
  let total = 0;
  for (let step = start; step < end; step += stride) total += extraBatchesAt(stages, step);
  return total * stride;
}

/**
 * The estimate of a run that has so many steps done.
 * @param items Of either part, as far as they are measured while it goes on.
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
