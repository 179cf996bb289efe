import { OptionError } from "../../base/errors.ts";
import { type Tensor, apply, defineOp } from "../../graph/tensor.ts";
import { maximum } from "./maximum.ts";
import { mul } from "./mul.ts";
import { requireFloat } from "./pointwise.ts";
import { step } from "./step.ts";

/** The primitive of `leakyRelu`. */
export const leakyReluOp = defineOp<{ slope: number }>({
  name: "leakyRelu",
  infer: ([x]) => {
    requireFloat(x!, "leakyRelu");
    return { shape: x!.shape, dtype: "float32" };
  },
  evaluate: ([x], { slope }) => x!.data.map((value) => (value > 0 ? value : slope * value)),
  // The mask is 1 or the slope; as a maximum of two constants it carries no gradient of its own.
  gradient: (g, [x], { slope }) => [mul(g, maximum(step(x!), slope))],
  emit: (emitter, [x], { slope }) => emitter.node("LeakyRelu", [x!], x!.shape, { alpha: { float: slope } }),
  kernel: {
    pointwise: (k, [x], { slope }) => k.select(k.greater(x!, k.number(0)), x!, k.mul(x!, k.number(slope))),
  },
});

/**
 * x where x > 0, otherwise slope * x, in the shape of x; gradient `slope` at 0. @throws OptionError unless `slope` is
 * in [0, 1).
 */
export function leakyRelu(x: Tensor, slope = 0.2): Tensor {
  if (!(slope >= 0 && slope < 1)) throw new OptionError(`leakyRelu: slope must be in [0, 1) - got ${slope}`);
  return apply(leakyReluOp, [x], { slope });
}
