import { z } from "zod";
import { costMatrix, exactTransport } from "../transport/index.ts";
import { defineDistance, sizesOf } from "./distance.ts";
import { groundCostField } from "./ground.ts";
import type { EmdOptions } from "./option-types.ts";

export const options = z.object({ cost: groundCostField });

/**
 * Earth mover's distance: the lowest mean cost of transporting one point set [n, d] onto the other [m, d], with an
 * optimal plan. The unit is that of the ground cost.
 * @source Kantorovich, 1942; network simplex: Cunningham, Mathematical Programming 11, 1976.
 */
export const emd = defineDistance<typeof options, EmdOptions>({
  name: "emd",
  summary: "earth mover's distance, exact, with its transport plan",
  source: "Kantorovich, 1942; network simplex: Cunningham, Mathematical Programming 11, 1976",
  unit: "mean cost",
  identical: "0 for equal sets; above 0 for two samples, decreasing like n^(-1/d) in d dimensions: compare at equal n",
  weighted: true,
  planned: true,
  options,
  // About n + m pivots, each of which examines a fraction of the pairs.
  work: (n, m) => n * m * (n + m) ** 0.5,
  bytes: (n, m) => 8 * n * m,
  measure: (a, b, { cost }, { memory }) => {
    const costs = costMatrix(a.points, b.points, cost, memory);
    const found = exactTransport(costs, { source: a.weights, target: b.weights });
    const { plan, status, gap, pivots } = found;
    return {
      value: found.cost,
      stderr: Number.NaN,
      status,
      n: sizesOf(a, b),
      plan,
      details: { gap, pivots, entries: plan.mass.length },
    };
  },
});
