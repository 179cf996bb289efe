import { filled } from "../base/filled.ts";
import { OptionError } from "../base/errors.ts";
import { type Points, eachRow, squaredDistance } from "../numeric/points.ts";

/** The nearest neighbours of each point, nearest first: [n, k]. */
export interface Neighbours {
  readonly k: number;
  /** Squared distances. */
  readonly squares: Float64Array;
  /** Which points they are. */
  readonly indices: Int32Array;
}

/**
 * The k nearest points of `y` [m, d] to each of `x` [n, d]. Where both are the same set, a point is no neighbour of itself.
 * O(n m d) time, O(n k + m) memory.
 */
export function nearestOf(x: Points, y: Points, k: number): Neighbours {
  const squares = new Float64Array(x.shape[0]! * k).fill(Infinity);
  const indices = new Int32Array(squares.length);
  eachRow(x, y, squaredDistance, (row, i) => {
    if (x === y) row[i] = Infinity;
    const first = i * k;
    const last = first + k - 1;
    for (let j = 0; j < row.length; j++) {
      const square = row[j]!;
      if (square >= squares[last]!) continue;
      let place = last;
      for (; place > first && squares[place - 1]! > square; place--) {
        squares[place] = squares[place - 1]!;
        indices[place] = indices[place - 1]!;
      }
      squares[place] = square;
      indices[place] = j;
    }
  });
  return { k, squares, indices };
}

/** The squared distance of each point to its farthest of these neighbours: [n]. */
export function radiiOf({ k, squares }: Neighbours): Float64Array {
  return filled(new Float64Array(squares.length / k), (i) => squares[i * k + k - 1]!);
}

/** How many points of `y` lie no farther from each point of `x` than its radius, itself left out where both are one set: [n]. */
export function countsWithin(x: Points, y: Points, squaredRadii: Float64Array): Int32Array {
  const out = new Int32Array(x.shape[0]!);
  eachRow(x, y, squaredDistance, (row, i) => {
    const radius = squaredRadii[i]!;
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
  if (fewest < 1) {
    throw new OptionError(
      `${where}: needs two points on the first side and one on the other - got ${x.shape[0]!} and ${y.shape[0]!}`,
      "compare larger samples, or by emd",
    );
  }
  throw new OptionError(
    `${where}: neighbours must be a whole number from 1 to ${fewest} - got ${k}`,
    "each point needs so many others on its own side, and as many on the other",
  );
}
