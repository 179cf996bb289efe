import { defineMetric } from "./metric.ts";
import type { TranslationOptions } from "./option-types.ts";
import { share } from "./sets.ts";
import { translationOptions } from "./translations.ts";

/**
 * Fraction of translated images whose predicted class in the target domain is the class of their source image, in [0,
 * 1].
 * @source defined here.
 */
export const classConsistency = defineMetric<"translatedClasses", typeof translationOptions, TranslationOptions>({
  name: "class-consistency",
  summary: "fraction of translated images that keep their class",
  source: "defined here",
  perfect: "the classifier's accuracy on the targets",
  better: "higher",
  needs: "translatedClasses",
  options: translationOptions,
  measure: ({ predicted, predictedOfTruth, labels }) => {
    const hits = (of: Int32Array) => of.filter((label, i) => label === labels[i]).length;
    const n = labels.length;
    return {
      metric: "class-consistency",
      ...share(hits(predicted), n),
      n,
      unit: "share of images",
      details: predictedOfTruth === null ? {} : { ofTruth: hits(predictedOfTruth) / n },
    };
  },
});
