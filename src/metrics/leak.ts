import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { sampleOptions, share } from "./sets.ts";

/**
 * Fraction of samples that a classifier of transformations predicts as transformed, in [0, 1]: augmentations of the
 * real items that leaked into the generator. Real items score above 0 as well if some look the same after a
 * transformation; compare with the floor.
 * @source defined here; Karras et al., arXiv 2006.06676, section 2.2, on augmentations that leak.
 */
export const leak = defineMetric<"transforms", typeof sampleOptions, SampleOptions>({
  name: "leak",
  summary: "fraction of samples classified as transformed",
  source: "defined here; Karras et al., arXiv 2006.06676, section 2.2, on augmentations that leak",
  perfect: "the floor, the fraction of real test items classified as transformed",
  better: null,
  needs: "transforms",
  options: sampleOptions,
  measure: ({ predicted, names }) => {
    const n = predicted.length;
    const counts = names.map((_, k) => predicted.reduce((sum, each) => sum + Number(each === k), 0));
    return {
      metric: "leak",
      ...share(n - counts[0]!, n),
      n,
      unit: "share of samples",
      details: Object.fromEntries(names.map((name, k) => [`as ${name}`, counts[k]! / n])),
    };
  },
});
