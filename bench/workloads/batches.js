import { fold, key, normal } from "../../dist/base/random.js";

export function normalBatches(shape, count) {
  return Array.from({ length: count }, (_, i) => normal(fold(key(0), "data", i), shape));
}
