import { z } from "zod";
import { type Sinkhorn, costMatrix, sinkhorn as transport } from "../transport/index.ts";
import { type DistanceResult, type Side, defineDistance, sizesOf } from "./distance.ts";
import { epsilonField, groundCostField, defaultEpsilon } from "./ground.ts";
import type { SinkhornOptions } from "./option-types.ts";

export const options = z.object({ cost: groundCostField, epsilon: epsilonField });

/**
 * Mean cost of the entropically regularised transport plan, in the unit of the ground cost.
 * @source Cuturi, arXiv 1306.0895.
 */
export const sinkhorn = defineDistance<typeof options, SinkhornOptions>({
  name: "sinkhorn",
  summary: "mean cost of the entropically regularised plan",
  source: "Cuturi, arXiv 1306.0895",
  unit: "mean cost",
  identical: "above 0 even for equal sets, more so for larger epsilon",
  weighted: true,
  planned: true,
  options,
  work: (n, m) => n * m,
  bytes: (n, m) => 16 * n * m,
  measure: (a, b, { cost, epsilon: given }, { memory }) => {
    const costs = costMatrix(a.points, b.points, cost, memory);
    const epsilon = given ?? defaultEpsilon(costs, a, b);
    const found = transport(costs, { epsilon, ...weightsOf(a, b) });
    return { ...reportOf(found, sizesOf(a, b), epsilon), value: found.cost, plan: found.plan };
  },
});

export function weightsOf(a: Side, b: Side) {
  return { source: a.weights, target: b.weights };
}

/** The result without its value. */
export function reportOf(
  { converged, regularised, marginalError, iterations }: Sinkhorn,
  n: readonly [number, number],
  epsilon: number,
): Omit<DistanceResult, "value"> {
  return {
    stderr: Number.NaN,
    status: converged ? "converged" : "not converged",
    n,
    details: { epsilon, regularised, marginalError, iterations },
  };
}
