import { DataError } from "../base/errors.ts";
import type { TransportWeights } from "./exact.ts";
import { massesOf } from "./masses.ts";

/**
 * Wasserstein-1 distance of weighted points on a line, exactly: the area between their distribution functions. The cheapest
 * plan keeps the order, so that sorting is all the work, O(n log n), and memory O(n).
 * @param x [n] @param y [m]
 * @throws DataError for a point that is not finite; as `exactTransport` for weights.
 * @source Vallender, "Calculation of the Wasserstein distance between probability distributions on the line", 1973.
 */
export function wasserstein1d(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { source, target }: TransportWeights = {},
): number {
  for (const side of [x, y]) requireFinite(side);
  if (source === undefined && target === undefined && x.length === y.length) return meanGap(x, y);
  const [a, b] = [sorted(x, source, "source"), sorted(y, target, "target")];
  let [i, j] = [0, 0];
  let [above, area] = [0, 0];
  let at = Math.min(a.at[0]!, b.at[0]!);
  while (i < a.at.length || j < b.at.length) {
    const fromA = j === b.at.length || (i < a.at.length && a.at[i]! <= b.at[j]!);
    const next = fromA ? a.at[i]! : b.at[j]!;
    area += Math.abs(above) * (next - at);
    above += fromA ? a.share[i++]! : -b.share[j++]!;
    at = next;
  }
  return area;
}

/** As many points of equal weight on both sides: the k-th smallest goes to the k-th smallest. */
function meanGap(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [a, b] = [Float64Array.from(x).sort(), Float64Array.from(y).sort()];
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}

/** Points by size, and the share of the whole that lies at each. */
function sorted(points: ArrayLike<number>, weights: ArrayLike<number> | undefined, side: string) {
  const shares = massesOf(weights, points.length, `wasserstein1d: ${side}`);
  if (weights === undefined) return { at: Float64Array.from(points).sort(), share: shares };
  const order = Int32Array.from({ length: points.length }, (_, i) => i).sort((a, b) => points[a]! - points[b]!);
  return { at: Float64Array.from(order, (i) => points[i]!), share: Float64Array.from(order, (i) => shares[i]!) };
}

function requireFinite(points: ArrayLike<number>): void {
  if (points.length === 0) throw new DataError("wasserstein1d: each side must have points - got none");
  for (let i = 0; i < points.length; i++) {
    if (!Number.isFinite(points[i]!)) {
      throw new DataError(`wasserstein1d: each point must be finite - got ${points[i]} at ${i}`);
    }
  }
}
