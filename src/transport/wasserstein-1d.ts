import { DataError } from "../base/errors.ts";
import { range } from "../base/range.ts";
import type { TransportWeights } from "./exact.ts";
import { type Whole, type WholeMasses, minus, plus, requireWeights, shareOf, wholeMasses } from "./masses.ts";

/**
 * Exact Wasserstein-1 distance of weighted points on a line: the area between their distribution functions. The optimal
 * plan is monotone, so sorting suffices: O(n log n) time, O(n) memory. The distribution functions are summed exactly,
 * whatever the scales of the weights.
 * @param x Points [n].
 * @param y Points [m].
 * @throws DataError for a point that is not finite; weights as in `exactTransport`.
 * @source Vallender, "Calculation of the Wasserstein distance between probability distributions on the line", 1973.
 */
export function wasserstein1d(x: ArrayLike<number>, y: ArrayLike<number>, weights: TransportWeights = {}): number {
  return lineDistance(lineMasses(weights, [x.length, y.length], "w1"))(x, y);
}

/**
 * Masses on a line; null for uniform masses and equal numbers of points on both sides. @throws as `exactTransport` for
 * weights.
 */
export function lineMasses(
  { source, target }: TransportWeights,
  [n, m]: readonly [number, number],
  where: string,
): WholeMasses | null {
  requireWeights(source, n, `${where}: source`);
  requireWeights(target, m, `${where}: target`);
  return source === undefined && target === undefined && n === m ? null : wholeMasses(source, target, [n, m]);
}

/** A function that measures the distance of point sets with these masses. */
export function lineDistance(masses: WholeMasses | null): (x: ArrayLike<number>, y: ArrayLike<number>) => number {
  return (x, y) => {
    for (const side of [x, y]) requireFinite(side);
    return masses === null
      ? meanGap(x, y)
      : areaBetween(sorted(x, masses.source), sorted(y, masses.target), masses.total);
  };
}

type Steps = ReturnType<typeof sorted>;

/** Area between the distribution functions of both sides. */
function areaBetween(a: Steps, b: Steps, total: Whole): number {
  let [i, j] = [0, 0];
  let area = 0;
  const none = minus(total, total);
  // Mass to the left of the current position, of either side.
  let [left, right] = [none, none];
  let at = Math.min(a.at[0]!, b.at[0]!);
  while (i < a.at.length || j < b.at.length) {
    const fromA = j === b.at.length || (i < a.at.length && a.at[i]! <= b.at[j]!);
    const next = fromA ? a.at[i]! : b.at[j]!;
    if (next > at) area += Math.abs(shareOf(minus(left, right), total)) * (next - at);
    if (fromA) left = plus(left, a.units[i++]!);
    else right = plus(right, b.units[j++]!);
    at = next;
  }
  return area;
}

/** For equal numbers of points of equal weight, the k-th smallest goes to the k-th smallest. */
function meanGap(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [a, b] = [Float64Array.from(x).sort(), Float64Array.from(y).sort()];
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}

/** Points with positive mass in ascending order, with their masses. */
function sorted(points: ArrayLike<number>, units: readonly Whole[]) {
  const order = range(0, points.length)
    .filter((i) => units[i]! > 0)
    .sort((a, b) => points[a]! - points[b]!);
  return { at: Float64Array.from(order, (i) => points[i]!), units: Array.from(order, (i) => units[i]!) };
}

function requireFinite(points: ArrayLike<number>): void {
  if (points.length === 0) throw new DataError("each side must have points");
  for (let i = 0; i < points.length; i++) {
    if (!Number.isFinite(points[i]!)) {
      throw new DataError(`each point must be finite - got ${points[i]} at ${i}`);
    }
  }
}
