import { filled } from "../base/filled.ts";
import type { NdArray } from "../base/ndarray.ts";

/** A feature as ranks of its distinct values; a tree splits between two neighbouring ranks. */
export interface RankedFeature {
  /** The distinct values, ascending. */
  readonly values: Float64Array;
  /** For each item, the index of its value in `values`, [n]. */
  readonly ranks: Int32Array;
}

/** Ranks of each column of [n, d]. */
export function rankFeatures({ shape, data }: NdArray): RankedFeature[] {
  const [n, d] = shape as [number, number];
  return Array.from({ length: d }, (_, j) => rankFeature(filled(new Float64Array(n), (i) => data[i * d + j]!)));
}

function rankFeature(column: Float64Array): RankedFeature {
  const order = filled(new Int32Array(column.length), (i) => i).sort((a, b) => column[a]! - column[b]!);
  const ranks = new Int32Array(column.length);
  const values: number[] = [];
  for (const item of order) {
    if (values.length === 0 || column[item]! > values.at(-1)!) values.push(column[item]!);
    ranks[item] = values.length - 1;
  }
  return { values: Float64Array.from(values), ranks };
}
