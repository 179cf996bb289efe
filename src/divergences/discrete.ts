import { ShapeError } from "../base/errors.ts";
import { sharesOf } from "../base/shares.ts";

/**
 * Two lists of weights as probabilities over the same outcomes. @throws ShapeError, DataError or OptionError for
 * weights that are not valid.
 */
export function bothShares(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  where: string,
): [p: Float64Array, q: Float64Array] {
  if (p.length !== q.length || p.length === 0) {
    throw new ShapeError(
      `${where}: both sides must have the same number of outcomes - got ${p.length} and ${q.length}`,
    );
  }
  return [sharesOf(p, where), sharesOf(q, where)];
}
