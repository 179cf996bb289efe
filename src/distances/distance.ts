import type { z } from "zod";
import { OptionError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import type { Points } from "../base/points.ts";
import type { Key } from "../base/random.ts";
import type { TransportPlan } from "../transport/index.ts";

/** One of the two sides of a distance. */
export interface Side {
  /** [n, d] */
  readonly points: Points;
  /** Nonnegative [n], taken as shares of their sum; equal where not given. */
  readonly weights?: Float64Array | undefined;
}

export interface DistanceContext {
  /** Of all that is drawn. */
  readonly key: Key;
  /** Bytes that may be held. */
  readonly memory: number;
}

export interface DistanceResult {
  readonly value: number;
  /** Standard error of the value; NaN where none is known. */
  readonly stderr: number;
  /** What was reached: `exact`, `estimate`, `optimal`, `converged`; or how it fell short. */
  readonly status: string;
  /** Points of each side that were used. */
  readonly n: readonly [a: number, b: number];
  /** What goes where, of distances that have a plan: its entries, or a matrix float64 [n, m]. */
  readonly plan?: TransportPlan | NdArray<"float64">;
  /** What else was found, by name. */
  readonly details: Readonly<Record<string, number>>;
}

/** A distance between two point sets, or between what they were drawn from. */
export interface Distance<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  readonly unit: string;
  /** What two samples of one distribution score. */
  readonly identical: string;
  /** Whether points may have weights. */
  readonly weighted: boolean;
  /** Whether there is a plan. */
  readonly planned: boolean;
  readonly options: Schema;
  /** @throws OptionError, before any work, when it would not fit into the memory there is. */
  measure(a: Side, b: Side, options: z.output<Schema>, context: DistanceContext): DistanceResult;
}

export function defineDistance<Schema extends z.ZodObject>(distance: Distance<Schema>): Distance<Schema> {
  return Object.freeze(distance);
}

/** Points of both sides. */
export function sizesOf(a: Side, b: Side): [n: number, m: number] {
  return [a.points.shape[0]!, b.points.shape[0]!];
}

/** @throws OptionError when a side has weights, which this distance has no place for. */
export function requireUnweighted(name: string, ...sides: readonly Side[]): void {
  if (sides.every(({ weights }) => weights === undefined)) return;
  throw new OptionError(`${name}: points have no weights here - got some`, "emd, w1, sliced and sinkhorn take weights");
}
