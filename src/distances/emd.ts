import { z } from "zod";
import { costMatrix, exactTransport } from "../transport/index.ts";
import { defineDistance, sizesOf } from "./distance.ts";
import { groundCostField } from "./ground.ts";
import type { EmdOptions } from "./option-types.ts";

export const options = z.object({ cost: groundCostField });

/** The least cost of turning one point set into the other, with the plan that does it. */
export const emd = defineDistance<typeof options, EmdOptions>({
  name: "emd",
  summary: "earth mover's distance, exact, with its transport plan",
  source: "Kantorovich, 1942; network simplex: Cunningham, Mathematical Programming 11, 1976",
  unit: "mean cost",
  identical: "0 for equal sets; above 0 for two samples, falling like n^(-1/d) in d dimensions: compare at equal n",
  weighted: true,
  planned: true,
  options,
  // Pivots, of which there are about n + m, look at a share of the pairs each.
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
