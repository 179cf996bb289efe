import type { Direction } from "../models/index.ts";
import type { Evaluation, Refusal } from "../evaluation/evaluate.ts";
import type { Warning } from "../run/run.ts";

/** What a training run tells while it goes on. */
export type TrainEvent =
  | { readonly type: "phase"; readonly phase: "compile" | "train" | "evaluate" | "export" | "report" }
  | {
      readonly type: "step";
      /** Steps done. */
      readonly step: number;
      readonly steps: number;
      /** Losses of the newest step, by name. */
      readonly losses: Readonly<Record<string, number>>;
      /** Over the newest steps. */
      readonly imagesPerSecond: number;
      /** Until the run is done, evaluations, pictures and checkpoints included. */
      readonly secondsLeft: number;
    }
  /** Once, after some steps: how long the run still takes on this machine. */
  | { readonly type: "estimate"; readonly secondsLeft: number; readonly steps: number }
  /** Something of the run's files was missing or damaged, and what stands in. */
  | { readonly type: "recovered"; readonly what: string }
  | { readonly type: "picture"; readonly file: string }
  /** On held-out items. */
  | { readonly type: "evaluated"; readonly step: number; readonly results: readonly Evaluation[] }
  | ({ readonly type: "warning" } & Warning)
  | { readonly type: "saved"; readonly step: number }
  /** The report of the run as it is was written. */
  | { readonly type: "reported"; readonly file: string }
  | {
      readonly type: "interrupted";
      readonly step: number;
      /** What was warned of so far, over all sessions. */
      readonly warnings: readonly Warning[];
    }
  | { readonly type: "done"; readonly result: TrainResult };

/** What a finished training leaves. */
export interface TrainResult {
  readonly steps: number;
  /** Time spent in training, over all sessions. */
  readonly seconds: number;
  /** What the model makes: items of noise, images of images, or neither. */
  readonly makes: "items" | "translations" | null;
  /** Which ways a model between two domains goes; none of another. */
  readonly ways: readonly Direction[];
  /** Measured on the whole test part, by metric. */
  readonly test: Readonly<Record<string, Evaluation>>;
  /** Metrics that could not be measured. */
  readonly refused: readonly Refusal[];
  /** What was warned of, over all sessions. */
  readonly warnings: readonly Warning[];
}
