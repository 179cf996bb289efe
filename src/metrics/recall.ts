import { shareAboveZero } from "./ball-share.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { neighbour } from "./neighbours.ts";
import { sampleOptions } from "./sets.ts";

/**
 * Fraction of real items in the ball of at least one sample, in [0, 1]: how much of the data is reached.
 *
 * Limitations: samples far from the data have large balls, which can contain data that the model never draws.
 * @source Kynkaanniemi et al., arXiv 1904.06991, equation 2; with k = 5, as Naeem et al., arXiv 2002.09797.
 */
export const recall = defineMetric<"neighbours", typeof sampleOptions, SampleOptions>({
  name: "recall",
  summary: "fraction of real items in the neighbourhood of a sample",
  source: "Kynkaanniemi et al., arXiv 1904.06991, equation 2",
  perfect: "the floor; 1 for equal sets",
  better: "higher",
  needs: "neighbours",
  options: sampleOptions,
  measure: (neighbours) => ({
    metric: "recall",
    ...shareAboveZero(neighbours, "drawnBalls"),
    unit: "share of real items",
    details: { k: neighbour },
  }),
});
