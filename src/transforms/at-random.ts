import { type Tensor, staticDim } from "../graph/tensor.ts";
import { type Operand, add, mul, reshape, step, sub } from "../ops/index.ts";
import type { ItemTransform } from "./for-items.ts";

/**
 * Applies to each item, with the given probability, one of the transformations, chosen uniformly (the identity
 * included); other items are unchanged. If the transformations form a group, distributions that differ still differ
 * afterwards, unless the probability is 1.
 * @param items Items [n, ...]; the result has the same shape.
 * @param choice Uniform on [0, 1), [n].
 * @param chance Probability in [0, 1], a number or a scalar tensor [].
 */
export function transformedAtRandom(
  transforms: readonly ItemTransform[],
  items: Tensor,
  choice: Tensor,
  chance: Operand = 1,
): Tensor {
  const each = [staticDim(items, 0, "transforms"), ...items.shape.slice(1).map(() => 1)];
  /** 1 where the choice exceeds this many equal parts of the probability, else 0. */
  const above = (parts: number): Tensor => reshape(step(sub(choice, mul(chance, parts / transforms.length))), each);
  const chosen = transforms.map((_, k) => (k === 0 ? sub(1, above(1)) : sub(above(k), above(k + 1))));
  chosen[0] = add(chosen[0]!, above(transforms.length));
  return transforms.map(({ apply }, k) => mul(apply(items), chosen[k]!)).reduce((sum, part) => add(sum, part));
}
