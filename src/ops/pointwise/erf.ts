import type { Tensor } from "../../graph/tensor.ts";
import { erfOf } from "../../numeric/erf.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `erf`. */
export const erfOp = unary({
  name: "erf",
  compute: erfOf,
  gradient: (g, x) => mul(g, mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x))))),
  emit: "Erf",
  kernel: (k, x) => k.erf(x),
});

/** Error function of each element, in (-1, 1), in the shape of x. */
export function erf(x: Tensor): Tensor {
  return applyUnary(erfOp, x);
}
