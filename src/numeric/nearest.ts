import { filled } from "../base/filled.ts";
import { type NdArray, toFloat64 } from "../base/ndarray.ts";
import { forDistances, forOwnDistances } from "./squared-distances.ts";

/** The nearest neighbours of each point, nearest first: [n, k]. */
export interface Neighbours {
  readonly k: number;
  /** Squared distances. */
  readonly squares: Float64Array;
  /** Indices of the neighbours. */
  readonly indices: Int32Array;
}

/**
 * The k nearest rows of `y` [m, d] to each row of `x` [n, d]. If both are the same array, a row is not its own neighbour. If there
 * are fewer than k neighbours, the remaining distances are infinite. O(n m d) time, O(n k) memory.
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

/** Inserts a neighbour into a row's sorted list. Ties keep their order of arrival. */
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

/** The nearest row of `others` [m, d] to each row of `items` [n, d] (the first one for ties), and its Euclidean distance. */
export function nearestRows(
  items: NdArray,
  others: NdArray,
): { readonly row: Int32Array; readonly distance: Float64Array } {
  const { indices, squares } = nearestOf(items, others, 1);
  return { row: indices, distance: squares.map(Math.sqrt) };
}

/** The squared distance from each row to the farthest of its neighbours: [n]. */
export function radiiOf({ k, squares }: Neighbours): Float64Array {
  return filled(new Float64Array(squares.length / k), (i) => squares[i * k + k - 1]!);
}

/** For each row of `x` [n, d], the number of rows of `y` [m, d] within its radius, not counting itself if both are the same array: [n]. */
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
