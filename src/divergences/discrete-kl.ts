import { bothShares } from "./discrete.ts";

/**
 * KL(p || q) of discrete distributions, in nats: the sum of p log(p / q). Infinite if p has an outcome that q does not
 * have. Weights are normalised to sum 1.
 * @param p Nonnegative weights [k].
 * @param q Nonnegative weights [k].
 * @throws ShapeError, DataError or OptionError for weights that are not valid.
 * @source Kullback, Leibler, "On information and sufficiency", 1951.
 */
export function discreteKl(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [left, right] = bothShares(p, q, "discreteKl");
  let sum = 0;
  for (let i = 0; i < left.length; i++) {
    // A difference of logarithms, because the quotient may overflow.
    if (left[i]! > 0) sum += left[i]! * (Math.log(left[i]!) - Math.log(right[i]!));
  }
  return sum;
}
