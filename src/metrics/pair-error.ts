import { defineMetric } from "./metric.ts";
import type { TranslationOptions } from "./option-types.ts";
import { againstTruth, meanAbsolute, translationOptions } from "./translations.ts";

/** Mean absolute difference of a translated image's numbers from those of the image that it should have become. */
export const pairError = defineMetric<"translations", typeof translationOptions, TranslationOptions>({
  name: "pair-error",
  summary: "mean absolute error of translated images",
  source: "the error itself",
  perfect: "0",
  better: "lower",
  needs: "translations",
  options: translationOptions,
  measure: (inputs) => againstTruth("pair-error", "of white", inputs, meanAbsolute),
});
