import { OptionError } from "../base/errors.ts";
import { type PairFunction, type Points, dotProduct, eachRow, squaredDistance } from "../numeric/points.ts";

/** A positive definite kernel of two points, computed from one number about the pair. */
export interface Kernel {
  readonly pair: PairFunction;
  at(pair: number): number;
}

/**
 * Sum of Gaussian kernels exp(-|x - y|^2 / (2 s^2)) over bandwidths s.
 * @throws OptionError for no bandwidth, or one that is not above 0.
 */
export function gaussianKernel(bandwidths: readonly number[]): Kernel {
  const wrong = bandwidths.find((bandwidth) => !(bandwidth > 0 && Number.isFinite(bandwidth)));
  if (bandwidths.length === 0 || wrong !== undefined) {
    throw new OptionError(
      `bandwidths must be numbers above 0 - got ${wrong ?? "none"}`,
      "if all points are equal, there is no median distance: pass bandwidths",
    );
  }
  const rates = Float64Array.from(bandwidths, (bandwidth) => -0.5 / bandwidth ** 2);
  return {
    pair: squaredDistance,
    at: (square) => {
      let sum = 0;
      for (let i = 0; i < rates.length; i++) sum += Math.exp(rates[i]! * square);
      return sum;
    },
  };
}

/**
 * The polynomial kernel (x.y / d + 1)^3 of points with d coordinates, as in KID.
 * @source Binkowski et al., arXiv 1801.01401, section 4.
 */
export function cubicKernel(d: number): Kernel {
  return { pair: dotProduct, at: (product) => (product / d + 1) ** 3 };
}

/** Number of points of each side that the median uses. */
const maxMedianPoints = 500;

/**
 * Median distance between two points of the union of x [n, d] and y [m, d], over the first 500 of each.
 * @source Gretton et al., "A kernel two-sample test", JMLR 13, 2012.
 */
export function medianDistance(x: Points, y: Points): number {
  const [first, second] = [firstOf(x), firstOf(y)];
  const squares: Float64Array[] = [];
  for (const side of [first, second]) {
    eachRow(side, side, squaredDistance, (row, i) => squares.push(row.slice(0, i)));
  }
  eachRow(first, second, squaredDistance, (row) => squares.push(row.slice()));
  const all = new Float64Array(squares.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of squares) {
    all.set(row, at);
    at += row.length;
  }
  all.sort();
  return Math.sqrt(all[Math.floor(all.length / 2)]!);
}

function firstOf({ dtype, shape, data }: Points): Points {
  const [n, d] = shape as [number, number];
  const count = Math.min(n, maxMedianPoints);
  return { dtype, shape: [count, d], data: data.subarray(0, count * d) };
}
