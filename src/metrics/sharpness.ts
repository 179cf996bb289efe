import { DataError } from "../base/errors.ts";
import { type NdArray, formatShape } from "../base/ndarray.ts";
import { monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { sampleOptions } from "./sets.ts";

/**
 * Variance over pixels of the Laplacian (the four neighbours minus four times the pixel), averaged over images [n, h,
 * w, c] and channels: that of samples divided by that of real images.
 *
 * Limitations: noise is sharp, so a ratio above 1 means noise rather than quality; interpret it together with precision.
 * @throws DataError when all real images are constant, or images have fewer than 3 x 3 pixels.
 * @source Pech-Pacheco et al., ICPR 2000, "Diatom autofocusing in brightfield microscopy".
 */
export const sharpness = defineMetric<"samples", typeof sampleOptions, SampleOptions>({
  name: "sharpness",
  summary: "Laplacian variance of samples over that of real items",
  source: "Pech-Pacheco et al., ICPR 2000",
  perfect: "1; noise is above 1",
  better: null,
  needs: "samples",
  atEnd: true,
  options: sampleOptions,
  measure: ({ generated, reference }) => {
    const drawn = monteCarlo(laplacianVariances(generated));
    const real = monteCarlo(laplacianVariances(reference));
    if (real.mean === 0) throw new DataError("sharpness: the real images must not all be constant");
    const value = drawn.mean / real.mean;
    return {
      metric: "sharpness",
      value,
      stderr: Math.hypot(drawn.stderr, value * real.stderr) / real.mean,
      n: drawn.n,
      unit: "of real images",
      details: { ofSamples: drawn.mean, ofReal: real.mean },
    };
  },
});

/**
 * Laplacian variance of images [n, h, w, c]: [n], over the pixels with all four neighbours. @throws DataError for
 * images smaller than 3 x 3.
 */
export function laplacianVariances({ shape, data }: NdArray): Float64Array {
  const [n, h, w, c] = shape as [number, number, number, number];
  if (shape.length !== 4 || h < 3 || w < 3) {
    throw new DataError(`sharpness: needs images of at least 3 x 3 pixels - got ${formatShape(shape)}`);
  }
  const count = (h - 2) * (w - 2);
  return Float64Array.from({ length: n }, (_, image) => {
    let total = 0;
    for (let channel = 0; channel < c; channel++) {
      let [sum, squares] = [0, 0];
      for (let y = 1; y < h - 1; y++) {
        for (let x = 1; x < w - 1; x++) {
          const at = ((image * h + y) * w + x) * c + channel;
          const beside = data[at - c]! + data[at + c]!;
          const value = beside + data[at - w * c]! + data[at + w * c]! - 4 * data[at]!;
          sum += value;
          squares += value * value;
        }
      }
      total += squares / count - (sum / count) ** 2;
    }
    return total / c;
  });
}
