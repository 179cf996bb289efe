import { choiceField, numberField } from "../base/options.ts";
import type { NdArray } from "../base/ndarray.ts";

export const groundCostField = choiceField("what it costs to move a mass from one point to another", [
  "euclidean",
  "squared",
  "manhattan",
]).default("euclidean");

export const epsilonField = numberField(
  "strength of the regularisation in the unit of the cost: small is close to the exact plan and slow (default: a twentieth of the mean cost)",
  { above: 0 },
).optional();

/** A twentieth of the mean cost: blurs little, and is reached in some hundred iterations. */
export function usualEpsilon(costs: NdArray<"float64">): number {
  const mean = costs.data.reduce((sum, cost) => sum + cost, 0) / costs.data.length;
  // Where nothing costs anything any strength gives the same.
  return mean > 0 ? mean / 20 : 1;
}
