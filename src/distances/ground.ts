import { choiceField, numberField } from "../base/options.ts";
import type { NdArray } from "../base/ndarray.ts";
import { sharesOf } from "../base/shares.ts";
import type { Side } from "./distance.ts";

export const groundCostField = choiceField("ground cost of moving mass between two points", [
  "euclidean",
  "squared",
  "manhattan",
]).default("euclidean");

export const epsilonField = numberField(
  "entropic regularisation in units of the cost; smaller is closer to the exact plan and slower (default: a twentieth of the mean cost)",
  { above: 0 },
).optional();

/**
 * Default epsilon: a twentieth of the weighted mean cost over all pairs, which blurs the plan little and converges within
 * a few hundred iterations.
 */
export function defaultEpsilon({ shape, data }: NdArray<"float64">, a: Side, b: Side): number {
  const mean = a.weights === undefined && b.weights === undefined ? plainMean(data) : weightedMean(shape, data, a, b);
  // If all costs are 0, any epsilon gives the same plan.
  return mean > 0 ? mean / 20 : 1;
}

function plainMean(costs: Float64Array): number {
  return costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
}

function weightedMean(shape: readonly number[], costs: Float64Array, a: Side, b: Side): number {
  const [n, m] = shape as [number, number];
  const [left, right] = [a.weights, b.weights].map((weights) => weights && sharesOf(weights, "sinkhorn"));
  let mean = 0;
  for (let i = 0, e = 0; i < n; i++) {
    let row = 0;
    for (let j = 0; j < m; j++, e++) row += costs[e]! * (right?.[j] ?? 1 / m);
    mean += row * (left?.[i] ?? 1 / n);
  }
  return mean;
}
