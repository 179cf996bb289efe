import { OptionError } from "../base/errors.ts";
import { type Points, commonWidth, eachRow } from "../numeric/points.ts";
import type { Kernel } from "./kernel.ts";

/** An estimate of the squared MMD with its standard error. */
export interface MaximumMeanDiscrepancy {
  /** Unbiased estimate: 0 in expectation for equal distributions, and negative half of the time. */
  readonly squared: number;
  /** Jackknife over the points; too large for equal distributions, by a factor of up to 1.5. */
  readonly stderr: number;
}

/**
 * Squared maximum mean discrepancy, as the U-statistic: the mean kernel within each set, without the diagonal, minus
 * twice the mean kernel between the sets. O((n + m)^2 d) time, O(n + m) memory.
 * @param x Points [n, d].
 * @param y Points [m, d].
 * @throws OptionError for fewer than three points on a side.
 * @source Gretton et al., "A kernel two-sample test", JMLR 13, 2012, lemma 6.
 */
export function mmd(x: Points, y: Points, kernel: Kernel): MaximumMeanDiscrepancy {
  commonWidth(x, y, "mmd");
  const [n, m] = [x.shape[0]!, y.shape[0]!];
  if (Math.min(n, m) < 3) {
    throw new OptionError(`mmd: each side must have at least 3 points - got ${n} and ${m}`);
  }
  const between = { rows: new Float64Array(n), columns: new Float64Array(m) };
  addRows(x, y, kernel, between.rows, between.columns);
  const [left, right] = [within(x, kernel), within(y, kernel)];
  const across = sum(between.rows);
  const estimate = (inLeft: number, inRight: number, both: number, a: number, b: number) =>
    inLeft / (a * (a - 1)) + inRight / (b * (b - 1)) - (2 * both) / (a * b);
  const [all, others] = [sum(left), sum(right)];
  const withoutLeft = left.map((own, i) => estimate(all - 2 * own, others, across - between.rows[i]!, n - 1, m));
  const withoutRight = right.map((own, j) => estimate(all, others - 2 * own, across - between.columns[j]!, n, m - 1));
  return {
    squared: estimate(all, others, across, n, m),
    stderr: Math.sqrt(jackknife(withoutLeft) + jackknife(withoutRight)),
  };
}

/** For each point, the sum of its kernel with all other points of its set: [n]. */
function within(x: Points, kernel: Kernel): Float64Array {
  const sums = new Float64Array(x.shape[0]!);
  eachRow(x, x, kernel.pair, (row, i) => {
    let total = 0;
    for (let j = 0; j < row.length; j++) if (j !== i) total += kernel.at(row[j]!);
    sums[i] = total;
  });
  return sums;
}

function addRows(x: Points, y: Points, kernel: Kernel, rows: Float64Array, columns: Float64Array): void {
  eachRow(x, y, kernel.pair, (row, i) => {
    let total = 0;
    for (let j = 0; j < row.length; j++) {
      const value = kernel.at(row[j]!);
      total += value;
      columns[j]! += value;
    }
    rows[i] = total;
  });
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * Jackknife variance, from the values without one point each. @source Efron, Stein, "The jackknife estimate of
 * variance", 1981.
 */
function jackknife(without: Float64Array): number {
  const n = without.length;
  const mean = sum(without) / n;
  return ((n - 1) / n) * without.reduce((total, value) => total + (value - mean) ** 2, 0);
}
