import type { Tensor } from "../../graph/tensor.ts";
import { applyUnary, unary } from "./pointwise.ts";

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
});

/** -1, 0 or 1. No gradient. */
export function sign(x: Tensor): Tensor {
  return applyUnary(signOp, x);
}
