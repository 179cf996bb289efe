import { monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";
import type { TranslationOptions } from "./option-types.ts";
import { imageByImage, meanAbsolute, translationOptions } from "./translations.ts";

/**
 * How much worse the way back gets when the translated image is disturbed by noise too small to be seen (its deviation a
 * hundredth of white): the change of what comes back, in multiples of the noise. A generator that reads what is to be seen
 * in the image hands small noise on, at about 1 or below; one that hides the original in faint patterns loses it.
 * @source In the manner of Chu et al., arXiv 1712.02950, section 4.
 */
export const hiddenInformation = defineMetric<"cycles", typeof translationOptions, TranslationOptions>({
  name: "hidden-information",
  summary: "sensitivity of the cycle to imperceptible noise",
  source: "in the manner of Chu et al., arXiv 1712.02950",
  perfect: "about 1 or below; far above 1, the reconstruction relies on imperceptible patterns",
  better: "lower",
  needs: "cycles",
  options: translationOptions,
  measure: ({ source, made, back, disturbed, backOfDisturbed }) => {
    const noise = monteCarlo(imageByImage(made, disturbed, meanAbsolute)).mean;
    const changes = imageByImage(back, backOfDisturbed, meanAbsolute).map((change) => change / noise);
    const { mean, stderr, n } = monteCarlo(changes);
    const errorWith = monteCarlo(imageByImage(source, backOfDisturbed, meanAbsolute)).mean;
    const errorWithout = monteCarlo(imageByImage(source, back, meanAbsolute)).mean;
    return {
      metric: "hidden-information",
      value: mean,
      stderr,
      n,
      unit: "of the noise",
      details: { errorWith, errorWithout },
    };
  },
});
