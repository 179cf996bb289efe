import type { Tensor } from "../../graph/tensor.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `tanh`. */
export const tanhOp = unary({
  name: "tanh",
  compute: Math.tanh,
  gradient: (g, _, y) => mul(g, sub(1, mul(y, y))),
  emit: "Tanh",
  kernel: (k, x) => k.tanh(x),
});

/** Hyperbolic tangent of each element, in (-1, 1), in the shape of x. */
export function tanh(x: Tensor): Tensor {
  return applyUnary(tanhOp, x);
}
