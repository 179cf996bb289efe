import type { Tensor } from "../../graph/tensor.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `neg`. */
export const negOp = unary({
  name: "neg",
  compute: (x) => -x,
  gradient: (g) => neg(g),
  emit: "Neg",
  kernel: (k, x) => k.neg(x),
});

/** -x, in the shape of x. */
export function neg(x: Tensor): Tensor {
  return applyUnary(negOp, x);
}
