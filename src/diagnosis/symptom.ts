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
  /** Direction of a translation model, whose samples are translations; null for samples from noise. */
  readonly way: Direction | null;
  /** Mean pairwise distance relative to that of real items. */
  readonly value: number;
}

/** Statistics of the samples at one step. */
export interface SampleSnapshot {
  readonly step: number;
  /** For samples from noise, or for each direction. */
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

/** The inputs of all checks: logged scalars only, except for the measurements in `now`, and no settings of the run. */
export interface Evidence {
  /** Number of steps done; 0 for samples of unknown origin. */
  readonly step: number;
  /** Values per item: pixels times channels, or coordinates. */
  readonly dimensions: number;
  /** Training items on which dead units are counted. */
  readonly deadUnitItems: number;
  readonly series: ReadonlyMap<string, Series>;
  /** Number of items that the discriminator scores jointly; default 1. */
  readonly packing: number;
  /** Adversarial roles, ReLU nets and likelihood of the model; empty if the model is not known. */
  readonly model: Pick<Model, "adversarial" | "reluNets" | "likelihood">;
  /** Samples in a snapshot. */
  readonly sampleCount: number;
  /** Snapshots of samples with the parameters of their step, oldest first. */
  readonly snapshots: readonly SampleSnapshot[];
  readonly places: Places | null;
  /** Measurements on the current model; null during training. */
  readonly now: MeasuredNow | null;
}

/** Measurements on the current model, in addition to the logged scalars. */
export interface MeasuredNow {
  /**
   * Samples as drawn by `zaya sample` or translated by `zaya translate`, with EMA parameters if there are any. Null for
   * a model whose samples are not checked.
   */
  readonly samples: SampleSnapshot | null;
  /** Euclidean distances to the nearest training item; null for a model that is not generative. */
  readonly nearest: Nearest | null;
  /** Null without a discriminator. */
  readonly scores: Scores | null;
}

/** Distances to the nearest training item. */
export interface Nearest {
  /** Of samples. */
  readonly generated: Float64Array;
  /** Of held-out real items; of training items to the nearest other one, if held-out items are too few. */
  readonly real: Float64Array;
  readonly heldOut: boolean;
}

/**
 * Probability that a discriminator scores a real item, or a pack of them, above a generated one: shares of pairs, 0.5
 * for guessing.
 */
export interface Scores {
  /** For training items. */
  readonly train: number;
  readonly heldOut: number;
}

/** Settings of a run, from which a remedy is chosen. */
export interface RunSetup {
  readonly config: RunConfig;
  readonly remedies: Model["remedies"];
  /**
   * Distance between two real items in one coordinate (images in [-1, 1]): the scale of noise that makes them overlap.
   */
  readonly spread: number;
}

/** A suggested change. */
export interface Change {
  /** As a flag of `zaya train`: `--discriminator-rate 1`. */
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
      /** The change to suggest for a run with these settings. */
      readonly change: (setup: RunSetup) => Change;
    };

/** A failure of training, detected from values other than the loss. */
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
