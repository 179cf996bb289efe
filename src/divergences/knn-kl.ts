import { DataError } from "../base/errors.ts";
import { meanWithError } from "../base/mean.ts";
import { type Points, commonWidth } from "../base/points.ts";
import { requireNeighbours, squaredRadii } from "./nearest.ts";

export interface EstimatedDivergence {
  /** In nats. May be below 0, where the truth is small. */
  readonly value: number;
  /** As if the terms of the mean were independent. */
  readonly stderr: number;
}

/**
 * KL(p || q) in nats from draws of two densities: how much farther a draw of p has to look for its k-th neighbour among the
 * draws of q than among those of p, d / n sum log(r_q / r_p) + log(m / (n - 1)).
 *
 * Its bias vanishes as both samples grow, but slowly: like the distance to a neighbour, n^(-1 / d), as a density is not
 * level within that distance. Where p lies far out in the tails of q the estimate is too small; in many dimensions it is a
 * number to compare, no divergence to quote. Both must have densities: where points lie on top of each other a
 * distance is 0, and refused.
 * @param x Draws of p, [n, d]. @param y Draws of q, [m, d].
 * @throws OptionError for a k that does not fit. @throws DataError for points that coincide.
 * @source Wang, Kulkarni, Verdu, "Divergence estimation for multidimensional densities via k-nearest-neighbor distances",
 * IEEE Transactions on Information Theory 55, 2009.
 */
export function knnKl(x: Points, y: Points, k = 5): EstimatedDivergence {
  const d = commonWidth(x, y, "knnKl");
  requireNeighbours(x, y, k, "knnKl");
  const own = squaredRadii(x, x, k);
  const other = squaredRadii(x, y, k);
  const terms = own.map((radius, i) => {
    if (radius > 0 && other[i]! > 0) return (d / 2) * (Math.log(other[i]!) - Math.log(radius));
    throw new DataError(
      `knnKl: points must be distinct, as those of a density are - got ${k} or more on top of point ${i}`,
      "take equal points out, or raise the count of neighbours; discreteKl compares counts",
    );
  });
  const { mean, stderr } = meanWithError(terms);
  return { value: mean + Math.log(y.shape[0]! / (x.shape[0]! - 1)), stderr };
}
