import type { Tensor } from "../../graph/tensor.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";
import { applyUnary, unary } from "./pointwise.ts";

export const softplusOp = unary({
  name: "softplus",
  compute: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gradient: (g, x) => mul(g, sigmoid(x)),
  emit: "Softplus",
});

/** log(1 + exp(x)), without overflow. */
export function softplus(x: Tensor): Tensor {
  return applyUnary(softplusOp, x);
}
