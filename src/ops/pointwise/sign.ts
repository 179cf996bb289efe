import type { Tensor } from "../../graph/tensor.ts";
import { applyUnary, unary } from "./pointwise.ts";

/** The primitive of `sign`. */
export const signOp = unary({
  name: "sign",
  compute: Math.sign,
  gradient: "none",
  // ONNX's Sign is slow on the CPU and missing on WebGPU.
  emit: (emitter, x) => {
    const steep = (slope: number) =>
      emitter.node("HardSigmoid", [x], x.shape, { alpha: { float: slope }, beta: { float: 0 } });
    return emitter.node("Sub", [steep(1e35), steep(-1e35)], x.shape);
  },
  // Values that are neither above nor below 0 are 0 or NaN, which are their own signs.
  kernel: (k, x) => {
    const zero = k.number(0);
    return k.select(k.greater(x, zero), k.number(1), k.select(k.greater(zero, x), k.number(-1), x));
  },
});

/** -1, 0 or 1 for each element, in the shape of x. No gradient. */
export function sign(x: Tensor): Tensor {
  return applyUnary(signOp, x);
}
