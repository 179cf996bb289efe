import type { Tensor } from "../../graph/tensor.ts";
import { fits, isAll } from "./add.ts";
import { type Operand } from "./broadcast.ts";
import { applyBinary, binary } from "./pointwise.ts";

/** The primitive of `mul`. */
export const mulOp = binary({
  name: "mul",
  compute: (a, b) => a * b,
  gradient: (g, a, b) => [mul(g, b), mul(g, a)],
  onnx: "Mul",
  kernel: (k, a, b) => k.mul(a, b),
  simplify: (a, b, y) => (isAll(b, 1) && fits(a, y) ? a : isAll(a, 1) && fits(b, y) ? b : null),
});

/** Product a * b, element by element; the shapes broadcast. */
export function mul(a: Operand, b: Operand): Tensor {
  return applyBinary(mulOp, a, b);
}

/** x * x, in the shape of x. */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}
