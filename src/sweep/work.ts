import { promoted } from "./rungs.ts";
import { seedsOf } from "./sweep-file.ts";
import type { SweepState } from "./sweep-state.ts";
import type { TrialJob } from "./trainer.ts";

/** How much of a sweep is done, in whole trainings; trials count from their first step to where they stop. */
export interface SweepWork {
  /** Trials that have ended, or paused for good so far. */
  readonly trials: number;
  /** Trials that are expected in all. */
  readonly expected: number;
  /** Share of the training that is done, from 0 to 1. */
  readonly share: number;
}

/**
 * @param combinations Of the space.
 * @param steps Of a whole trial.
 * @param running Jobs under way, each with the share of its steps that is done.
 */
export function workOf(
  state: SweepState,
  combinations: number,
  steps: number,
  running: readonly (readonly [job: TrialJob, share: number])[],
): SweepWork {
  const { file, rungs, configurations } = state;
  const seeds = seedsOf(file).length;
  const count = Math.max(state.expected(combinations), configurations.length);
  const { eta = 3 } = file.early_terminate ?? {};
  /** Share of a training that leads from a rung to the next. */
  const part = (rung: number): number => ((rungs[rung] ?? steps) - (rungs[rung - 1] ?? 0)) / steps;
  let [total, atRung] = [0, count];
  for (let rung = 0; rung < rungs.length; rung++) {
    total += atRung * seeds * part(rung);
    atRung = promoted(atRung, eta);
  }
  let [trials, done] = [0, 0];
  for (const { trials: own, rung, refused } of configurations) {
    if (refused !== undefined) [trials, done] = [trials + seeds, done + seeds * part(0)];
    for (const { id } of own) {
      if (state.endOf(id, rung) !== null) trials++;
      for (let at = 0; at <= rung; at++) if (state.endOf(id, at) !== null) done += part(at);
    }
  }
  for (const [{ until }, share] of running) {
    const rung = rungs.indexOf(until);
    const before = rungs[rung - 1] ?? 0;
    done += Math.max(0, share * ((until ?? steps) / steps) - before / steps);
  }
  return { trials, expected: count * seeds, share: Math.min(1, done / total) };
}
