import { scalar } from "../../base/ndarray.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `log1p`. */
export const log1pOp = unary({
  name: "log1p",
  compute: Math.log1p,
  gradient: (g, x) => div(g, add(x, 1)),
  // ONNX has no log1p; log(1 + x) loses small x to rounding, 2 atanh(x / (x + 2)) does not.
  emit: (emitter, x) => {
    const number = (value: number) => emitter.constant(scalar(value));
    const near = emitter.node("Div", [x, emitter.node("Add", [x, number(2)], x.shape)], x.shape);
    const series = emitter.node("Mul", [emitter.node("Atanh", [near], x.shape), number(2)], x.shape);
    const plain = emitter.node("Log", [emitter.node("Add", [x, number(1)], x.shape)], x.shape);
    const small = emitter.node("Less", [emitter.node("Abs", [x], x.shape), number(0.5)], x.shape);
    return emitter.node("Where", [small, series, plain], x.shape);
  },
  kernel: (k, x) => k.log1p(x),
});

/** log(1 + x) of each element, in the shape of x; accurate near 0. */
export function log1p(x: Tensor): Tensor {
  return applyUnary(log1pOp, x);
}
