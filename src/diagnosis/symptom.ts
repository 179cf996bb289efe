import type { Direction, Model } from "../models/index.ts";
import type { RunConfig } from "../run/config.ts";
import type { Places } from "./places.ts";

/** What was logged under one name, in order of steps. */
export interface Series {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** Diversity of samples. */
export interface Diversity {
  /** Direction of an image-to-image model, whose samples are translations; null for samples from noise. */
  readonly way: Direction | null;
  /** Mean pairwise distance relative to that of real items. */
  readonly value: number;
}

/** Statistics of the samples at one step. */
export interface SampleSnapshot {
  readonly step: number;
  /** Of samples from noise, or of each way. */
  readonly diversity: readonly Diversity[];
  /** Fraction of samples whose nearest place is k, [k]; empty if no places are known. */
  readonly nearest: readonly number[];
  /** The same for samples that are near their place, [k]. */
  readonly near: readonly number[];
  /** Fraction of realistic samples; null if no places are known, or a run has not recorded it. */
  readonly fidelity: number | null;
  /** Fraction of samples that are realistic and of kind k, [k] (`Kinds`); empty if there are no kinds, or a run has not recorded it. */
  readonly kinds: readonly number[];
}

/** The inputs of all checks: logged scalars only, except for the measurements in `now`; nothing of how a run was set up. */
export interface Evidence {
  /** Steps done; 0 for samples whose training is not known. */
  readonly step: number;
  /** Numbers in one item. */
  readonly dimensions: number;
  /** Training items on which dead units are counted. */
  readonly deadUnitItems: number;
  readonly series: ReadonlyMap<string, Series>;
  /** Items that the discriminator sees together: 1, or the pack size. */
  readonly packing: number;
  /** What the model declares of itself: who learns from which discriminator, and its ReLUs; empty where no model is known. */
  readonly model: Pick<Model, "adversarial" | "reluNets" | "likelihood">;
  /** Samples in a snapshot. */
  readonly sampleCount: number;
  /** Snapshots of samples with the parameters of their step, oldest first. */
  readonly snapshots: readonly SampleSnapshot[];
  readonly places: Places | null;
  /** Measurements on the current model; null during training. */
  readonly now: MeasuredNow | null;
}

/** What is measured at a check in addition to the losses. */
export interface MeasuredNow {
  /**
   * Samples as `zaya sample` draws them, or `zaya translate` makes them: by averaged parameters where there are some. Null for a
   * model whose samples are not judged.
   */
  readonly samples: SampleSnapshot | null;
  /** Euclidean distances to the nearest training item; null for a model that draws nothing. */
  readonly nearest: Nearest | null;
  /** Null where there is no discriminator. */
  readonly scores: Scores | null;
}

/** Distances to the nearest training item. */
export interface Nearest {
  /** Of samples. */
  readonly generated: Float64Array;
  /** Of real items that were not trained on; of training items from the nearest other one, where those are too few. */
  readonly real: Float64Array;
  readonly heldOut: boolean;
}

/** How often a discriminator puts a real item, or a pack of them, above a generated one: shares of pairs, a half where it only guesses. */
export interface Scores {
  /** Of items that it was trained on. */
  readonly train: number;
  readonly heldOut: number;
}

/** How a run was set up: what a remedy is chosen by. */
export interface RunSetup {
  readonly config: RunConfig;
  readonly remedies: Model["remedies"];
  /** How far two real items are apart in one number, of images in [-1, 1]: the scale of noise that makes them overlap. */
  readonly spread: number;
}

/** A suggested change. */
export interface Change {
  /** As `zaya train` takes it: `--discriminator-rate 1`. */
  readonly flag: string;
  /** Why it helps against the symptom. */
  readonly reason: string;
}

/** The result of a check: measured values, each with its threshold. */
export type Sign =
  | { readonly present: false; readonly evidence: string; readonly values: Readonly<Record<string, number>> }
  | {
      readonly present: true;
      readonly evidence: string;
      readonly values: Readonly<Record<string, number>>;
      /** What to change in a run of this setup. */
      readonly change: (setup: RunSetup) => Change;
    };

/** A failure of training that is detected from other values than the loss. */
export interface Symptom {
  readonly name: string;
  /** What it is, in a few words. */
  readonly summary: string;
  /** What the check needs. */
  readonly needs: string;
  /** Fraction of a run before which training does not warn of it, because healthy runs can show it; null if it cannot be detected from logged scalars. */
  readonly warmUp: number | null;
  /** Null if the inputs are insufficient. */
  check(evidence: Evidence): Sign | null;
}

/** A symptom that a run shows. */
export interface Finding {
  readonly symptom: string;
  readonly summary: string;
  readonly evidence: string;
  readonly values: Readonly<Record<string, number>>;
  readonly change: Change;
}
