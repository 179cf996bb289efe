import type { Direction } from "../models/index.ts";
import type { Evaluation, Refusal } from "../evaluation/evaluate.ts";
import type { Warning } from "../run/run.ts";

/** An event of a training run. */
export type TrainEvent =
  | { readonly type: "phase"; readonly phase: "compile" | "train" | "evaluate" | "export" | "report" }
  | {
      readonly type: "step";
      /** Number of steps done. */
      readonly step: number;
      readonly steps: number;
      /** Losses of the newest step, by name. */
      readonly losses: Readonly<Record<string, number>>;
      /** Throughput of the newest steps. */
      readonly imagesPerSecond: number;
      /** Seconds until the run is done, including evaluations, pictures and checkpoints. */
      readonly secondsLeft: number;
    }
  /** Once, after some steps: the estimated remaining time on this machine. */
  | { readonly type: "estimate"; readonly secondsLeft: number; readonly steps: number }
  /** A resumed run continues on another device, another version or another number of threads than it began with. */
  | { readonly type: "environment"; readonly what: string }
  /** A file of the run was missing or damaged, and what is used in its place. */
  | { readonly type: "recovered"; readonly what: string }
  | { readonly type: "picture"; readonly file: string }
  /** On held-out items. */
  | { readonly type: "evaluated"; readonly step: number; readonly results: readonly Evaluation[] }
  | ({ readonly type: "warning" } & Warning)
  | { readonly type: "saved"; readonly step: number }
  /** The report of the unfinished run was written. */
  | { readonly type: "reported"; readonly file: string }
  | {
      readonly type: "interrupted";
      readonly step: number;
      /** All warnings so far, over all sessions. */
      readonly warnings: readonly Warning[];
    }
  | { readonly type: "done"; readonly result: TrainResult };

/** Results of a finished training. */
export interface TrainResult {
  readonly steps: number;
  /** Training time over all sessions. */
  readonly seconds: number;
  /** What the model generates: items from noise, translated images, or neither. */
  readonly makes: "items" | "translations" | null;
  /** Directions of a translation model; empty for others. */
  readonly ways: readonly Direction[];
  /** Evaluations on the whole test split, by metric. */
  readonly test: Readonly<Record<string, Evaluation>>;
  /** Metrics that could not be measured. */
  readonly refused: readonly Refusal[];
  /** All warnings, over all sessions. */
  readonly warnings: readonly Warning[];
}
