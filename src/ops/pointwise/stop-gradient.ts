import { type Tensor, apply, defineOp } from "../../graph/tensor.ts";

/** The primitive of `stopGradient`. */
export const stopGradientOp = defineOp<{}>({
  name: "stopGradient",
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  evaluate: ([x]) => x!.data,
  gradient: "none",
  emit: (_, [x]) => x!,
  kernel: { view: ([x]) => x! },
  simplify: ([x]) => x!,
});

/** The value of x, in its shape, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x], {});
}
