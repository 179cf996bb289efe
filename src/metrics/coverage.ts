import { shareAboveZero } from "./ball-share.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { neighbour } from "./neighbours.ts";
import { sampleOptions } from "./sets.ts";

/**
 * Fraction of real items with a sample in their ball, in [0, 1]: how much of the data the model covers. Balls reach to
 * the `neighbour`-th nearest real item, in feature space.
 *
 * Limitations: a ball stays empty with probability 2^-k even if both sets come from the same distribution in equal
 * numbers, so 1 is not expected; fewer samples than real items cover less.
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
