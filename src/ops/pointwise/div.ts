import type { Tensor } from "../../graph/tensor.ts";
import { fits, isAll } from "./add.ts";
import { type Operand } from "./broadcast.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { applyBinary, binary } from "./pointwise.ts";

/** The primitive of `div`. */
export const divOp = binary({
  name: "div",
  compute: (a, b) => a / b,
  gradient: (g, _, b, y) => [div(g, b), neg(div(mul(g, y), b))],
  onnx: "Div",
  kernel: (k, a, b) => k.div(a, b),
  simplify: (a, b, y) => (isAll(b, 1) && fits(a, y) ? a : null),
});

/** Quotient a / b; the shapes broadcast. */
export function div(a: Operand, b: Operand): Tensor {
  return applyBinary(divOp, a, b);
}
