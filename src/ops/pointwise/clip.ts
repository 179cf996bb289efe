import { scalar } from "../../base/ndarray.ts";
import { type Tensor, apply, defineOp } from "../../graph/tensor.ts";
import { mul } from "./mul.ts";
import { requireFloat } from "./pointwise.ts";
import { step } from "./step.ts";
import { sub } from "./sub.ts";

/** The primitive of `clip`. */
export const clipOp = defineOp<{ low: number; high: number }>({
  name: "clip",
  infer: ([x]) => {
    requireFloat(x!, "clip");
    return { shape: x!.shape, dtype: "float32" };
  },
  evaluate: ([x], { low, high }) => x!.data.map((value) => Math.min(Math.max(value, low), high)),
  gradient: (g, [x], { low, high }) => [mul(g, mul(step(sub(x!, low)), step(sub(high, x!))))],
  emit: (emitter, [x], { low, high }) =>
    emitter.node("Clip", [x!, emitter.constant(scalar(low)), emitter.constant(scalar(high))], x!.shape),
  kernel: { pointwise: (k, [x], { low, high }) => k.min(k.max(x!, k.number(low)), k.number(high)) },
});

/** Each element limited to [low, high], in the shape of x; gradient 0 at and beyond the limits. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  return apply(clipOp, [x], { low, high });
}
