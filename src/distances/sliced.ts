import { z } from "zod";
import { integerField } from "../base/options.ts";
import { slicedWasserstein } from "../transport/index.ts";
import { defineDistance, sizesOf } from "./distance.ts";
import type { SlicedOptions } from "./option-types.ts";

export const options = z.object({ projections: integerField("number of random directions", { min: 1 }).default(200) });

/**
 * Sliced Wasserstein distance: mean W1 of both point sets projected onto random directions, in the unit of the points.
 * @source Rabin, Peyre, Delon, Bernot, 2011; Bonneel et al., 2015.
 */
export const sliced = defineDistance<typeof options, SlicedOptions>({
  name: "sliced",
  summary: "sliced Wasserstein distance over random directions",
  source: "Rabin, Peyre, Delon, Bernot, 2011; Bonneel et al., 2015",
  unit: "distance",
  identical: "0 for equal sets; above 0 for two samples, decreasing like n^(-1/2) in any dimension",
  weighted: true,
  planned: false,
  options,
  work: (n, m) => n * Math.log2(n + 1) + m * Math.log2(m + 1),
  measure: (a, b, { projections }, { key }) => {
    const weights = { source: a.weights, target: b.weights };
    const { distance, stderr } = slicedWasserstein(a.points, b.points, projections, key, weights);
    return { value: distance, stderr, status: "estimate", n: sizesOf(a, b), details: {} };
  },
});
