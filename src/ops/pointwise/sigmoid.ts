import type { Tensor } from "../../graph/tensor.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `sigmoid`. */
export const sigmoidOp = unary({
  name: "sigmoid",
  compute: (x) => 1 / (1 + Math.exp(-x)),
  gradient: (g, _, y) => mul(g, mul(y, sub(1, y))),
  emit: "Sigmoid",
  kernel: (k, x) => k.sigmoid(x),
});

/** Logistic function 1 / (1 + exp(-x)) of each element, in (0, 1), in the shape of x. */
export function sigmoid(x: Tensor): Tensor {
  return applyUnary(sigmoidOp, x);
}
