import { symmetricEigen } from "../numeric/symmetric-eigen.ts";
import { type Gaussian, commonDimensions, fullCovariance, isDiagonal } from "./gaussian.ts";

/**
 * Wasserstein-2 distance of multivariate normal distributions, in closed form. Its square, |mp - mq|^2 + tr(Cp + Cq - 2
 * (Cp^(1/2) Cq Cp^(1/2))^(1/2)), is the formula of FID. Covariances may be singular.
 * @throws ShapeError, DataError or OptionError for distributions that do not fit each other.
 * @source Dowson, Landau, "The Frechet distance between multivariate normal distributions", 1982.
 */
export function gaussianW2(p: Gaussian, q: Gaussian): number {
  const d = commonDimensions(p, q, "gaussianW2");
  const squared = p.mean.reduce((sum, value, i) => sum + (value - q.mean[i]!) ** 2, 0);
  if (isDiagonal(p.covariance, d) && isDiagonal(q.covariance, d)) {
    const stretch = (variance: number, i: number) => (Math.sqrt(variance) - Math.sqrt(q.covariance[i]!)) ** 2;
    return Math.sqrt(p.covariance.reduce((sum, variance, i) => sum + stretch(variance, i), squared));
  }
  const [own, other] = [fullCovariance(p.covariance, d), fullCovariance(q.covariance, d)];
  const root = rootOf(own, d);
  const { values } = symmetricEigen(product(product(root, other, d), root, d), d);
  const traces = trace(own, d) + trace(other, d);
  const common = rootsOf(values).reduce((sum, value) => sum + value, 0);
  return Math.sqrt(Math.max(0, squared + traces - 2 * common));
}

/** Roots of eigenvalues; negative values from rounding count as 0. */
function rootsOf(values: Float64Array): Float64Array {
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  return values.map((value) => (value > largest * values.length * Number.EPSILON ? Math.sqrt(value) : 0));
}

/** Symmetric square root of a covariance. */
function rootOf(covariance: Float64Array, d: number): Float64Array {
  const { values, vectors } = symmetricEigen(covariance, d);
  const out = new Float64Array(d * d);
  for (const [k, scale] of rootsOf(values).entries()) {
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) out[i * d + j]! += scale * vectors[k * d + i]! * vectors[k * d + j]!;
    }
  }
  return out;
}

function product(a: Float64Array, b: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < d; k++) {
      const factor = a[i * d + k]!;
      for (let j = 0; j < d; j++) out[i * d + j]! += factor * b[k * d + j]!;
    }
  }
  return out;
}

function trace(a: Float64Array, d: number): number {
  let sum = 0;
  for (let i = 0; i < d; i++) sum += a[i * d + i]!;
  return sum;
}
