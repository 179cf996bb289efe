import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { type Key, fold, key, normal } from "../../src/base/random.ts";
import type { FeatureSets } from "../../src/metrics/index.ts";

/** Each number of [n, d] through a function of its value and column. */
export function mapped(x: NdArray, change: (value: number, column: number) => number): NdArray<"float64"> {
  const d = x.shape[1]!;
  return ndarray(
    "float64",
    x.shape,
    Float64Array.from(x.data, (value, at) => change(value, at % d)),
  );
}

/** Standard normal vectors, [n, d]. */
export function gaussian(of: Key, n: number, d: number): NdArray<"float64"> {
  return mapped(normal(of, [n, d]), (value) => value);
}

export function picked(x: NdArray, items: readonly number[]): NdArray<"float64"> {
  const d = x.shape[1]!;
  return ndarray(
    "float64",
    [items.length, d],
    Float64Array.from(items.flatMap((item) => [...x.data.subarray(item * d, (item + 1) * d)])),
  );
}

export function pair(seed: number, n: number, m: number, d: number): FeatureSets {
  const of = key(seed);
  return { generated: gaussian(fold(of, "a"), n, d), reference: gaussian(fold(of, "b"), m, d), key: of };
}

/** Standard deviation of numbers. */
export function spread(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
