import { setInterval } from "node:timers/promises";

import { type Trainer, type TrialJob } from "../sweep/index.ts";
import { openStore } from "./place.ts";
import { stepsDone, trainTrial, trialFolder } from "./trial-process.ts";

/** Poll interval for the progress of trials, in milliseconds. */
const progressPoll = 1000;

/**
 * Trains trials in child processes on this machine, up to `jobs` at a time. @param trials Folder that contains the
 * trials' folders.
 */
export function localTrainer(trials: string, jobs: number): Trainer {
  const shares = new Map<string, number>();
  return {
    slots: () => jobs,
    progress: ({ trial }) => shares.get(trial.id) ?? 0,
    train: async (job, signal) => {
      const over = new AbortController();
      const watch = watchProgress(trials, job, shares, over.signal);
      try {
        return await trainTrial(trials, job, { signal });
      } finally {
        over.abort();
        await watch;
        shares.delete(job.trial.id);
      }
    },
  };
}

async function watchProgress(
  trials: string,
  job: TrialJob,
  shares: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const { trial, until } = job;
  const folder = trialFolder(trials, job);
  try {
    const pause = Math.max(progressPoll, 1000 * (openStore(folder).progressEvery ?? 0));
    for await (const _ of setInterval(pause, undefined, { signal })) {
      shares.set(trial.id, Math.min(1, (await stepsDone(folder)) / (until ?? trial.config.train.steps)));
    }
  } catch {
    // Its end was asked for.
  }
}
