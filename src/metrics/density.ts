import { jackknifed } from "./ball-share.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { neighbour } from "./neighbours.ts";
import { sampleOptions } from "./sets.ts";

/**
 * Mean number of balls of real items that contain a sample, divided by its expectation for real items: 0 or more, 1
 * expected for a perfect model.
 *
 * Limitations: above 1 if samples concentrate in the densest part of the data, which is not an improvement.
 * @source Naeem et al., arXiv 2002.09797, equation 4.
 */
export const density = defineMetric<"neighbours", typeof sampleOptions, SampleOptions>({
  name: "density",
  summary: "density of samples in real neighbourhoods (real items: 1)",
  source: "Naeem et al., arXiv 2002.09797, equation 4",
  perfect: "1 in expectation; above 1 for a model that concentrates where the data are densest",
  better: null,
  needs: "neighbours",
  options: sampleOptions,
  measure: (neighbours) => ({
    metric: "density",
    ...jackknifed(neighbours, ({ realBalls }) => {
      const total = realBalls.reduce((sum, balls) => sum + balls, 0);
      return total / (neighbour * realBalls.length);
    }),
    n: neighbours.realBalls.length,
    unit: "of that of real items",
    details: { k: neighbour },
  }),
});
