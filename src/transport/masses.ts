import { DataError, OptionError, ShapeError } from "../base/errors.ts";

/** What lies at each point, as shares of their sum; equal shares where no weights are given. */
export function sharesOf(weights: ArrayLike<number> | undefined, n: number, where: string): Float64Array {
  if (weights === undefined) return new Float64Array(n).fill(1 / n);
  const total = totalOf(weights, n, where);
  return Float64Array.from(weights, (weight) => weight / total);
}

/** @throws ShapeError for another number of weights. @throws OptionError for weights below zero, or with no finite sum above it. */
function totalOf(weights: ArrayLike<number>, n: number, where: string): number {
  if (weights.length !== n) {
    throw new ShapeError(`${where}: must have a weight a point, ${n} - got ${weights.length}`);
  }
  let total = 0;
  for (let i = 0; i < n; i++) {
    const weight = weights[i]!;
    if (!Number.isFinite(weight)) {
      throw new DataError(`${where}: each weight must be finite - got ${weight} at ${i}`);
    }
    if (weight < 0) {
      throw new OptionError(`${where}: each weight must be at least 0 - got ${weight} at ${i}`, "a weight is a mass");
    }
    total += weight;
  }
  if (total > 0 && Number.isFinite(total)) return total;
  throw new OptionError(`${where}: weights must have a finite sum above 0 - got ${total}`);
}

/** Units that the mass of one side is cut into: as many as doubles count exactly, with room for sums. */
const mostUnits = 2 ** 50;

/** Both sides' masses as whole numbers of one unit, of equal sums: sums and differences of them are exact. */
export interface WholeMasses {
  readonly source: Float64Array;
  readonly target: Float64Array;
  /** Units of each side. */
  readonly total: number;
}

/** Equal or whole weights are kept exactly; others move by at most a unit, 2^-50 of the whole, and the largest by one for each. */
export function wholeMasses(
  source: ArrayLike<number> | undefined,
  target: ArrayLike<number> | undefined,
  [n, m]: readonly [number, number],
  where: string,
): WholeMasses {
  const [parts, others] = [partsOf(source, n), partsOf(target, m)];
  const both = parts * others;
  const total = both < mostUnits ? both * Math.floor(mostUnits / both) : mostUnits;
  return {
    source: toUnits(sharesOf(source, n, `${where}: source`), total),
    target: toUnits(sharesOf(target, m, `${where}: target`), total),
    total,
  };
}

/** Parts that all weights are whole multiples of, where that is plain to see. */
function partsOf(weights: ArrayLike<number> | undefined, n: number): number {
  const all = Array.from(weights ?? []);
  return all.length > 0 && all.every(Number.isInteger) ? all.reduce((sum, weight) => sum + weight, 0) : n;
}

function toUnits(shares: Float64Array, total: number): Float64Array {
  const units = shares.map((share) => Math.round(share * total));
  let largest = 0;
  let left = total;
  for (let i = 0; i < units.length; i++) {
    left -= units[i]!;
    if (units[i]! > units[largest]!) largest = i;
  }
  units[largest]! += left;
  return units;
}
