import type { Direction, Model } from "../models/index.ts";
import type { RunConfig } from "../run/config.ts";
import type { Places } from "./places.ts";

/** What was logged under one name, in order of steps. */
export interface Series {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** How far two samples are apart. */
export interface Diversity {
  /** The way, of a model that turns images into images: its samples are what images become. Null of samples drawn from noise. */
  readonly way: Direction | null;
  /** Mean distance of two, as a share of that of two real items. */
  readonly value: number;
}

/** How the samples of one moment were. */
export interface SampleLook {
  readonly step: number;
  /** Of samples from noise, or of each way. */
  readonly diversity: readonly Diversity[];
  /** Share of samples that each place is nearest to, [k]; empty where no places are known. */
  readonly nearest: readonly number[];
  /** The same of those samples that are near their place, [k]. */
  readonly near: readonly number[];
  /** Share of samples that are like real items; null where no places are known, or a run has not recorded it. */
  readonly fidelity: number | null;
}

/** What symptoms are looked for in. It never holds more than was logged, except for what `now` says was measured in addition. */
export interface Evidence {
  readonly config: RunConfig;
  /** Steps done. */
  readonly step: number;
  /** Numbers in one item. */
  readonly dimensions: number;
  /** Training items on which dead units are counted. */
  readonly deadUnitItems: number;
  /** How far two real items are apart in one number, of images in [-1, 1]: the scale of noise that makes them overlap. */
  readonly spread: number;
  readonly series: ReadonlyMap<string, Series>;
  /** Items that the discriminator judges together: 1, or those of a pack. */
  readonly packing: number;
  /** What the model declares of itself: who learns from which discriminator, its ReLUs, and what may help it. */
  readonly model: Pick<Model, "adversarial" | "reluNets" | "remedies" | "likelihood">;
  /** Of samples by the parameters of their step, oldest first. */
  readonly looks: readonly SampleLook[];
  readonly places: Places | null;
  /** What was measured on the model as it is; null while a run is watched. */
  readonly now: MeasuredNow | null;
}

/** What is measured at a check besides the losses. */
export interface MeasuredNow {
  /**
   * Samples as `zaya sample` draws them, or `zaya translate` makes them: by averaged parameters where there are some. Null for a
   * model whose samples are not judged.
   */
  readonly samples: SampleLook | null;
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

/** One thing to do otherwise. */
export interface Change {
  /** As `zaya train` takes it: `--discriminator-rate 1`. */
  readonly flag: string;
  /** What it does about the symptom. */
  readonly reason: string;
}

/** What a look for a symptom saw: numbers, each beside the threshold that it was held against. */
export type Sign =
  | { readonly present: false; readonly evidence: string; readonly values: Readonly<Record<string, number>> }
  | {
      readonly present: true;
      readonly evidence: string;
      readonly values: Readonly<Record<string, number>>;
      readonly change: Change;
    };

/** A way in which training fails, known by numbers other than the loss. */
export interface Symptom {
  readonly name: string;
  /** What it is, in a few words. */
  readonly summary: string;
  /** What must be known to look for it. */
  readonly needs: string;
  /** Share of a run before which it is not warned of, as healthy runs may show it; null for one that no log tells. */
  readonly warmUp: number | null;
  /** Null where the evidence does not suffice. */
  look(evidence: Evidence): Sign | null;
}

/** A symptom that a run shows. */
export interface Finding {
  readonly symptom: string;
  readonly summary: string;
  readonly evidence: string;
  readonly values: Readonly<Record<string, number>>;
  readonly change: Change;
}
