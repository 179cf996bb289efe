import { bothShares } from "./discrete.ts";

/**
 * Kullback-Leibler divergence KL(p || q) over finitely many outcomes, in nats: sum of p log(p / q). Outcomes that p does not
 * have add nothing; one that p has and q has not makes it infinite. Weights are taken as shares of their sum.
 * @param p Nonnegative [k]. @param q Nonnegative [k].
 * @throws ShapeError, DataError or OptionError for weights that are not valid.
 * @source Kullback, Leibler, "On information and sufficiency", 1951.
 */
export function discreteKl(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [left, right] = bothShares(p, q, "discreteKl");
  let sum = 0;
  for (let i = 0; i < left.length; i++) {
    // A difference of logarithms, as a quotient may be larger than any double.
    if (left[i]! > 0) sum += left[i]! * (Math.log(left[i]!) - Math.log(right[i]!));
  }
  return sum;
}
