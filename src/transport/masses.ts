import { ShapeError } from "../base/errors.ts";
import { quotient, unitExponent, wholeOf } from "../base/exact.ts";
import { sharesOf } from "../base/shares.ts";

/** What lies at each of n points, as shares of the whole; equal ones where no weights are given. @throws ShapeError for another number of weights. */
export function massesOf(weights: ArrayLike<number> | undefined, n: number, where: string): Float64Array {
  requireWeights(weights, n, where);
  return weights === undefined ? new Float64Array(n).fill(1 / n) : sharesOf(weights, where);
}

/** @throws ShapeError for another number of weights than n. @throws DataError or OptionError for one that is no mass, or none above 0. */
export function requireWeights(weights: ArrayLike<number> | undefined, n: number, where: string): void {
  if (weights === undefined) return;
  if (weights.length !== n) {
    throw new ShapeError(`${where}: must have one weight per point, ${n} - got ${weights.length}`);
  }
  sharesOf(weights, where);
}

/** A whole number: as a double while these count exactly, else of any size. Those of one problem are of one kind. */
export type Whole = number | bigint;

// Both kinds are added and compared alike, which their types cannot say.

export function plus<W extends Whole>(a: W, b: W): W {
  return ((a as number) + (b as number)) as W;
}

export function minus<W extends Whole>(a: W, b: W): W {
  return ((a as number) - (b as number)) as W;
}

/** The double nearest to part / whole. */
export function shareOf(part: Whole, whole: Whole): number {
  return typeof part === "number" ? part / (whole as number) : quotient(part, whole as bigint);
}

/** Both sides' masses as whole numbers of one unit, of equal sums: exactly the weights, whatever their scales. */
export interface WholeMasses<W extends Whole = Whole> {
  readonly source: readonly W[];
  readonly target: readonly W[];
  /** Units of each side. */
  readonly total: W;
}

/** @param target One of both. Each side has a weight above 0, and no weight is below or not finite: `massesOf` has seen them. */
export function wholeMasses(
  source: ArrayLike<number> | undefined,
  target: ArrayLike<number> | undefined,
  [n, m]: readonly [number, number],
): WholeMasses {
  const [a, b] = [wholeWeights(source, n), wholeWeights(target, m)];
  const both = greatestDivisor(a.total, b.total);
  const [left, right] = [b.total / both, a.total / both];
  const total = a.total * left;
  const units = { source: a.weights.map((each) => each * left), target: b.weights.map((each) => each * right), total };
  if (total > BigInt(Number.MAX_SAFE_INTEGER)) return units;
  return { source: units.source.map(Number), target: units.target.map(Number), total: Number(total) };
}

/** Weights as whole multiples of one unit. */
function wholeWeights(given: ArrayLike<number> | undefined, n: number): { weights: bigint[]; total: bigint } {
  const values = given === undefined ? new Array<number>(n).fill(1) : Array.from(given);
  const unit = values.reduce((least, value) => Math.min(least, unitExponent(value)), Infinity);
  const weights = values.map((value) => wholeOf(value, unit));
  return { weights, total: weights.reduce((sum, weight) => sum + weight, 0n) };
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestDivisor(b, a % b);
}
