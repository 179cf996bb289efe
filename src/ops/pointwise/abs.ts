import type { Tensor } from "../../graph/tensor.ts";
import { mul } from "./mul.ts";
import { sign } from "./sign.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `abs`. */
export const absOp = unary({
  name: "abs",
  compute: Math.abs,
  gradient: (g, x) => mul(g, sign(x)),
  emit: "Abs",
  kernel: (k, x) => k.abs(x),
});

/** Absolute value of each element, in the shape of x; gradient 0 at 0. */
export function abs(x: Tensor): Tensor {
  return applyUnary(absOp, x);
}
