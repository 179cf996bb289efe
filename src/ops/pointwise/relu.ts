import type { Tensor } from "../../graph/tensor.ts";
import { mul } from "./mul.ts";
import { applyUnary, unary } from "./pointwise.ts";
import { step } from "./step.ts";

/** The primitive of `relu`. */
export const reluOp = unary({
  name: "relu",
  compute: (x) => Math.max(x, 0),
  // From y, not x: the pre-activation need not be kept.
  gradient: (g, _, y) => mul(g, step(y)),
  emit: "Relu",
  kernel: (k, x) => k.max(x, k.number(0)),
});

/** max(x, 0) of each element, in the shape of x; gradient 0 at 0. */
export function relu(x: Tensor): Tensor {
  return applyUnary(reluOp, x);
}
