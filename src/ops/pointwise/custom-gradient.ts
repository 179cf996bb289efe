import { type Tensor, apply, defineOp } from "../../graph/tensor.ts";

/** Gradients for the `inputs`, given that of the value. */
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
 * `value`, computed from `inputs` in any way, with a gradient by a hand-written rule instead of the one that its ops
 * would give: for closed forms that are cheaper or more accurate. The rule is written in ops and can be differentiated.
 */
export function customGradient(value: Tensor, inputs: readonly Tensor[], rule: GradientRule): Tensor {
  return apply(customGradientOp, [value, ...inputs], { rule });
}
