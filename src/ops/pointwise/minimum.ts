import type { Tensor } from "../../graph/tensor.ts";
import { type Operand } from "./broadcast.ts";
import { maximumGradient } from "./maximum.ts";
import { applyBinary, binary } from "./pointwise.ts";

/** The primitive of `minimum`. */
export const minimumOp = binary({
  name: "minimum",
  compute: Math.min,
  gradient: (g, a, b) => {
    const [db, da] = maximumGradient(g, b, a);
    return [db, da];
  },
  onnx: "Min",
  kernel: (k, a, b) => k.min(a, b),
});

/** The smaller of each pair; the shapes broadcast. Ties share the gradient equally. */
export function minimum(a: Operand, b: Operand): Tensor {
  return applyBinary(minimumOp, a, b);
}
