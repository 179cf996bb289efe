import { filled } from "./filled.ts";
import { DataError, OptionError } from "./errors.ts";

/**
 * Nonnegative weights as shares of their sum.
 * @throws DataError for one that is not finite. @throws OptionError for one below zero, or with no finite sum above it.
 */
export function sharesOf(weights: ArrayLike<number>, where: string): Float64Array {
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (!Number.isFinite(weight)) throw new DataError(`${where}: each weight must be finite - got ${weight} at ${i}`);
    if (weight < 0) {
      throw new OptionError(`${where}: each weight must be at least 0 - got ${weight} at ${i}`, "a weight is a mass");
    }
    total += weight;
  }
  if (total > 0 && Number.isFinite(total)) return filled(new Float64Array(weights.length), (i) => weights[i]! / total);
  throw new OptionError(`${where}: weights must have a finite sum above 0 - got ${total}`);
}
