import { filled } from "../base/filled.ts";
import { DataError } from "../base/errors.ts";
import { formatShape } from "../base/ndarray.ts";
import { defineMetric } from "./metric.ts";
import type { TranslationOptions } from "./option-types.ts";
import { againstTruth, translationOptions } from "./translations.ts";

/** Side of the window, and standard deviation of its Gaussian weights, in pixels. */
const [side, deviation] = [11, 1.5];
/** Constants that keep the ratios finite where images are flat: (0.01 L)^2 and (0.03 L)^2 for the range L = 1. */
const [steadyMean, steadyVariance] = [0.01 ** 2, 0.03 ** 2];

/**
 * Structural similarity of translated images in [0, 1] and their true targets, at most 1: local means, contrasts and
 * correlation under an 11 x 11 Gaussian window inside the image, averaged over positions and channels.
 * @throws DataError for images with fewer than 11 pixels along a side.
 * @source Wang et al., TIP 2004, equation 13, "Image quality assessment: from error visibility to structural
 * similarity".
 */
export const ssim = defineMetric<"translations", typeof translationOptions, TranslationOptions>({
  name: "ssim",
  summary: "structural similarity of translated and target images",
  source: "Wang et al., TIP 2004, equation 13",
  perfect: "1",
  better: "higher",
  needs: "translations",
  options: translationOptions,
  measure: (inputs) => {
    const [, height, width, channels] = inputs.truth.shape as [number, number, number, number];
    if (Math.min(height, width) < side) {
      throw new DataError(
        `ssim: needs images of at least ${side} pixels per side - got ${formatShape(inputs.truth.shape)}`,
      );
    }
    return againstTruth("ssim", "of 1", inputs, (x, y) => similarity(x, y, height, width, channels));
  },
});

const window = filled(new Float64Array(side), (i) => Math.exp(-((i - (side - 1) / 2) ** 2) / (2 * deviation ** 2)));
const weights = window.map((weight) => weight / window.reduce((sum, each) => sum + each, 0));

/** Similarity of two images [h, w, c] with values in [0, 1]. */
function similarity(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  height: number,
  width: number,
  channels: number,
): number {
  const smooth = (value: (at: number) => number) => weighted(value, height, width, channels);
  const [meanX, meanY] = [smooth((at) => x[at]!), smooth((at) => y[at]!)];
  const squareX = smooth((at) => x[at]! ** 2);
  const squareY = smooth((at) => y[at]! ** 2);
  const product = smooth((at) => x[at]! * y[at]!);
  let sum = 0;
  for (let i = 0; i < product.length; i++) {
    const [mx, my] = [meanX[i]!, meanY[i]!];
    const means = (2 * mx * my + steadyMean) / (mx * mx + my * my + steadyMean);
    const spread = squareX[i]! - mx * mx + (squareY[i]! - my * my);
    sum += (means * (2 * (product[i]! - mx * my) + steadyVariance)) / (spread + steadyVariance);
  }
  return sum / product.length;
}

/** Local weighted means of an image [h, w, c], separably along both axes: [h - 10, w - 10, c]. */
function weighted(value: (at: number) => number, height: number, width: number, channels: number): Float64Array {
  const [tall, wide] = [height - side + 1, width - side + 1];
  const across = new Float64Array(height * wide * channels);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < wide * channels; i++) {
      let sum = 0;
      for (let k = 0; k < side; k++) sum += weights[k]! * value(y * width * channels + i + k * channels);
      across[y * wide * channels + i] = sum;
    }
  }
  const row = wide * channels;
  return filled(new Float64Array(tall * row), (i) => {
    let sum = 0;
    for (let k = 0; k < side; k++) sum += weights[k]! * across[i + k * row]!;
    return sum;
  });
}
