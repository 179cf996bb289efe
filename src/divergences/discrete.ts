import { DataError, OptionError, ShapeError } from "../base/errors.ts";

/** Two lists of weights as probabilities over the same outcomes. @throws for weights that are not valid. */
export function bothShares(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  where: string,
): [p: Float64Array, q: Float64Array] {
  if (p.length !== q.length || p.length === 0) {
    throw new ShapeError(`${where}: both sides must weigh the same outcomes - got ${p.length} and ${q.length} of them`);
  }
  return [sharesOf(p, where), sharesOf(q, where)];
}

function sharesOf(weights: ArrayLike<number>, where: string): Float64Array {
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (!Number.isFinite(weight)) throw new DataError(`${where}: each weight must be finite - got ${weight} at ${i}`);
    if (weight < 0) throw new OptionError(`${where}: each weight must be at least 0 - got ${weight} at ${i}`);
    total += weight;
  }
  if (!(total > 0 && Number.isFinite(total))) {
    throw new OptionError(`${where}: weights must have a finite sum above 0 - got ${total}`);
  }
  return Float64Array.from(weights, (weight) => weight / total);
}
