import { DataError } from "../base/errors.ts";
import { type Gaussian, commonDimensions, fullCovariance, isDiagonal } from "./gaussian.ts";

/**
 * KL(p || q) of multivariate normal distributions in nats, in closed form: 1/2 (tr(Cq^-1 Cp) + (mp - mq)^T Cq^-1 (mp -
 * mq) - d + log |Cq| / |Cp|).
 * @throws ShapeError, DataError or OptionError for distributions that do not fit each other, or a covariance that is
 * not positive definite.
 * @source Duchi, "Derivations for linear algebra and optimization".
 */
export function gaussianKl(p: Gaussian, q: Gaussian): number {
  const d = commonDimensions(p, q, "gaussianKl");
  const shift = p.mean.map((value, i) => value - q.mean[i]!);
  if (isDiagonal(p.covariance, d) && isDiagonal(q.covariance, d)) return diagonalKl(p.covariance, q.covariance, shift);
  const [own, other] = [p, q].map(({ covariance }) => cholesky(fullCovariance(covariance, d), d)) as [Lower, Lower];
  let squares = squaredLength(solve(other, shift, d));
  let logRatio = 0;
  for (let j = 0; j < d; j++) {
    const column = Float64Array.from({ length: d }, (_, i) => own[i * d + j]!);
    squares += squaredLength(solve(other, column, d));
    logRatio += 2 * Math.log(other[j * d + j]! / own[j * d + j]!);
  }
  return (squares - d + logRatio) / 2;
}

function diagonalKl(own: Float64Array, other: Float64Array, shift: Float64Array): number {
  let sum = 0;
  own.forEach((variance, i) => {
    if (variance === 0 || other[i] === 0) throw notDefinite(Math.min(variance, other[i]!));
    const ratio = variance / other[i]!;
    sum += ratio - 1 - Math.log(ratio) + shift[i]! ** 2 / other[i]!;
  });
  return sum / 2;
}

/** A lower triangular matrix [d, d]; entries above the diagonal are ignored. */
type Lower = Float64Array;

/** Cholesky factor L with L L^T equal to the matrix. */
function cholesky(matrix: Float64Array, d: number): Lower {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * d + j]!;
      for (let k = 0; k < j; k++) rest -= out[i * d + k]! * out[j * d + k]!;
      if (i > j) out[i * d + j] = rest / out[j * d + j]!;
      else if (rest > 0) out[i * d + i] = Math.sqrt(rest);
      else throw notDefinite(rest);
    }
  }
  return out;
}

/** Solves L x = b. */
function solve(lower: Lower, b: Float64Array, d: number): Float64Array {
  const x = b.slice();
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i * d + k]! * x[k]!;
    x[i]! /= lower[i * d + i]!;
  }
  return x;
}

function squaredLength(x: Float64Array): number {
  return x.reduce((sum, value) => sum + value * value, 0);
}

function notDefinite(rest: number): DataError {
  return new DataError(
    `covariances must be positive definite - got a residual variance of ${rest}, which must be above 0`,
    "if estimated from samples, use more samples than dimensions",
  );
}
