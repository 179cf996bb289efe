import { ShapeError } from "../base/errors.ts";
import { quotient, unitExponent, wholeOf } from "../base/exact.ts";
import { sharesOf } from "../base/shares.ts";

/**
 * Masses of n points, normalised to sum 1: [n]; uniform without weights. @throws ShapeError for another number of
 * weights.
 */
export function massesOf(weights: ArrayLike<number> | undefined, n: number, where: string): Float64Array {
  requireWeights(weights, n, where);
  return weights === undefined ? new Float64Array(n).fill(1 / n) : sharesOf(weights, where);
}

/**
 * @throws ShapeError for a number of weights other than n. @throws DataError or OptionError for negative or non-finite
 * weights, or if all are 0.
 */
export function requireWeights(weights: ArrayLike<number> | undefined, n: number, where: string): void {
  if (weights === undefined) return;
  if (weights.length !== n) {
    throw new ShapeError(`${where}: must have one weight per point, ${n} - got ${weights.length}`);
  }
  sharesOf(weights, where);
}

/** A whole number: a double where doubles are exact, otherwise a bigint. All numbers of one problem are of one kind. */
export type Whole = number | bigint;

// Both kinds are added and compared with the same operators, which their types cannot express.

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

/** Masses of both sides as whole multiples of one unit, with equal sums: exactly the weights, whatever their scales. */
export interface WholeMasses<W extends Whole = Whole> {
  readonly source: readonly W[];
  readonly target: readonly W[];
  /** Units of each side. */
  readonly total: W;
}

/**
 * @param target Like `source`: at least one weight is positive and none is negative or non-finite, as `massesOf` has
 * checked.
 */
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
