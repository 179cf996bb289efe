import type { Tensor } from "../../graph/tensor.ts";
import { fits, isAll } from "./add.ts";
import { type Operand } from "./broadcast.ts";
import { neg } from "./neg.ts";
import { applyBinary, binary } from "./pointwise.ts";

/** The primitive of `sub`. */
export const subOp = binary({
  name: "sub",
  compute: (a, b) => a - b,
  gradient: (g) => [g, neg(g)],
  onnx: "Sub",
  kernel: (k, a, b) => k.sub(a, b),
  simplify: (a, b, y) => (isAll(b, 0) && fits(a, y) ? a : null),
});

/** Difference a - b; the shapes broadcast. */
export function sub(a: Operand, b: Operand): Tensor {
  return applyBinary(subOp, a, b);
}
