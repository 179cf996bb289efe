import { OptionError } from "../base/errors.ts";
import { type Points, eachRow, squaredDistance } from "../base/points.ts";

/**
 * Squared distance of each point of `x` [n, d] to its k-th nearest of `y` [m, d]: [n]. Where both are the same set, a point
 * is no neighbour of itself. O(n m d) time, O(n + m) memory.
 */
export function squaredRadii(x: Points, y: Points, k: number): Float64Array {
  const out = new Float64Array(x.shape[0]!);
  const nearest = new Float64Array(k);
  eachRow(x, y, squaredDistance, (row, i) => {
    if (x === y) row[i] = Infinity;
    out[i] = kthSmallest(row, nearest);
  });
  return out;
}

/** The k-th smallest of a row, with room for k numbers to work in. */
function kthSmallest(row: Float64Array, nearest: Float64Array): number {
  const last = nearest.length - 1;
  nearest.fill(Infinity);
  for (let j = 0; j < row.length; j++) {
    const value = row[j]!;
    if (value >= nearest[last]!) continue;
    let place = last;
    for (; place > 0 && nearest[place - 1]! > value; place--) nearest[place] = nearest[place - 1]!;
    nearest[place] = value;
  }
  return nearest[last]!;
}

/** How many points of `y` lie no farther from each point of `x` than its radius, itself left out where both are one set: [n]. */
export function countsWithin(x: Points, y: Points, squared: Float64Array): Int32Array {
  const out = new Int32Array(x.shape[0]!);
  eachRow(x, y, squaredDistance, (row, i) => {
    const radius = squared[i]!;
    let count = x === y ? -1 : 0;
    for (let j = 0; j < row.length; j++) if (row[j]! <= radius) count++;
    out[i] = count;
  });
  return out;
}

/** @throws OptionError when a side has too few points for a k-th neighbour. */
export function requireNeighbours(x: Points, y: Points, k: number, where: string): void {
  const fewest = Math.min(x.shape[0]! - 1, y.shape[0]!);
  if (Number.isInteger(k) && k >= 1 && k <= fewest) return;
  throw new OptionError(
    `${where}: neighbours must be a whole number from 1 to ${fewest} - got ${k}`,
    "each point needs so many others on its own side, and as many on the other",
  );
}
