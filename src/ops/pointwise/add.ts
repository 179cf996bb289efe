import { equalShapes } from "../../base/ndarray.ts";
import { constantValue, type Tensor } from "../../graph/tensor.ts";
import { type Operand } from "./broadcast.ts";
import { applyBinary, binary } from "./pointwise.ts";

/** The primitive of `add`. */
export const addOp = binary({
  name: "add",
  compute: (a, b) => a + b,
  gradient: (g) => [g, g],
  onnx: "Add",
  kernel: (k, a, b) => k.add(a, b),
  simplify: (a, b, y) => (isAll(b, 0) && fits(a, y) ? a : isAll(a, 0) && fits(b, y) ? b : null),
});

/** Sum a + b; the shapes broadcast. @throws ShapeError when they do not. */
export function add(a: Operand, b: Operand): Tensor {
  return applyBinary(addOp, a, b);
}

/** Whether every element of a constant, of any shape, is `value`; false for tensors that are not constants. */
export function isAll(x: Tensor, value: number): boolean {
  const known = constantValue(x);
  return known !== null && known.data.every((number) => number === value);
}

/** Whether `x` can replace `y`: it has its shape. */
export function fits(x: Tensor, y: Tensor): boolean {
  return equalShapes(x.shape, y.shape);
}
