import { filled } from "../base/filled.ts";
import { type NdArray, toFloat64 } from "../base/ndarray.ts";
import { forDistances, forOwnDistances } from "./squared-distances.ts";

/** The nearest neighbours of each point, nearest first: [n, k]. */
export interface Neighbours {
  readonly k: number;
  /** Squared distances. */
  readonly squares: Float64Array;
  /** Which points they are. */
  readonly indices: Int32Array;
}

/**
 * The k nearest rows of `y` [m, d] to each row of `x` [n, d]. Where both are the same set, a row is no neighbour of itself.
 * Places that are left over, where there are fewer than k, have infinite distances. O(n m d) time, O(n k) memory.
 */
export function nearestOf(x: NdArray, y: NdArray, k: number): Neighbours {
  const squares = new Float64Array(x.shape[0]! * k).fill(Infinity);
  const found: Neighbours = { k, squares, indices: new Int32Array(squares.length) };
  const d = x.shape[1]!;
  if (x === y) {
    forOwnDistances(toFloat64(x), d, (top, left, height, width, between) => {
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width && left + j < top + i; j++) {
          insert(found, top + i, left + j, between[i * width + j]!);
          insert(found, left + j, top + i, between[i * width + j]!);
        }
      }
    });
  } else {
    forDistances(toFloat64(x), toFloat64(y), d, (top, left, height, width, between) => {
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) insert(found, top + i, left + j, between[i * width + j]!);
      }
    });
  }
  return found;
}

/** Keeps a row's neighbours in order. Of equally near ones the first that is met stays the first. */
function insert({ k, squares, indices }: Neighbours, row: number, other: number, square: number): void {
  const first = row * k;
  let at = first + k - 1;
  if (square >= squares[at]!) return;
  for (; at > first && squares[at - 1]! > square; at--) {
    squares[at] = squares[at - 1]!;
    indices[at] = indices[at - 1]!;
  }
  squares[at] = square;
  indices[at] = other;
}

/** The nearest row of `others` [m, d] for each row of `items` [n, d], the first of equally near ones, and its Euclidean distance. */
export function nearestRows(
  items: NdArray,
  others: NdArray,
): { readonly row: Int32Array; readonly distance: Float64Array } {
  const { indices, squares } = nearestOf(items, others, 1);
  return { row: indices, distance: squares.map(Math.sqrt) };
}

/** The squared distance of each row to its farthest of these neighbours: [n]. */
export function radiiOf({ k, squares }: Neighbours): Float64Array {
  return filled(new Float64Array(squares.length / k), (i) => squares[i * k + k - 1]!);
}

/** For each row of `x`, the number of rows of `y` within its radius, without itself if both are one set: [n]. */
export function countsWithin(x: NdArray, y: NdArray, squaredRadii: Float64Array): Int32Array {
  const out = new Int32Array(x.shape[0]!).fill(x === y ? -1 : 0);
  forDistances(toFloat64(x), toFloat64(y), x.shape[1]!, (top, _, height, width, between) => {
    for (let i = 0; i < height; i++) {
      const radius = squaredRadii[top + i]!;
      for (let j = 0; j < width; j++) if (between[i * width + j]! <= radius) out[top + i]!++;
    }
  });
  return out;
}
