import type { Tensor } from "../../graph/tensor.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `sqrt`. */
export const sqrtOp = unary({
  name: "sqrt",
  compute: Math.sqrt,
  gradient: (g, _, y) => div(mul(g, 0.5), y),
  emit: "Sqrt",
  kernel: (k, x) => k.sqrt(x),
});

/**
 * Square root of each element, in the shape of x. Its gradient at 0 is infinite, so add a small number where 0 can
 * occur.
 */
export function sqrt(x: Tensor): Tensor {
  return applyUnary(sqrtOp, x);
}
