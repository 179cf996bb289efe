import { monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";
import type { TranslationOptions } from "./option-types.ts";
import { imageByImage, meanAbsolute, translationOptions } from "./translations.ts";

/**
 * Mean absolute difference between an image in [0, 1] and its reconstruction after a full cycle of translations.
 *
 * Limitations: it does not depend on how realistic the translated image is; generators that return their input have error 0.
 * @source Zhu et al., arXiv 1703.10593, equation 2.
 */
export const cycleError = defineMetric<"cycles", typeof translationOptions, TranslationOptions>({
  name: "cycle-error",
  summary: "mean absolute error of the cycle reconstruction",
  source: "Zhu et al., arXiv 1703.10593, equation 2",
  perfect: "0 if the domains hold the same information; more if one of them holds less",
  better: "lower",
  needs: "cycles",
  options: translationOptions,
  measure: ({ source, back }) => {
    const { mean, stderr, n } = monteCarlo(imageByImage(source, back, meanAbsolute));
    return { metric: "cycle-error", value: mean, stderr, n, unit: "of white", details: {} };
  },
});
