import { bothShares } from "./discrete.ts";

/**
 * Jensen-Shannon divergence of discrete distributions, in nats: the mean KL divergence of p and of q from their equal
 * mixture. Between 0, for equal distributions, and log 2, for disjoint ones. Weights are normalised to sum 1.
 * @param p Nonnegative weights [k].
 * @param q Nonnegative weights [k].
 * @throws ShapeError, DataError or OptionError for weights that are not valid.
 * @source Lin, "Divergence measures based on the Shannon entropy", 1991.
 */
export function discreteJs(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [left, right] = bothShares(p, q, "discreteJs");
  let sum = 0;
  for (let i = 0; i < left.length; i++) {
    const both = left[i]! + right[i]!;
    if (left[i]! > 0) sum += (left[i]! / 2) * Math.log((2 * left[i]!) / both);
    if (right[i]! > 0) sum += (right[i]! / 2) * Math.log((2 * right[i]!) / both);
  }
  return sum;
}
