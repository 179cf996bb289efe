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

/** e to the power x. */
export function exp(x: Tensor): Tensor {
  return applyUnary(expOp, x);
}
