import type { Tensor } from "../../graph/tensor.ts";
import { constantValue } from "../../graph/tensor.ts";
import { type Operand } from "./broadcast.ts";
import { log } from "./log.ts";
import { mul } from "./mul.ts";
import { applyBinary, binary } from "./pointwise.ts";
import { sub } from "./sub.ts";

/** The primitive of `pow`. */
export const powOp = binary({
  name: "pow",
  compute: (a, b) => a ** b,
  // A constant exponent needs no gradient, whose logarithm would be NaN for a negative base.
  gradient: (g, a, b, y) => [
    mul(g, mul(b, pow(a, sub(b, 1)))),
    constantValue(b) === null ? mul(g, mul(y, log(a))) : null,
  ],
  onnx: "Pow",
  kernel: (k, a, b) => k.pow(a, b),
});

/** a to the power b; the shapes broadcast. The gradient of b is defined for a > 0. */
export function pow(a: Operand, b: Operand): Tensor {
  return applyBinary(powOp, a, b);
}
