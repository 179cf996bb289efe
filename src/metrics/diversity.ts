import { DataError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { requireAlike, requireCount, sampleOptions } from "./sets.ts";

/**
 * Mean Euclidean distance between two samples, divided by that between two real items, in feature space (in pixels,
 * without a feature net). Each item is in one pair only, so the distances are independent.
 *
 * Limitations: it detects complete collapse and little else. A model that generates two of ten classes still has
 * nine tenths of the distance, and noise exceeds that of the data.
 * @throws DataError when all real items are equal, or the features of the sets differ in number.
 * @source mean pairwise distance, as in Srivastava et al., arXiv 1705.07761.
 */
export const diversity = defineMetric<"vectors", typeof sampleOptions, SampleOptions>({
  name: "diversity",
  summary: "distance between samples over that of real items",
  source: "mean pairwise distance, as in Srivastava et al., arXiv 1705.07761",
  perfect: "1; 0 if all samples are equal",
  better: null,
  needs: "vectors",
  atEnd: true,
  options: sampleOptions,
  measure: (sets) => {
    requireAlike(sets, "diversity");
    requireCount(sets, 4, "diversity");
    const drawn = monteCarlo(pairDistances(sets.generated));
    const real = monteCarlo(pairDistances(sets.reference));
    if (real.mean === 0) throw new DataError("diversity: the real items must differ, but all of them are equal");
    const value = drawn.mean / real.mean;
    return {
      metric: "diversity",
      value,
      stderr: Math.hypot(drawn.stderr, value * real.stderr) / real.mean,
      n: sets.generated.shape[0]!,
      unit: "of real items",
      details: { ofSamples: drawn.mean, ofReal: real.mean },
    };
  },
});

/** Distances between rows 0 and 1, 2 and 3, and so on, of [n, d]: [n / 2]. */
export function pairDistances({ shape, data }: NdArray): Float64Array {
  const [n, d] = shape as [number, number];
  return Float64Array.from({ length: Math.floor(n / 2) }, (_, pair) => {
    const at = 2 * pair * d;
    let sum = 0;
    for (let j = at; j < at + d; j++) sum += (data[j]! - data[j + d]!) ** 2;
    return Math.sqrt(sum);
  });
}
