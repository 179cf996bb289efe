import { DataError, ShapeError } from "../base/errors.ts";
import { type NdArray, formatShape, ndarray, sizeOf } from "../base/ndarray.ts";

/** Points: float64 [n, d], one per row, with finite coordinates. */
export type Points = NdArray<"float64">;

/**
 * Converts items to points: [n, d] is unchanged, [n] becomes one-dimensional points, and images are flattened to one row each.
 * @throws ShapeError if there are no items, or items are empty. @throws DataError for a number that is not finite.
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

/** The common dimension of two sets [n, d] and [m, d]. @throws ShapeError if they differ. */
export function commonWidth(a: Points, b: Points, where: string): number {
  const [left, right] = [a.shape[1]!, b.shape[1]!];
  if (left === right) return left;
  throw new ShapeError(
    `${where}: points of both sides must have the same dimension - got ${left} and ${right}`,
    "compare items of the same size",
  );
}

/** The squares of smaller differences underflow in float64. */
const minPointDifference = 1e-150;

/**
 * Checks points [n, d] and [m, d] whose squared distances are needed.
 * @throws DataError if they differ by so little that all squares would underflow.
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
  if (widest === 0 || widest >= minPointDifference) return;
  throw new DataError(
    `${where}: points must differ by at least ${minPointDifference}, because the squares of smaller differences underflow - got ${widest.toPrecision(3)} at most`,
    "use a smaller unit: multiply all coordinates by a constant",
  );
}

/** Selects points of [n, d] by index, in the given order. A copy. */
export function selectPoints({ data, shape }: Points, indices: Int32Array): Points {
  const d = shape[1]!;
  const out = new Float64Array(indices.length * d);
  indices.forEach((from, to) => out.set(data.subarray(from * d, (from + 1) * d), to * d));
  return ndarray("float64", [indices.length, d], out);
}

/** A function of two points of dimension `d`, which start at `i` in `x` and at `j` in `y`. */
export type PairFunction = (x: Float64Array, i: number, y: Float64Array, j: number, d: number) => number;

// Four partial sums, because with a single one each addition would wait for the previous one.

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

/** The sum of the absolute differences. */
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

/** Rows processed together, and numbers of `y` that stay in the cache meanwhile. */
const rowsTogether = 16;
const cachedNumbers = 32_768;

/**
 * Computes a function of every pair of points in [n, d] and [m, d], row by row, without storing all pairs: `visit(row, i)` gets the
 * values for point i of `x` and all points of `y`, [m], in a buffer that is reused.
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
