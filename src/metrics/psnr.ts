import { defineMetric } from "./metric.ts";
import type { TranslationOptions } from "./option-types.ts";
import { againstTruth, translationOptions } from "./translations.ts";

/** Mean squared error of rounding to 256 levels; closer images are equal as files. */
const rounding = 1 / 255 ** 2 / 12;

/**
 * Peak signal-to-noise ratio of translated images in [0, 1] against their true targets, 10 log10(1 / mean squared
 * error) in dB, averaged over images. Errors smaller than those of 8-bit rounding count as equal to them, which limits the
 * value to 58.92 dB.
 * @source standard definition, with a peak of 1.
 */
export const psnr = defineMetric<"translations", typeof translationOptions, TranslationOptions>({
  name: "psnr",
  summary: "peak signal-to-noise ratio of translated images, in dB",
  source: "standard definition, with a peak of 1",
  perfect: "58.92, limited by 8-bit rounding",
  better: "higher",
  needs: "translations",
  options: translationOptions,
  measure: (inputs) => againstTruth("psnr", "dB", inputs, decibels),
});

function decibels(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - y[i]!) ** 2;
  return -10 * Math.log10(Math.max(rounding, sum / x.length));
}
