import { OptionError } from "../base/errors.ts";
import { type Points, requireSquares } from "../numeric/points.ts";

/** @throws OptionError when a set has too few points for a k-th neighbour. @throws DataError as in `requireSquares`. */
export function requireNeighbours(x: Points, y: Points, k: number, where: string): void {
  requireSquares(x, y, where);
  const fewest = Math.min(x.shape[0]! - 1, y.shape[0]!);
  if (Number.isInteger(k) && k >= 1 && k <= fewest) return;
  if (fewest < 1) {
    throw new OptionError(
      `${where}: needs at least two points on the first side and one on the other - got ${x.shape[0]!} and ${y.shape[0]!}`,
      "use more points, or the distance emd",
    );
  }
  throw new OptionError(
    `${where}: neighbours must be an integer from 1 to ${fewest} - got ${k}`,
    "each point needs k other points in its own set, and k in the other set",
  );
}
