import { type Tensor, staticDim } from "../graph/tensor.ts";
import { type Operand, add, mul, reshape, step, sub } from "../ops/index.ts";
import type { ItemTransform } from "./for-items.ts";

/**
 * Each item, with a given chance, under one of the transformations, all equally likely, the identity among them; else as
 * it is. Where any two of them done one after the other are one of them, distributions of items that differ still differ
 * after it, unless the chance is 1.
 * @param choice Uniform on [0, 1), [n].
 * @param chance On [0, 1], a number or [].
 */
export function transformedAtRandom(
  transforms: readonly ItemTransform[],
  items: Tensor,
  choice: Tensor,
  chance: Operand = 1,
): Tensor {
  const each = [staticDim(items, 0, "transforms"), ...items.shape.slice(1).map(() => 1)];
  /** Whether the choice is above so many equal parts of the chance: 1 or 0. */
  const above = (parts: number): Tensor => reshape(step(sub(choice, mul(chance, parts / transforms.length))), each);
  const chosen = transforms.map((_, k) => (k === 0 ? sub(1, above(1)) : sub(above(k), above(k + 1))));
  chosen[0] = add(chosen[0]!, above(transforms.length));
  return transforms.map(({ apply }, k) => mul(apply(items), chosen[k]!)).reduce((sum, part) => add(sum, part));
}
