import { OptionError } from "../base/errors.ts";
import { monteCarlo } from "../numeric/monte-carlo.ts";
import { countsWithin, nearestOf, radiiOf } from "../numeric/nearest.ts";
import { type Points, commonWidth } from "../numeric/points.ts";
import { digamma } from "./digamma.ts";
import type { EstimatedDivergence } from "./knn-kl.ts";
import { requireNeighbours } from "./require-neighbours.ts";

/**
 * Jensen-Shannon divergence in nats, from equal numbers of samples of two distributions. It is the mutual information
 * between a sample of the equal mixture and the distribution that it came from, estimated by nearest neighbours: if the
 * k-th neighbour of a point within its own set is the m-th in both sets, the point contributes psi(k) - psi(m).
 *
 * Unbiased for equal distributions, and within 1 / (4 n) of log 2 for disjoint ones; in between, the bias is that of
 * nearest-neighbour distances, n^(-1 / d) (0.01 nats for 1000 samples in ten dimensions). Ties are counted, so it holds
 * for discrete distributions as well as for densities. The standard error treats the terms of the mean as independent
 * and is up to 1.4 times too small.
 * @param x Samples [n, d].
 * @param y Samples [n, d].
 * @param k Rank of the neighbour, from 1.
 * @throws OptionError for sets of different sizes, or a k that does not fit.
 * @source Ross, "Mutual information between discrete and continuous data sets", PLoS ONE 9, 2014, equation 2.
 */
export function knnJs(x: Points, y: Points, k = 5): EstimatedDivergence {
  commonWidth(x, y, "js");
  const [n, m] = [x.shape[0]!, y.shape[0]!];
  if (n !== m) {
    throw new OptionError(
      `both sides must have the same number of points - got ${n} and ${m}`,
      "the mixture weighs both equally: leave out points of the larger side",
    );
  }
  requireNeighbours(x, y, k, "js");
  const terms = new Float64Array(2 * n);
  terms.set(termsOf(x, y, k));
  terms.set(termsOf(y, x, k), n);
  const { mean, stderr } = monteCarlo(terms);
  return { value: digamma(2 * n) - digamma(n) + mean, stderr };
}

function termsOf(x: Points, y: Points, k: number): Float64Array {
  const radii = radiiOf(nearestOf(x, x, k));
  const own = countsWithin(x, x, radii);
  const other = countsWithin(x, y, radii);
  const terms = new Float64Array(own.length);
  for (let i = 0; i < terms.length; i++) terms[i] = digamma(own[i]!) - digamma(own[i]! + other[i]!);
  return terms;
}
