import { shareAboveZero } from "./ball-share.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { neighbour } from "./neighbours.ts";
import { sampleOptions } from "./sets.ts";

/**
 * Fraction of samples in the ball of at least one real item, in [0, 1]: how many samples look real.
 *
 * Limitations: a single outlier among the real items has a large ball that can contain everything. Two equal sets score
 * 1 only if no item has `neighbour` or more duplicates, because a ball of radius 0 contains nothing.
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
