import { z } from "zod";
import { filled } from "../base/filled.ts";
import { DataError } from "../base/errors.ts";
import { type NdArray, formatShape, ndarray, zeros } from "../base/ndarray.ts";
import { integerField } from "../base/options.ts";
import type { Key } from "../base/random.ts";

/** Codes of items with known factors. Items are in random order, so a prefix is a random subset. */
export interface FactorCodes {
  /** Posterior means, [n, d]. */
  readonly codes: NdArray;
  /** Values of the factors, nonnegative integers: [n, f]. Each factor takes at least two values. */
  readonly values: NdArray<"int32">;
  readonly names: readonly string[];
  /** Number of values of each factor. */
  readonly sizes: readonly number[];
  /** Key of the random draws of the metric. */
  readonly key: Key;
}

/** Schema of `FactorOptions`. */
export const factorOptions = z.object({
  points: integerField("training points of the metric's own classifier, which is tested on half as many", {
    min: 10,
  }).default(10_000),
});

/** Number of items used by a metric with so many points: training and test. */
export function itemsFor(points: number): number {
  return points + Math.ceil(points / 2);
}

/**
 * Codes with their factors, except factors that are constant among these items, for which no score is defined.
 * Codes with several axes are flattened.
 * @throws DataError when no factor varies, the arrays do not fit together, or a code is not finite.
 */
export function factorCodes({ codes, values, names, sizes, key }: FactorCodes): FactorCodes {
  const [n, f] = values.shape as [number, number];
  if (codes.shape[0] !== n || names.length !== f || sizes.length !== f) {
    throw new DataError(
      `codes and values must be of the same items and factors - got ${formatShape(codes.shape)} and ${formatShape(values.shape)} for ${names.length} names`,
    );
  }
  if (codes.data.some((code) => !Number.isFinite(code))) throw new DataError("codes must be finite numbers");
  const kept = Array.from({ length: f }, (_, k) => k).filter((k) => {
    for (let i = 1; i < n; i++) if (values.data[i * f + k] !== values.data[k]) return true;
    return false;
  });
  if (kept.length === 0) throw new DataError(`at least one factor must vary - got ${n} items with equal factors`);
  const varying = zeros([n, kept.length], "int32");
  for (let i = 0; i < n; i++) kept.forEach((k, j) => (varying.data[i * kept.length + j] = values.data[i * f + k]!));
  return {
    codes: ndarray(codes.dtype, [n, n === 0 ? 0 : codes.data.length / n], codes.data),
    values: varying,
    names: kept.map((k) => names[k]!),
    sizes: kept.map((k) => sizes[k]!),
    key,
  };
}

/** Numbers of training and test items: two to one if there are too few. */
export function parted(n: number, points: number): { readonly train: number; readonly test: number } {
  const train = Math.min(points, Math.max(1, Math.floor((2 * n) / 3)));
  return { train, test: Math.min(n - train, itemsFor(points) - points) };
}

/** One column of [n, d], rows `start` to `stop`. */
export function columnOf({ shape, data }: NdArray, column: number, start: number, stop: number): Float64Array {
  const width = shape[1]!;
  return filled(new Float64Array(stop - start), (i) => data[(start + i) * width + column]!);
}

/** Values of one factor for items `start` to `stop`. */
export function valuesOf({ shape, data }: NdArray<"int32">, factor: number, start: number, stop: number): Int32Array {
  const width = shape[1]!;
  return filled(new Int32Array(stop - start), (i) => data[(start + i) * width + factor]!);
}

/** `{ gapShape: 0.2, gapX: 0.3 }`: a number, or several, per factor, as details of a result. */
export function byFactor<Value extends number | readonly number[]>(
  what: string,
  names: readonly string[],
  numbers: ArrayLike<Value>,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(names.map((name, k) => [`${what}${name[0]!.toUpperCase()}${name.slice(1)}`, numbers[k]!]));
}

/** @throws DataError for codes with a single dimension: there is no gap between the best two. */
export function requireTwoCodes({ codes }: FactorCodes, metric: string): void {
  if (codes.shape[1]! >= 2) return;
  throw new DataError(
    `${metric}: codes must have at least 2 numbers - got ${codes.shape[1]}`,
    "train with a larger --latent",
  );
}
