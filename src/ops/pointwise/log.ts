import type { Tensor } from "../../graph/tensor.ts";
import { div } from "./div.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `log`. */
export const logOp = unary({
  name: "log",
  compute: Math.log,
  gradient: (g, x) => div(g, x),
  emit: "Log",
  kernel: (k, x) => k.log(x),
});

/** Natural logarithm of each element, in the shape of x; -Infinity at 0, NaN below. */
export function log(x: Tensor): Tensor {
  return applyUnary(logOp, x);
}
