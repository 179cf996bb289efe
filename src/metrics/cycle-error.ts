import { monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";
import type { TranslationOptions } from "./option-types.ts";
import { imageByImage, meanAbsolute, translationOptions } from "./translations.ts";

/**
 * Mean absolute difference between an image and what it comes back as after the way there and back.
 *
 * Known to be odd: it says nothing of the image in between, and a pair of generators that leave everything alone has none.
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
