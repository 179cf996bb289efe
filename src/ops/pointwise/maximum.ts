import type { Tensor } from "../../graph/tensor.ts";
import { add } from "./add.ts";
import { type Operand } from "./broadcast.ts";
import { mul } from "./mul.ts";
import { applyBinary, binary } from "./pointwise.ts";
import { step } from "./step.ts";
import { sub } from "./sub.ts";

/** The primitive of `maximum`. */
export const maximumOp = binary({
  name: "maximum",
  compute: Math.max,
  gradient: (g, a, b) => maximumGradient(g, a, b),
  onnx: "Max",
  kernel: (k, a, b) => k.max(a, b),
});

/** The larger of each pair; the shapes broadcast. Ties share the gradient equally. */
export function maximum(a: Operand, b: Operand): Tensor {
  return applyBinary(maximumOp, a, b);
}

/**
 * Gradients of both operands, in the shape of `g`: `g` where the operand is larger, half of it at ties, 0 elsewhere.
 */
export function maximumGradient(g: Tensor, a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  const above = step(sub(a, b));
  const below = step(sub(b, a));
  return [mul(g, share(above, below)), mul(g, share(below, above))];
}

function share(above: Tensor, below: Tensor): Tensor {
  return add(mul(sub(above, below), 0.5), 0.5);
}
