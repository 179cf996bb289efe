import { jackknifed } from "./ball-share.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { neighbour } from "./neighbours.ts";
import { sampleOptions } from "./sets.ts";

/**
 * The mean number of balls of real items that a sample lies in, over the number that is expected of real ones.
 *
 * Known to be odd: above 1 where samples crowd into the densest part of the data, which is no merit.
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
