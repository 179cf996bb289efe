import type { Trial } from "./trial.ts";
import type { TrialEnd } from "./trial-end.ts";

/** A trial to train, or the next part of it. */
export interface TrialJob {
  readonly trial: Trial;
  /** Whose value is wanted. */
  readonly metric: string;
  /** Steps after which to pause; null for all. */
  readonly until: number | null;
}

/** Where trials are trained: in child processes of this machine, or by the workers of a queue. */
export interface Trainer {
  /**
   * How many jobs can be under way at once.
   * @param learns Whether what is trained next depends on what these give: then no more than are trained at a time.
   */
  slots(learns: boolean): number;
  /**
   * Trains a job, or returns what is there; never two at once of one trial.
   * @param signal Asks for an end: the trial is saved, and can go on.
   * @returns Null where it was asked to end before its end.
   */
  train(job: TrialJob, signal: AbortSignal): Promise<TrialEnd | null>;
  /** Share of a job's steps that is done; null for one that waits. */
  progress(job: TrialJob): number | null;
}
