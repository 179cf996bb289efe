import { z } from "zod";
import { costMatrix, debiased, selfSinkhorn, sinkhorn } from "../transport/index.ts";
import { type Side, defineDistance, sizesOf } from "./distance.ts";
import { epsilonField, groundCostField, defaultEpsilon } from "./ground.ts";
import { reportOf, weightsOf } from "./sinkhorn.ts";
import type { SinkhornDivergenceOptions } from "./option-types.ts";

export const options = z.object({ cost: groundCostField, epsilon: epsilonField });

/**
 * Sinkhorn divergence: the entropically regularised cost minus half of each side's cost to itself, so that it is 0 for
 * equal sets.
 * @source Feydy et al., arXiv 1810.08278.
 */
export const sinkhornDivergence = defineDistance<typeof options, SinkhornDivergenceOptions>({
  name: "sinkhorn-divergence",
  summary: "Sinkhorn cost without its bias: 0 for equal sets",
  source: "Feydy et al., arXiv 1810.08278",
  unit: "mean cost",
  identical: "0 for equal sets; above 0 for two samples, decreasing with n, faster for larger epsilon",
  weighted: true,
  planned: false,
  options,
  work: (n, m) => n * m + n ** 2 + m ** 2,
  // At most the costs and the plan of the larger side with itself are held at a time.
  bytes: (n, m) => 16 * Math.max(n, m) ** 2,
  measure: (a, b, { cost, epsilon: given }, { memory }) => {
    const costs = costMatrix(a.points, b.points, cost, memory);
    const epsilon = given ?? defaultEpsilon(costs, a, b);
    const between = sinkhorn(costs, { epsilon, ...weightsOf(a, b) });
    const own = ({ points, weights }: Side) =>
      selfSinkhorn(costMatrix(points, points, cost, memory), weights, { epsilon });
    const within = [own(a), own(b)] as const;
    const converged = [between, ...within].every((each) => each.converged);
    return { ...reportOf({ ...between, converged }, sizesOf(a, b), epsilon), value: debiased(between, within) };
  },
});
