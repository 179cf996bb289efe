import { promoted } from "./rungs.ts";
import { seedsOf } from "./sweep-file.ts";
import type { SweepState } from "./sweep-state.ts";
import type { TrialJob } from "./trainer.ts";

/** Progress of a sweep, in units of complete training runs; a trial counts up to the step at which it stops. */
export interface SweepWork {
  /** Number of trials that have ended or are paused. */
  readonly trials: number;
  /** Expected number of all trials. */
  readonly expected: number;
  /** Fraction of all training that is done, from 0 to 1. */
  readonly share: number;
}

/**
 * @param combinations Number of combinations in the space.
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
  /** Fraction of a training run between a rung and the previous one. */
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
