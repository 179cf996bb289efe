import { scalar } from "../../base/ndarray.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `expm1`. */
export const expm1Op = unary({
  name: "expm1",
  compute: Math.expm1,
  gradient: (g, _, y) => mul(g, add(y, 1)),
  // ONNX has no expm1; exp(x) - 1 loses small x to rounding, 2 tanh(x/2) / (1 - tanh(x/2)) does not.
  emit: (emitter, x) => {
    const number = (value: number) => emitter.constant(scalar(value));
    const tanh = emitter.node("Tanh", [emitter.node("Mul", [x, number(0.5)], x.shape)], x.shape);
    const doubled = emitter.node("Mul", [tanh, number(2)], x.shape);
    const near = emitter.node("Div", [doubled, emitter.node("Sub", [number(1), tanh], x.shape)], x.shape);
    const plain = emitter.node("Sub", [emitter.node("Exp", [x], x.shape), number(1)], x.shape);
    const small = emitter.node("Less", [emitter.node("Abs", [x], x.shape), number(0.5)], x.shape);
    return emitter.node("Where", [small, near, plain], x.shape);
  },
  kernel: (k, x) => k.expm1(x),
});

/** exp(x) - 1 of each element, in the shape of x; accurate near 0. */
export function expm1(x: Tensor): Tensor {
  return applyUnary(expm1Op, x);
}
