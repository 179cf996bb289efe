import { type NdArray, ndarray } from "../base/ndarray.ts";

/** Entries of a transport plan: mass moved from source to target. Masses add up to 1. */
export interface TransportPlan {
  /** Numbers of sources and targets. */
  readonly shape: readonly [n: number, m: number];
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly mass: Float64Array;
}

/**
 * Dual potentials: the increase of the cost per unit of mass added at a point. Together they prove the plan optimal.
 */
export interface Potentials {
  /** [n] */
  readonly source: Float64Array;
  /** [m] */
  readonly target: Float64Array;
}

/** The plan as a matrix, float64 [n, m]. */
export function densePlan({ shape, from, to, mass }: TransportPlan): NdArray<"float64"> {
  const out = new Float64Array(shape[0] * shape[1]);
  for (let e = 0; e < mass.length; e++) out[from[e]! * shape[1] + to[e]!]! += mass[e]!;
  return ndarray("float64", shape, out);
}

/** Row and column sums of the plan: mass taken from each source, [n], and brought to each target, [m]. */
export function marginalsOf({ shape, from, to, mass }: TransportPlan): [source: Float64Array, target: Float64Array] {
  const [source, target] = [new Float64Array(shape[0]), new Float64Array(shape[1])];
  for (let e = 0; e < mass.length; e++) {
    source[from[e]!]! += mass[e]!;
    target[to[e]!]! += mass[e]!;
  }
  return [source, target];
}

/** Sum over the plan of mass times cost, or of mass times `of(cost)`. @param costs [n, m] */
export function costOf(
  { shape, from, to, mass }: TransportPlan,
  costs: NdArray,
  of: (cost: number) => number = Number,
): number {
  let sum = 0;
  for (let e = 0; e < mass.length; e++) sum += mass[e]! * of(costs.data[from[e]! * shape[1] + to[e]!]!);
  return sum;
}
