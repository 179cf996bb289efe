import type { z } from "zod";
import type { NdArray } from "../base/ndarray.ts";
import { parseOptions } from "../base/options.ts";
import type { Key } from "../base/random.ts";
import type { FactorCodes } from "./factor-codes.ts";
import type { ModeHits } from "./mode-counts.ts";
import type { Neighbours } from "./neighbours.ts";

/** Statistics of repeated samples of a gradient estimator. */
export interface GradientDraws {
  /** Mean over samples, by parameter: [p]. */
  readonly mean: NdArray;
  /** Unbiased variance over samples, by parameter: [p]. */
  readonly variance: NdArray;
  /** Half the squared distance of each pair of samples: an unbiased estimate of the total variance, [draws / 2]. */
  readonly halfDistances: Float64Array;
  readonly draws: number;
}

/** Inputs of metrics. Each kind is gathered once, however many metrics need it. */
export interface MetricInputs {
  /** Terms of the negative ELBO for one sample of z per image, in nats. */
  bound: {
    /** [n] */
    readonly recon: NdArray;
    /** [n, d] */
    readonly klPerLatent: NdArray;
    /** Posterior means [n, d]. */
    readonly mean: NdArray;
    /** Values per item: pixels times channels, or coordinates. */
    readonly dimensions: number;
  };
  /** Log importance weights log p(x, z) - log q(z | x) in nats, [n, k]. */
  logWeights: { readonly values: NdArray; readonly dimensions: number };
  /** Gradient samples on one batch with fixed parameters: of the model, and of a second estimator. */
  gradients: { readonly own: GradientDraws; readonly beside?: GradientDraws };
  /** Codes of items with known factors. */
  factors: FactorCodes;
  /** Predictions of a classifier. */
  predictions: {
    /** [n, classes] */
    readonly logits: NdArray;
    /** True classes, [n]. */
    readonly labels: Int32Array;
    /** Logits of images of uniform noise [m, classes]; empty for points. */
    readonly noise: NdArray;
  };
  /** Samples and real images [n, h, w, c] in [0, 1], each in random order. */
  samples: Sets;
  /** Features of samples and of real items; without a feature net, the coordinates of points. */
  features: FeatureSets;
  /** Features of samples and of real items; without a feature net, coordinates or pixels. */
  vectors: FeatureSets;
  /** Nearest-neighbour balls of samples and real items in feature space. */
  neighbours: Neighbours;
  /** Euclidean distances to the nearest training item, in pixels or coordinates. */
  nearest: {
    /** Of samples, [n]. */
    readonly generated: Float64Array;
    /** Of held-out real items, [m]. */
    readonly heldOut: Float64Array;
  };
  /** Source images [n, h, w, c] in [0, 1], their translations, and the true target images. */
  translations: { readonly source: NdArray; readonly made: NdArray; readonly truth: NdArray };
  /**
   * Predicted classes of the translations and of the true targets (if known), and the classes of the source images, [n]
   * each.
   */
  translatedClasses: {
    readonly predicted: Int32Array;
    readonly predictedOfTruth: Int32Array | null;
    readonly labels: Int32Array;
  };
  /**
   * Source images, their translations, the reconstructions of the sources, and the same for translations with faint
   * noise.
   */
  cycles: {
    readonly source: NdArray;
    readonly made: NdArray;
    readonly back: NdArray;
    readonly disturbed: NdArray;
    readonly backOfDisturbed: NdArray;
  };
  /** Predictions of a classifier of transformations. */
  transforms: {
    /** Index into `names` for each item, [n]; the identity is first. */
    readonly predicted: Int32Array;
    readonly names: readonly string[];
  };
  /** The mode of the data to which each sample belongs. */
  modes: ModeHits & {
    /** Predicted modes of images of uniform noise, if a classifier determines the modes. */
    readonly noise: Int32Array | null;
  };
}

/** Samples and real items, [n, ...] and [m, ...]. */
export interface Sets {
  readonly generated: NdArray;
  readonly reference: NdArray;
}

/** Finite vectors [n, d] and [m, d], in random order. */
export interface FeatureSets extends Sets {
  /** Key of the random draws of the metric. */
  readonly key: Key;
}

/** Kind of inputs that a metric needs. */
export type InputKind = keyof MetricInputs;

/** Value of a metric, with its uncertainty. */
export interface MetricResult {
  readonly metric: string;
  readonly value: number;
  /** Standard error of the value over items; NaN if unknown. */
  readonly stderr: number;
  /** Ends of the 95 % confidence interval, if it is not value +- `z95` standard errors. */
  readonly interval?: readonly [low: number, high: number];
  /** Number of items measured. */
  readonly n: number;
  readonly unit: string;
  /** A number without which the value can be misread, as text. */
  readonly beside?: string;
  /** Further results by name. */
  readonly details: Readonly<Record<string, number | readonly number[]>>;
}

/** Properties that every metric declares. */
interface MetricFacts<Kind extends InputKind> {
  readonly name: string;
  /** Name of the value among the scalars of a run, if its sign or scale differs from the metric's name. */
  readonly quantity?: string;
  readonly summary: string;
  readonly source: string;
  /** Ideal value. */
  readonly perfect: string;
  /** Which values are better; null if both smaller and larger values than the ideal one are worse. */
  readonly better: "lower" | "higher" | null;
  readonly needs: Kind;
  /** Whether it is evaluated at the end of runs of models with a discriminator, if there are enough data. */
  readonly atEnd?: boolean;
}

/** A metric's definition; it receives validated options with defaults filled in. */
export interface MetricDefinition<Kind extends InputKind, Schema extends z.ZodObject> extends MetricFacts<Kind> {
  readonly options: Schema;
  measure(inputs: MetricInputs[Kind], options: z.output<Schema>): MetricResult;
}

/** A pure function of arrays. The caller records what the arrays were gathered from. */
export interface Metric<
  Kind extends InputKind = InputKind,
  Options = Readonly<Record<string, unknown>>,
> extends MetricFacts<Kind> {
  readonly options: z.ZodObject;
  /** @throws OptionError for options that are not valid. @throws DataError for inputs that cannot be measured. */
  measure(inputs: MetricInputs[Kind], options?: Options): MetricResult;
}

/** Defines a metric. `Options` can be a documented interface of the options that the schema accepts. */
export function defineMetric<
  Kind extends InputKind,
  Schema extends z.ZodObject,
  Options extends z.input<Schema> = z.input<Schema>,
>(definition: MetricDefinition<Kind, Schema>): Metric<Kind, Options> {
  return Object.freeze({
    ...definition,
    measure: (inputs: MetricInputs[Kind], options?: Options) =>
      definition.measure(inputs, parseOptions(definition.options, options ?? {}, definition.name)),
  });
}
