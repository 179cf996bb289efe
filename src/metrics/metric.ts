import type { z } from "zod";
import type { NdArray } from "../base/ndarray.ts";
import type { FactorCodes } from "./factor-codes.ts";

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
export interface Evidence {
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
}

export type EvidenceKind = keyof Evidence;

export interface MetricResult {
  readonly metric: string;
  readonly value: number;
  /** Standard error of the value over items; NaN where none is known. */
  readonly stderr: number;
  /** Items measured. */
  readonly n: number;
  readonly unit: string;
  /** What else was found, by name. */
  readonly details: Readonly<Record<string, number | readonly number[]>>;
}

/** A pure function of arrays. What it was measured on is written beside its result by whoever gathered them. */
export interface Metric<Kind extends EvidenceKind = EvidenceKind, Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** What the value is called among the numbers of a run, where its sign or scale is not the name's. */
  readonly quantity?: string;
  readonly summary: string;
  readonly source: string;
  /** What a perfect model would get. */
  readonly perfect: string;
  readonly needs: Kind;
  readonly options: Schema;
  measure(evidence: Evidence[Kind], options: z.output<Schema>): MetricResult;
}

export function defineMetric<Kind extends EvidenceKind, Schema extends z.ZodObject>(
  metric: Metric<Kind, Schema>,
): Metric<Kind, Schema> {
  return Object.freeze(metric);
}
