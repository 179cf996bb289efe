import type { Numbers, Picture } from "../labs/lab.ts";

/** What the page asks of a Worker. */
export type ToWorker =
  | {
      readonly type: "open";
      readonly lab: string;
      readonly controls: Readonly<Record<string, unknown>>;
      readonly seed: number;
      readonly base: string;
    }
  /** Steps a second; 0 for as many as there can be. */
  | { readonly type: "run"; readonly pace: number }
  | { readonly type: "pause" }
  /** Performs this many steps, or updates of one net, and shows the results. */
  | { readonly type: "step"; readonly count: number; readonly net?: string | undefined }
  | { readonly type: "poke"; readonly name: string; readonly value: readonly number[] }
  /** The page has drawn the frame. */
  | { readonly type: "drawn" };

/** Meters at some step. */
export interface Reading {
  readonly step: number;
  readonly numbers: Numbers;
}

/** What a Worker tells the page. */
export type FromWorker =
  | {
      readonly type: "frame";
      readonly step: number;
      /** Whether there are no more steps. */
      readonly hasEnded: boolean;
      readonly pictures: Readonly<Record<string, Picture>>;
      /** Since the frame before, oldest first. */
      readonly readings: readonly Reading[];
      readonly stepsPerSecond: number;
    }
  | { readonly type: "failed"; readonly message: string; readonly hint?: string | undefined };
