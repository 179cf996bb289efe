import type { Tensor } from "../../graph/tensor.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `softplus`. */
export const softplusOp = unary({
  name: "softplus",
  compute: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gradient: (g, x) => mul(g, sigmoid(x)),
  // ONNX Runtime's Softplus is a scalar loop; relu(x) - log(sigmoid(|x|)) is the same in a quarter of its time.
  emit: (emitter, x) => {
    const [size, positive] = [emitter.node("Abs", [x], x.shape), emitter.node("Relu", [x], x.shape)];
    const rest = emitter.node("Log", [emitter.node("Sigmoid", [size], x.shape)], x.shape);
    return emitter.node("Sub", [positive, rest], x.shape);
  },
  kernel: (k, x) => k.softplus(x),
});

/** log(1 + exp(x)) of each element, in the shape of x, without overflow. */
export function softplus(x: Tensor): Tensor {
  return applyUnary(softplusOp, x);
}
