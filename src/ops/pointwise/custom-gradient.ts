import { type Tensor, apply, defineOp } from "../../graph/tensor.ts";

/** Gradients of the `inputs`, in their shapes, given that of the value; null for none. */
export type GradientRule = (g: Tensor) => readonly (Tensor | null)[];

/** The primitive of `customGradient`. */
export const customGradientOp = defineOp<{ rule: GradientRule }>({
  name: "customGradient",
  infer: ([value]) => ({ shape: value!.shape, dtype: value!.dtype }),
  evaluate: ([value]) => value!.data,
  gradient: (g, _, { rule }) => [null, ...rule(g)],
  emit: (_, [value]) => value!,
  kernel: { view: ([value]) => value! },
  simplify: ([value]) => value!,
});

/**
 * `value`, computed from `inputs` in any way, with a hand-written gradient instead of that of its ops: for closed forms
 * that are cheaper or more accurate. The rule maps a gradient in the shape of `value` to one in the shape of each
 * input; it is written in ops and can be differentiated.
 */
export function customGradient(value: Tensor, inputs: readonly Tensor[], rule: GradientRule): Tensor {
  return apply(customGradientOp, [value, ...inputs], { rule });
}
