import { filled } from "./filled.ts";
import { DataError, OptionError } from "./errors.ts";

/**
 * Normalises nonnegative weights to sum to 1.
 * @throws DataError for a weight that is not finite. @throws OptionError for a negative weight, or a sum that is 0 or not finite.
 */
export function sharesOf(weights: ArrayLike<number>, where: string): Float64Array {
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (!Number.isFinite(weight)) throw new DataError(`${where}: each weight must be finite - got ${weight} at ${i}`);
    if (weight < 0) {
      throw new OptionError(
        `${where}: each weight must be at least 0 - got ${weight} at ${i}`,
        "weights are masses, which cannot be negative",
      );
    }
    total += weight;
  }
  if (total > 0 && Number.isFinite(total)) return filled(new Float64Array(weights.length), (i) => weights[i]! / total);
  throw new OptionError(`${where}: weights must have a finite sum above 0 - got ${total}`);
}
