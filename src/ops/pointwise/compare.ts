import type { Arithmetic, Scalar } from "../../graph/kernel-form.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type Operand } from "./broadcast.ts";
import { applyBinary, binary } from "./pointwise.ts";

/** The primitive of `greater`. */
export const greaterOp = comparison(
  "greater",
  "Greater",
  (a, b) => a > b,
  (k, a, b) => k.greater(a, b),
);
/** The primitive of `greaterEqual`. */
export const greaterEqualOp = comparison(
  "greaterEqual",
  "GreaterOrEqual",
  (a, b) => a >= b,
  (k, a, b) => k.greaterEqual(a, b),
);
/** The primitive of `less`. */
export const lessOp = comparison(
  "less",
  "Less",
  (a, b) => a < b,
  (k, a, b) => k.greater(b, a),
);
/** The primitive of `lessEqual`. */
export const lessEqualOp = comparison(
  "lessEqual",
  "LessOrEqual",
  (a, b) => a <= b,
  (k, a, b) => k.greaterEqual(b, a),
);
/** The primitive of `equal`. */
export const equalOp = comparison(
  "equal",
  "Equal",
  (a, b) => a === b,
  (k, a, b) => k.equal(a, b),
);

function comparison(
  name: string,
  onnx: string,
  holds: (a: number, b: number) => boolean,
  kernel: (k: Arithmetic, a: Scalar, b: Scalar) => Scalar,
) {
  return binary({
    name,
    onnx,
    kernel,
    compute: (a, b) => (holds(a, b) ? 1 : 0),
    gradient: "none",
    takes: ["float32", "int32"],
    result: "bool",
  });
}

/** a > b as bool; the shapes broadcast. */
export function greater(a: Operand, b: Operand): Tensor {
  return applyBinary(greaterOp, a, b);
}

/** a >= b as bool; the shapes broadcast. */
export function greaterEqual(a: Operand, b: Operand): Tensor {
  return applyBinary(greaterEqualOp, a, b);
}

/** a < b as bool; the shapes broadcast. */
export function less(a: Operand, b: Operand): Tensor {
  return applyBinary(lessOp, a, b);
}

/** a <= b as bool; the shapes broadcast. */
export function lessEqual(a: Operand, b: Operand): Tensor {
  return applyBinary(lessEqualOp, a, b);
}

/** a = b as bool; the shapes broadcast. */
export function equal(a: Operand, b: Operand): Tensor {
  return applyBinary(equalOp, a, b);
}
