import { defineMetric } from "./metric.ts";
import type { TranslationOptions } from "./option-types.ts";
import { againstTruth, meanAbsolute, translationOptions } from "./translations.ts";

/**
 * Mean absolute difference between a translated image and its true target, both in [0, 1].
 * @source defined here.
 */
export const pairError = defineMetric<"translations", typeof translationOptions, TranslationOptions>({
  name: "pair-error",
  summary: "mean absolute error of translated images",
  source: "defined here",
  perfect: "0",
  better: "lower",
  needs: "translations",
  options: translationOptions,
  measure: (inputs) => againstTruth("pair-error", "of white", inputs, meanAbsolute),
});
