import { monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";
import type { TranslationOptions } from "./option-types.ts";
import { imageByImage, meanAbsolute, translationOptions } from "./translations.ts";

/**
 * Sensitivity of the cycle reconstruction to imperceptible noise on the translated image (standard deviation 0.01 of
 * the range): the change of the reconstruction in multiples of the noise. About 1 or less if the generator reads the
 * visible content; far more if it hides the source image in faint patterns.
 * @source modelled on Chu et al., arXiv 1712.02950, section 4.
 */
export const hiddenInformation = defineMetric<"cycles", typeof translationOptions, TranslationOptions>({
  name: "hidden-information",
  summary: "sensitivity of the cycle to imperceptible noise",
  source: "modelled on Chu et al., arXiv 1712.02950",
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
