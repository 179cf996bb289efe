import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { type NdArray, rows, toFloat64 } from "../base/ndarray.ts";
import { symmetricEigen } from "../numeric/symmetric-eigen.ts";
import { maxOf } from "../base/many.ts";
import { addValues, emptyMean, varianceOf } from "../estimators/index.ts";
import { z95 } from "./interval.ts";
import { defineMetric } from "./metric.ts";
import type { FidOptions } from "./option-types.ts";
import { type Moments, momentsOf, productWithTransposed } from "../numeric/moments.ts";
import { requireAlike, requireCount, sampleOptions } from "./sets.ts";

/** Number of items whose influence on the distance is computed for its standard error. */
const maxInfluences = 2000;

export const options = sampleOptions.extend({
  forceFid: z
    .boolean()
    .default(false)
    .meta({ description: "compute FID even if there are no more items than features" }),
});

/**
 * FID: squared Frechet distance between normal distributions with the means and covariances of both sets of features
 * [n, d] and [m, d]: |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). The trace of the root is computed from the
 * eigenvalues of C2^(1/2) C1 C2^(1/2). The standard error is first-order, from the influence of each item.
 *
 * Limitations: biased upwards by about 1 / n, and the bias differs between models: compare values at equal n, next to
 * the floor. With no more items than features the covariance is singular; this is refused unless forced. Only means and
 * covariances count, so different distributions can have distance 0.
 * @throws DataError for no more items than features, unless `forceFid` is set, and when the sets differ in the number
 * of features.
 * @source Heusel et al., arXiv 1706.08500, equation 6.
 */
export const fid = defineMetric<"features", typeof options, FidOptions>({
  name: "fid",
  summary: "Frechet distance between sample and real features",
  source: "Heusel et al., arXiv 1706.08500, equation 6",
  perfect: "0 for infinitely many items; the floor for a finite sample",
  better: "lower",
  needs: "features",
  options,
  measure: (sets, { forceFid }) => {
    const d = requireAlike(sets, "fid");
    requireCount(sets, 2, "fid");
    const [n, m] = [sets.generated.shape[0]!, sets.reference.shape[0]!];
    if (Math.min(n, m) <= d && !forceFid) {
      throw new DataError(
        `fid: needs more items than features, ${d} - got ${n} samples and ${m} real items`,
        "use kid, which needs fewer, or more items; --force-fid computes an unreliable value",
      );
    }
    const { value, stderr, meanTerm } = frechet(sets.generated, sets.reference);
    const interval = [Math.max(0, value - z95 * stderr), value + z95 * stderr] as const;
    return {
      metric: "fid",
      value,
      stderr,
      interval,
      n,
      unit: "squared distance",
      details: { meanTerm, covarianceTerm: value - meanTerm },
    };
  },
});

/** Squared Frechet distance between vectors [n, d] and [m, d], and its standard error over the items of both. */
export function frechet(
  generated: NdArray,
  reference: NdArray,
): { readonly value: number; readonly stderr: number; readonly meanTerm: number } {
  const [a, b] = [momentsOf(generated), momentsOf(reference)];
  const { d } = a;
  const shift = a.mean.map((value, j) => value - b.mean[j]!);
  const meanTerm = shift.reduce((sum, value) => sum + value * value, 0);
  const { root, inverse, rank } = rootOf(b);
  // C1 between two roots of C2, in the eigenbasis of C2: [rank, rank].
  const half = productWithTransposed(root, a.covariance, rank, d, d);
  const { values, vectors } = symmetricEigen(symmetric(productWithTransposed(half, root, rank, rank, d), rank), rank);
  const roots = values.map((value) => Math.sqrt(Math.max(0, value)));
  const trace = roots.reduce((sum, value) => sum + value, 0);
  const value = Math.max(0, meanTerm + traceOf(a) + traceOf(b) - 2 * trace);
  const toAxes = (axes: Float64Array) => productWithTransposed(vectors, transposed(axes, rank, d), rank, d, rank);
  const least = maxOf([0, ...roots]) * 1e-7;
  // The optimal transport map between the normal distributions scales each axis by these factors, in one direction and
  // in the other.
  const there = roots.map((each) => (each > least ? 1 / each : 0));
  const back = roots.map((each) => (each > least ? each : 0));
  const ofGenerated = pullVariance(generated, a.mean, shift, 1, toAxes(root), there, rank);
  const ofReference = pullVariance(reference, b.mean, shift, -1, toAxes(inverse), back, rank);
  return { value, meanTerm, stderr: Math.sqrt(ofGenerated / a.n + ofReference / b.n) };
}

/** Maps to the eigenbasis of a covariance, scaled by the root of the eigenvalues and by its inverse: [rank, d] each. */
function rootOf({ covariance, d }: Moments) {
  const { values, vectors } = symmetricEigen(covariance, d);
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  const kept = [...values.keys()].filter((i) => values[i]! > largest * d * Number.EPSILON);
  const scaled = (power: number): Float64Array => {
    const out = new Float64Array(kept.length * d);
    kept.forEach((i, row) => {
      const scale = values[i]! ** power;
      for (let j = 0; j < d; j++) out[row * d + j] = scale * vectors[i * d + j]!;
    });
    return out;
  };
  return { root: scaled(0.5), inverse: scaled(-0.5), rank: kept.length };
}

/**
 * Variance over items of the influence function: 2 sign shift.(x - mean) + |x - mean|^2 - sum_i stretch_i (axes_i.(x -
 * mean))^2.
 */
function pullVariance(
  x: NdArray,
  mean: Float64Array,
  shift: Float64Array,
  sign: number,
  axes: Float64Array,
  stretch: Float64Array,
  rank: number,
): number {
  const d = mean.length;
  const n = Math.min(x.shape[0]!, maxInfluences);
  const centred = toFloat64(rows(x, 0, n)).map((value, i) => value - mean[i % d]!);
  const turned = productWithTransposed(centred, axes, n, rank, d);
  const pulls = Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < d; j++) {
      const value = centred[i * d + j]!;
      sum += 2 * sign * shift[j]! * value + value * value;
    }
    for (let j = 0; j < rank; j++) sum -= stretch[j]! * turned[i * rank + j]! ** 2;
    return sum;
  });
  return varianceOf(addValues(emptyMean, pulls));
}

function traceOf({ covariance, d }: Moments): number {
  let trace = 0;
  for (let i = 0; i < d; i++) trace += covariance[i * d + i]!;
  return trace;
}

/** Mean of a matrix [n, n] and its transpose, which removes rounding differences. */
function symmetric(a: Float64Array, n: number): Float64Array {
  return a.map((value, at) => (value + a[(at % n) * n + Math.floor(at / n)]!) / 2);
}

function transposed(a: Float64Array, n: number, m: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) out[j * n + i] = a[i * m + j]!;
  return out;
}
