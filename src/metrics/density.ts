import { monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";
import { neighbour } from "./neighbours.ts";
import { sampleOptions } from "./sets.ts";

/**
 * The mean number of balls of real items that a sample lies in, over the number that is expected of real ones. Its standard
 * error is over samples, with the balls as they are.
 *
 * Known to be odd: above 1 where samples crowd into the densest part of the data, which is no merit.
 * @source Naeem et al., arXiv 2002.09797, equation 4.
 */
export const density = defineMetric({
  name: "density",
  summary: "how many neighbourhoods of real items a sample lies in, against how many a real item would",
  source: "Naeem et al., arXiv 2002.09797, equation 4",
  perfect: "1 in expectation; more is a model that stays where the data are densest",
  needs: "neighbours",
  options: sampleOptions,
  measure: ({ realBalls }) => {
    const { mean, stderr, n } = monteCarlo(Float64Array.from(realBalls, (balls) => balls / neighbour));
    return { metric: "density", value: mean, stderr, n, unit: "of that of real items", details: { k: neighbour } };
  },
});
