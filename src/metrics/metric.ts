import type { z } from "zod";
import type { NdArray } from "../base/ndarray.ts";
import { parseOptions } from "../base/options.ts";
import type { Key } from "../base/random.ts";
import type { FactorCodes } from "./factor-codes.ts";
import type { ModeHits } from "./mode-counts.ts";
import type { Neighbours } from "./neighbours.ts";

/** Repeated draws of a gradient. */
export interface GradientDraws {
  /** Over draws, of each parameter: [p]. */
  readonly mean: NdArray;
  /** Unbiased, over draws, of each parameter: [p]. */
  readonly variance: NdArray;
  /** Half the squared distance of each pair of draws: an estimate of the total variance each, [draws / 2]. */
  readonly halfDistances: Float64Array;
  readonly draws: number;
}

/** What metrics are computed from. Each kind is gathered once, whichever metrics ask for it. */
export interface MetricInputs {
  /** The parts of the negative bound for one draw of z an image, in nats. */
  bound: {
    /** [n] */
    readonly recon: NdArray;
    /** [n, d] */
    readonly klPerLatent: NdArray;
    /** Posterior means [n, d]. */
    readonly mean: NdArray;
    /** Numbers in one item: pixels times channels. */
    readonly dimensions: number;
  };
  /** log p(x, z) - log q(z | x) in nats, [n, k]. */
  logWeights: { readonly values: NdArray; readonly dimensions: number };
  /** Gradients of a loss on one batch, with parameters held fixed: of the model, and of another form of it. */
  gradients: { readonly own: GradientDraws; readonly beside?: GradientDraws };
  /** Codes of items whose factors are known. */
  factors: FactorCodes;
  /** Classes that a classifier tells. */
  predictions: {
    /** [n, classes] */
    readonly logits: NdArray;
    /** The true classes, [n]. */
    readonly labels: Int32Array;
    /** Logits of images of uniform noise [m, classes]; of points there are none. */
    readonly noise: NdArray;
  };
  /** Images [n, h, w, c] in [0, 1]: drawn from the model, and real ones, either in random order. */
  samples: Sets;
  /** Features of drawn and of real items; of points, the items themselves where no net is given. */
  features: FeatureSets;
  /** The same; where no net is given, the pixels of images. */
  vectors: FeatureSets;
  /** Which drawn and real items lie in whose neighbourhoods, by their features. */
  neighbours: Neighbours;
  /** Euclidean distances to the nearest training item, in pixels or coordinates. */
  nearest: {
    /** Of drawn items, [n]. */
    readonly generated: Float64Array;
    /** Of real items that the model was not trained on, [m]. */
    readonly heldOut: Float64Array;
  };
  /** Images of one domain [n, h, w, c] in [0, 1], what the model makes of them, and what they should have become. */
  translations: { readonly source: NdArray; readonly made: NdArray; readonly truth: NdArray };
  /** The classes that translated images and the truth, where it is known, are taken for, and those of the images, [n] each. */
  translatedClasses: {
    readonly told: Int32Array;
    readonly toldOfTruth: Int32Array | null;
    readonly labels: Int32Array;
  };
  /** Images, what becomes of them, what that becomes on the way back; and the same of translated images with faint noise. */
  cycles: {
    readonly source: NdArray;
    readonly made: NdArray;
    readonly back: NdArray;
    readonly disturbed: NdArray;
    readonly backOfDisturbed: NdArray;
  };
  /** What a classifier of transformations takes each item for. */
  transforms: {
    /** The place in `names` for each item, [n]; the first of them is the identity. */
    readonly told: Int32Array;
    readonly names: readonly string[];
  };
  /** Which mode of the data each drawn item belongs to. */
  modes: ModeHits & {
    /** The modes that images of uniform noise are taken for, where a classifier tells the modes. */
    readonly noise: Int32Array | null;
  };
}

/** Drawn items and real ones, [n, ...] and [m, ...]. */
export interface Sets {
  readonly generated: NdArray;
  readonly reference: NdArray;
}

/** Vectors [n, d] and [m, d], finite, items in random order. */
export interface FeatureSets extends Sets {
  /** Of the draws that a metric makes among the items. */
  readonly key: Key;
}

/** Which inputs a metric needs. */
export type InputKind = keyof MetricInputs;

/** What a metric found, with its uncertainty. */
export interface MetricResult {
  readonly metric: string;
  readonly value: number;
  /** Standard error of the value over items; NaN where none is known. */
  readonly stderr: number;
  /** Ends of the 95 % confidence interval, where it is not `z95` standard errors to both sides. */
  readonly interval?: readonly [low: number, high: number];
  /** Items measured. */
  readonly n: number;
  readonly unit: string;
  /** What must be read with the value, in words: how good what it counts is. */
  readonly beside?: string;
  /** What else was found, by name. */
  readonly details: Readonly<Record<string, number | readonly number[]>>;
}

/** What every metric declares. */
interface MetricFacts<Kind extends InputKind> {
  readonly name: string;
  /** What the value is called among the numbers of a run, where its sign or scale is not the name's. */
  readonly quantity?: string;
  readonly summary: string;
  readonly source: string;
  /** What a perfect model would get. */
  readonly perfect: string;
  /** Which values are better than others; null where a perfect model's value has worse ones on either side. */
  readonly better: "lower" | "higher" | null;
  readonly needs: Kind;
  /** Whether a run of a model with a discriminator ends with it, where the data give all that it needs. */
  readonly atEnd?: boolean;
}

/** A metric as it is defined: its options arrive checked, with defaults filled in. */
export interface MetricDefinition<Kind extends InputKind, Schema extends z.ZodObject> extends MetricFacts<Kind> {
  readonly options: Schema;
  measure(inputs: MetricInputs[Kind], options: z.output<Schema>): MetricResult;
}

/** A pure function of arrays. What the arrays were gathered from is recorded beside the result by the caller. */
export interface Metric<
  Kind extends InputKind = InputKind,
  Options = Readonly<Record<string, unknown>>,
> extends MetricFacts<Kind> {
  readonly options: z.ZodObject;
  /** @throws OptionError for options that are not valid. @throws DataError for inputs that cannot be measured. */
  measure(inputs: MetricInputs[Kind], options?: Options): MetricResult;
}

/** Defines a metric. `Options` may name what the schema accepts by a documented interface. */
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
