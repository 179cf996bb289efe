import { shareAboveZero } from "./ball-share.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { neighbour } from "./neighbours.ts";
import { sampleOptions } from "./sets.ts";

/**
 * The share of real items whose ball holds a sample: how much of the data the model draws.
 *
 * Known to be odd: it can be 1 only by luck, as a ball of k neighbours stays empty with probability 2^-k even where both
 * sets come from one distribution in equal numbers; fewer samples than real items can cover less.
 * @source Naeem et al., arXiv 2002.09797, equation 5.
 */
export const coverage = defineMetric<"neighbours", typeof sampleOptions, SampleOptions>({
  name: "coverage",
  summary: "fraction of real items with a sample near them",
  source: "Naeem et al., arXiv 2002.09797, equation 5",
  perfect: `${1 - 2 ** -neighbour} in expectation for as many samples as real items; 1 for equal sets`,
  better: "higher",
  needs: "neighbours",
  atEnd: true,
  options: sampleOptions,
  measure: (neighbours) => ({
    metric: "coverage",
    ...shareAboveZero(neighbours, "drawnInside"),
    unit: "share of real items",
    details: { k: neighbour },
  }),
});
