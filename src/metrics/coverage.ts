import { defineMetric } from "./metric.ts";
import { neighbour } from "./neighbours.ts";
import { sampleOptions, share } from "./sets.ts";

/**
 * The share of real items whose ball holds a sample: how much of the data the model draws. Its interval is that of a share
 * of the real items, with the balls as they are.
 *
 * Known to be odd: it can be 1 only by luck, as a ball of k neighbours stays empty with probability 2^-k even where both
 * sets come from one distribution in equal numbers; fewer samples than real items can cover less.
 * @source Naeem et al., arXiv 2002.09797, equation 5.
 */
export const coverage = defineMetric({
  name: "coverage",
  summary: "share of real items with a sample in their neighbourhood: how much of the data the model draws",
  source: "Naeem et al., arXiv 2002.09797, equation 5",
  perfect: `${1 - 2 ** -neighbour} in expectation for as many samples as real items; 1 for equal sets`,
  needs: "neighbours",
  options: sampleOptions,
  measure: ({ covered }) => {
    const n = covered.length;
    const hits = covered.filter((hit) => hit === 1).length;
    return { metric: "coverage", ...share(hits, n), n, unit: "share of real items", details: { k: neighbour } };
  },
});
