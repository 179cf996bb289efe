import { DataError, ShapeError } from "../base/errors.ts";
import { type NdArray, formatShape, ndarray, sizeOf } from "../base/ndarray.ts";

/** Points in space: float64 [n, d], one a row, each number finite. */
export type Points = NdArray<"float64">;

/**
 * Items as points: [n, d] unchanged, [n] as one-dimensional points, images as one row of numbers each.
 * @throws ShapeError when there is no item or no number in it. @throws DataError for a number that is not finite.
 */
export function toPoints(items: NdArray, where: string): Points {
  const [n = 0, ...rest] = items.shape;
  const width = sizeOf(rest);
  if (n === 0 || width === 0) {
    throw new ShapeError(`${where}: points must be [n, d] and not empty - got ${formatShape(items.shape)}`);
  }
  const data = items.dtype === "float64" ? (items.data as Float64Array) : Float64Array.from(items.data);
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new DataError(
      `${where}: each number must be finite - got ${data[wrong]} at ${formatShape([Math.floor(wrong / width), wrong % width])}`,
      "remove or repair the points with such numbers",
    );
  }
  return ndarray("float64", [n, width], data);
}

/** Dimensions of both. @throws ShapeError when they differ. */
export function commonWidth(a: Points, b: Points, where: string): number {
  const [left, right] = [a.shape[1]!, b.shape[1]!];
  if (left === right) return left;
  throw new ShapeError(
    `${where}: both sides must have points of as many numbers - got ${left} and ${right}`,
    "compare items of one size",
  );
}

/** Differences that are smaller have no square in float64 that keeps their digits. */
const leastDifference = 1e-150;

/**
 * Points whose distances are taken by squares.
 * @throws DataError where they differ, but by so little that the squares would be 0 and the points equal.
 */
export function requireSquares(x: Points, y: Points, where: string): void {
  const d = commonWidth(x, y, where);
  const lows = x.data.slice(0, d);
  const highs = lows.slice();
  for (const { data } of [x, y]) {
    for (let i = 0, k = 0; i < data.length; i++, k = k + 1 === d ? 0 : k + 1) {
      if (data[i]! < lows[k]!) lows[k] = data[i]!;
      if (data[i]! > highs[k]!) highs[k] = data[i]!;
    }
  }
  let widest = 0;
  for (let k = 0; k < d; k++) widest = Math.max(widest, highs[k]! - lows[k]!);
  if (widest === 0 || widest >= leastDifference) return;
  throw new DataError(
    `${where}: points must differ by at least ${leastDifference}, because the squares of smaller differences underflow - got ${widest.toPrecision(3)} at most`,
    "use a smaller unit: multiply all coordinates by a constant",
  );
}

/** Some of the points, in the order given. A copy. */
export function selectPoints({ data, shape }: Points, indices: Int32Array): Points {
  const d = shape[1]!;
  const out = new Float64Array(indices.length * d);
  indices.forEach((from, to) => out.set(data.subarray(from * d, (from + 1) * d), to * d));
  return ndarray("float64", [indices.length, d], out);
}

/** What two points of `d` numbers are to each other; they begin at `i` in `x` and at `j` in `y`. */
export type PairFunction = (x: Float64Array, i: number, y: Float64Array, j: number, d: number) => number;

// Sums of four, as one sum would wait for itself at every number.

export const squaredDistance: PairFunction = (x, i, y, j, d) => {
  let s = 0;
  let t = 0;
  let u = 0;
  let v = 0;
  const whole = d - (d % 4);
  for (let k = 0; k < whole; k += 4) {
    const p = x[i + k]! - y[j + k]!;
    const q = x[i + k + 1]! - y[j + k + 1]!;
    const r = x[i + k + 2]! - y[j + k + 2]!;
    const w = x[i + k + 3]! - y[j + k + 3]!;
    s += p * p;
    t += q * q;
    u += r * r;
    v += w * w;
  }
  for (let k = whole; k < d; k++) {
    const p = x[i + k]! - y[j + k]!;
    s += p * p;
  }
  return s + t + (u + v);
};

export const euclideanDistance: PairFunction = (x, i, y, j, d) => Math.sqrt(squaredDistance(x, i, y, j, d));

/** The sum of the differences' magnitudes. */
export const manhattanDistance: PairFunction = (x, i, y, j, d) => {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += Math.abs(x[i + k]! - y[j + k]!);
  return sum;
};

export const dotProduct: PairFunction = (x, i, y, j, d) => {
  let s = 0;
  let t = 0;
  let u = 0;
  let v = 0;
  const whole = d - (d % 4);
  for (let k = 0; k < whole; k += 4) {
    s += x[i + k]! * y[j + k]!;
    t += x[i + k + 1]! * y[j + k + 1]!;
    u += x[i + k + 2]! * y[j + k + 2]!;
    v += x[i + k + 3]! * y[j + k + 3]!;
  }
  for (let k = whole; k < d; k++) s += x[i + k]! * y[j + k]!;
  return s + t + (u + v);
};

/** Rows worked on together, and numbers of `y` that stay in the cache for them. */
const rowsTogether = 16;
const cachedNumbers = 32_768;

/**
 * A function of every pair, row by row: `visit(row, i)` is given those of point i of `x` with all of `y`, [m], in memory
 * that the next call writes over. All pairs are never held at once.
 */
export function eachRow(x: Points, y: Points, of: PairFunction, visit: (row: Float64Array, i: number) => void): void {
  const [n, m, d] = [x.shape[0]!, y.shape[0]!, commonWidth(x, y, "eachRow")];
  const block = new Float64Array(Math.min(n, rowsTogether) * m);
  const wide = Math.max(1, Math.floor(cachedNumbers / d));
  for (let first = 0; first < n; first += rowsTogether) {
    const count = Math.min(rowsTogether, n - first);
    for (let left = 0; left < m; left += wide) {
      const right = Math.min(m, left + wide);
      for (let r = 0; r < count; r++) {
        const at = (first + r) * d;
        for (let j = left; j < right; j++) block[r * m + j] = of(x.data, at, y.data, j * d, d);
      }
    }
    for (let r = 0; r < count; r++) visit(block.subarray(r * m, (r + 1) * m), first + r);
  }
}
