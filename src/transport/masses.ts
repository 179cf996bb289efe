import { ShapeError } from "../base/errors.ts";
import { sharesOf } from "../base/shares.ts";

/** What lies at each of n points, as shares of the whole; equal ones where no weights are given. @throws ShapeError for another number of weights. */
export function massesOf(weights: ArrayLike<number> | undefined, n: number, where: string): Float64Array {
  if (weights === undefined) return new Float64Array(n).fill(1 / n);
  if (weights.length === n) return sharesOf(weights, where);
  throw new ShapeError(`${where}: must have a weight a point, ${n} - got ${weights.length}`);
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
    source: toUnits(massesOf(source, n, `${where}: source`), total),
    target: toUnits(massesOf(target, m, `${where}: target`), total),
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
