import type { Trainer } from "../sweep/index.ts";
import { MeasuredJobs } from "./measured-jobs.ts";
import { trainTrial } from "./trial-process.ts";

/** How many trials a machine trains at once: a fixed number, or a number up to a limit chosen by measured speed. */
export type JobLimit = number | { readonly most: number; decided(jobs: number, reason: string): void };

/**
 * Trains trials in child processes on this machine, up to `limit` at a time. @param trials Folder that contains the
 * trials' folders.
 */
export function localTrainer(trials: string, limit: JobLimit): Trainer {
  const shares = new Map<string, number>();
  let wake: () => void = () => undefined;
  const measured =
    typeof limit === "number"
      ? null
      : new MeasuredJobs(limit.most, (reason) => {
          if (reason !== null) limit.decided(measured!.jobs, reason);
          wake();
        });
  return {
    slots: () => (measured === null ? (limit as number) : measured.jobs),
    onMoreSlots: (listener) => void (wake = listener),
    progress: ({ trial }) => shares.get(trial.id) ?? 0,
    train: async (job, signal) => {
      const { trial, until } = job;
      const progressed = (step: number): void => {
        shares.set(trial.id, Math.min(1, step / (until ?? trial.config.train.steps)));
        measured?.progressed(trial.id, step);
      };
      try {
        return await trainTrial(trials, job, { signal, progressed });
      } finally {
        shares.delete(trial.id);
        measured?.ended();
      }
    },
  };
}
