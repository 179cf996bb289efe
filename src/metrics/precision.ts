import { shareAboveZero } from "./ball-share.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { neighbour } from "./neighbours.ts";
import { sampleOptions } from "./sets.ts";

/**
 * The share of samples that lie in the ball of some real item: how many look real.
 *
 * Known to be odd: one outlier among the real items has a large ball that can hold everything. Two equal sets have 1 only
 * while no item has as many equals as there are neighbours: a ball of radius 0 holds nothing.
 * @source Kynkaanniemi et al., arXiv 1904.06991, equation 1; with k = 5, as Naeem et al., arXiv 2002.09797.
 */
export const precision = defineMetric<"neighbours", typeof sampleOptions, SampleOptions>({
  name: "precision",
  summary: "fraction of samples in the neighbourhood of a real item",
  source: "Kynkaanniemi et al., arXiv 1904.06991, equation 1",
  perfect: "the floor; 1 for equal sets",
  better: "higher",
  needs: "neighbours",
  atEnd: true,
  options: sampleOptions,
  measure: (neighbours) => ({
    metric: "precision",
    ...shareAboveZero(neighbours, "realBalls"),
    unit: "share of samples",
    details: { k: neighbour },
  }),
});
