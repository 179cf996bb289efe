import { filled } from "../base/filled.ts";
import { type NdArray, ndarray } from "../base/ndarray.ts";
import { range } from "../base/range.ts";
import type { TransportPlan } from "./plan.ts";

/** Indices of the points with positive weight on each side; null if all are. */
export interface Support {
  readonly rows: Int32Array | null;
  readonly columns: Int32Array | null;
}

/** Indices of the positive weights [n]; null if all are positive, or none are given. */
export function supportOf(weights: ArrayLike<number> | undefined): Int32Array | null {
  if (weights === undefined) return null;
  const places = range(0, weights.length).filter((i) => weights[i]! > 0);
  return places.length === weights.length ? null : places;
}

/** The values [n] at these indices; all of them for null. */
export function chosen<T extends ArrayLike<number> | undefined>(
  values: T,
  places: Int32Array | null,
): T | Float64Array {
  return values === undefined || places === null
    ? values
    : filled(new Float64Array(places.length), (i) => values[places[i]!]!);
}

/** The costs [n, m] between points of the support; unchanged if that is all of them. */
export function costsOn(costs: NdArray<"float64">, { rows, columns }: Support): NdArray<"float64"> {
  if (rows === null && columns === null) return costs;
  const m = costs.shape[1]!;
  const kept = rows ?? range(0, costs.shape[0]!);
  const across = columns ?? range(0, m);
  const data = new Float64Array(kept.length * across.length);
  let at = 0;
  for (const row of kept) for (const column of across) data[at++] = costs.data[row * m + column]!;
  return ndarray("float64", [kept.length, across.length], data);
}

/** Extends a plan between points of the support to all points. */
export function planOnAll(
  plan: TransportPlan,
  shape: readonly [n: number, m: number],
  { rows, columns }: Support,
): TransportPlan {
  const at = (indices: Int32Array, places: Int32Array | null) =>
    places === null ? indices : indices.map((index) => places[index]!);
  return { shape, from: at(plan.from, rows), to: at(plan.to, columns), mass: plan.mass };
}

/** Extends a matrix over the support to all points, [n, m], with 0 elsewhere. */
export function matrixOnAll(
  matrix: NdArray<"float64">,
  shape: readonly [n: number, m: number],
  { rows, columns }: Support,
): NdArray<"float64"> {
  if (rows === null && columns === null) return matrix;
  const [n, m] = matrix.shape as [number, number];
  const out = new Float64Array(shape[0] * shape[1]);
  for (let i = 0, e = 0; i < n; i++) {
    const row = (rows?.[i] ?? i) * shape[1];
    for (let j = 0; j < m; j++, e++) out[row + (columns?.[j] ?? j)] = matrix.data[e]!;
  }
  return ndarray("float64", shape, out);
}
