import { DataError, OptionError, ShapeError } from "../base/errors.ts";
import { minOf } from "../base/many.ts";

/** A multivariate normal distribution. */
export interface Gaussian {
  /** [d] */
  readonly mean: Float64Array;
  /** Variances [d] of independent coordinates, or a symmetric matrix [d, d] in row-major order. */
  readonly covariance: Float64Array;
}

/** The dimension of both. @throws ShapeError or OptionError when it differs, or a covariance does not fit its mean. */
export function commonDimensions(p: Gaussian, q: Gaussian, where: string): number {
  const d = p.mean.length;
  if (d === 0 || q.mean.length !== d) {
    throw new ShapeError(`${where}: both sides must have means of the same length - got ${d} and ${q.mean.length}`);
  }
  for (const { mean, covariance } of [p, q]) {
    if (covariance.length !== d && covariance.length !== d * d) {
      throw new ShapeError(
        `${where}: a covariance must be [${d}] or [${d}, ${d}] - got ${covariance.length} numbers for a mean of ${d}`,
      );
    }
    if (![...mean, ...covariance].every(Number.isFinite)) {
      throw new DataError(`${where}: means and covariances must be finite`);
    }
    if (isDiagonal(covariance, d) && covariance.some((variance) => variance < 0)) {
      throw new OptionError(`${where}: variances must be at least 0 - got ${minOf(covariance)}`);
    }
  }
  return d;
}

export function isDiagonal(covariance: Float64Array, d: number): boolean {
  return covariance.length === d;
}

/** The covariance as a matrix [d, d]. */
export function fullCovariance(covariance: Float64Array, d: number): Float64Array {
  if (d === 1 || !isDiagonal(covariance, d)) return covariance;
  const out = new Float64Array(d * d);
  covariance.forEach((variance, i) => (out[i * d + i] = variance));
  return out;
}
