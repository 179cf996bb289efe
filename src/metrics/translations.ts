import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { type NdArray, formatShape } from "../base/ndarray.ts";
import { monteCarlo } from "../estimators/index.ts";
import type { MetricInputs } from "./metric.ts";
import { wayOption } from "./sets.ts";

/** Schema of `TranslationOptions`. */
export const translationOptions = z.object({ ...wayOption });

/**
 * Applies `distance` to each pair of images of two sets [n, h, w, c]: [n].
 * @throws DataError when the sets differ in shape or are empty.
 */
export function imageByImage(
  x: NdArray,
  y: NdArray,
  distance: (x: ArrayLike<number>, y: ArrayLike<number>) => number,
): Float64Array {
  const n = x.shape[0]!;
  if (x.shape.join() !== y.shape.join() || n === 0) {
    throw new DataError(
      `both sets of images must have the same shape - got ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
    );
  }
  const size = x.data.length / n;
  return Float64Array.from({ length: n }, (_, i) =>
    distance(x.data.subarray(i * size, (i + 1) * size), y.data.subarray(i * size, (i + 1) * size)),
  );
}

/** Mean of |x - y|. */
export function meanAbsolute(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.abs(x[i]! - y[i]!);
  return sum / x.length;
}

/** A metric of translated images against their targets, with the value of the untranslated source in the details. */
export function againstTruth(
  metric: string,
  unit: string,
  { source, made, truth }: MetricInputs["translations"],
  distance: (x: ArrayLike<number>, y: ArrayLike<number>) => number,
) {
  const { mean, stderr, n } = monteCarlo(imageByImage(made, truth, distance));
  const unchanged = monteCarlo(imageByImage(source, truth, distance)).mean;
  return { metric, value: mean, stderr, n, unit, details: { unchanged } };
}
