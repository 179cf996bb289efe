import { OptionError } from "../base/errors.ts";

/**
 * A running sample mean: count, mean and sum of squared deviations. Two of them can be merged, so that results of batches and
 * workers can be combined.
 * @source Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
 */
export interface MonteCarloMean {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
}

/** The running mean of an empty sample. */
export const emptyMean: MonteCarloMean = { count: 0, mean: 0, squares: 0 };

/** Adds values [n] to a running mean. */
export function addValues(to: MonteCarloMean, values: ArrayLike<number>): MonteCarloMean {
  let [count, mean, squares] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const distance = values[i]! - mean;
    mean += distance / ++count;
    squares += distance * (values[i]! - mean);
  }
  return mergeMeans(to, { count, mean, squares });
}

/** Merges the running means of two samples. */
export function mergeMeans(a: MonteCarloMean, b: MonteCarloMean): MonteCarloMean {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const distance = b.mean - a.mean;
  return {
    count,
    mean: a.mean + (distance * b.count) / count,
    squares: a.squares + b.squares + (distance ** 2 * a.count * b.count) / count,
  };
}

/** Unbiased variance of the values; NaN for fewer than two. */
export function varianceOf({ count, squares }: MonteCarloMean): number {
  return count > 1 ? squares / (count - 1) : Number.NaN;
}

/** Standard error of the mean, which is proportional to 1 / sqrt(count). */
export function standardError(sample: MonteCarloMean): number {
  return Math.sqrt(varianceOf(sample) / sample.count);
}

/** Mean of values [n] with its standard error. @throws OptionError if there are none. */
export function monteCarlo(values: ArrayLike<number>): { mean: number; stderr: number; n: number } {
  if (values.length === 0) throw new OptionError("monteCarlo: a mean needs at least one value");
  const sample = addValues(emptyMean, values);
  return { mean: sample.mean, stderr: standardError(sample), n: sample.count };
}
