import { filled } from "../base/filled.ts";
import type { NdArray } from "../base/ndarray.ts";

/** Bins of a feature at most; more distinct values than that share bins of about equal counts. */
export const maxBins = 255;

/** A feature whose values are put into bins, in rising order. */
export interface BinnedFeature {
  /** The bin of each item, [n]. */
  readonly bins: Uint8Array;
  /** The smallest and the largest value in each bin. */
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** The columns of [n, d]. */
export function binFeatures({ shape, data }: NdArray): BinnedFeature[] {
  const [n, d] = shape as [number, number];
  return Array.from({ length: d }, (_, j) => binFeature(filled(new Float64Array(n), (i) => data[i * d + j]!)));
}

function binFeature(values: Float64Array): BinnedFeature {
  const n = values.length;
  const order = filled(new Int32Array(values.length), (i) => i).sort((a, b) => values[a]! - values[b]!);
  const sorted = values.toSorted();
  const distinct = sorted.reduce((count, value, i) => count + Number(i === 0 || value > sorted[i - 1]!), 0);
  const share = distinct <= maxBins ? 0 : n / maxBins;
  const bins = new Uint8Array(n);
  const [low, high]: [number[], number[]] = [[], []];
  for (let i = 0, began = 0; i < n; i++) {
    const value = sorted[i]!;
    const fresh = i === 0 || value > sorted[i - 1]!;
    if (fresh && (i === 0 || (i >= share * low.length && i > began))) {
      began = i;
      low.push(value);
    }
    high[low.length - 1] = value;
    bins[order[i]!] = low.length - 1;
  }
  return { bins, low: Float64Array.from(low), high: Float64Array.from(high) };
}
