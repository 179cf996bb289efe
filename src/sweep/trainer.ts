import type { Trial } from "./trial.ts";
import type { TrialEnd } from "./trial-end.ts";

/** A trial, or the next part of one, to train. */
export interface TrialJob {
  readonly trial: Trial;
  /** The metric to return. */
  readonly metric: string;
  /** Steps after which to pause; null for all. */
  readonly until: number | null;
}

/** Where trials are trained: in child processes of this machine, or by the workers of a queue. */
export interface Trainer {
  /**
   * Maximum number of concurrent jobs.
   * @param learns Whether the next jobs depend on the results of these: then no more are queued than can be trained at once.
   */
  slots(learns: boolean): number;
  /** @param listener Called when there may be more slots than before. */
  onMoreSlots(listener: () => void): void;
  /**
   * Trains a job, or returns its existing result; never two jobs of one trial at once.
   * @param signal Interrupts the trial, which is saved and can be resumed.
   * @returns Null if it was interrupted.
   */
  train(job: TrialJob, signal: AbortSignal): Promise<TrialEnd | null>;
  /** Fraction of a job's steps that are done; null if it has not started. */
  progress(job: TrialJob): number | null;
}
