import { ndarray } from "../../dist/base/ndarray.js";
import { fold, key, normal, uniform } from "../../dist/base/random.js";

export function normalBatches(shape, count) {
  return Array.from({ length: count }, (_, i) => normal(fold(key(0), "data", i), shape));
}

/** Pixels that are 0 or 1. */
export function binaryBatches(shape, count) {
  return Array.from({ length: count }, (_, i) => {
    const drawn = uniform(fold(key(0), "data", i), shape);
    return ndarray(
      "float32",
      shape,
      drawn.data.map((value) => (value < 0.13 ? 1 : 0)),
    );
  });
}
