import type { Tensor } from "../../graph/tensor.ts";
import { mul } from "./mul.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `exp`. */
export const expOp = unary({
  name: "exp",
  compute: Math.exp,
  gradient: (g, _, y) => mul(g, y),
  emit: "Exp",
  kernel: (k, x) => k.exp(x),
});

/** e to the power of each element, in the shape of x. */
export function exp(x: Tensor): Tensor {
  return applyUnary(expOp, x);
}
