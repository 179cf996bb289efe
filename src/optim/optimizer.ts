import type { NdArray } from "../base/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Schedule } from "./schedule.ts";

/** Declares a number that the host computes before each step from the count of updates done before this one. */
export type ScalarInput = (name: string, at: Schedule) => Tensor;

/** State of an optimizer by slot, such as its moments; each slot is of the parameters' shapes. */
export type Slots<T> = Readonly<Record<string, T>>;

/**
 * One rule for changing parameters. All parameters of a net are one vector [p], so that a rule is a handful of nodes
 * however many layers there are; the rule itself is graph, so that it can be differentiated through.
 */
export interface Optimizer {
  /** Initial moments and the like, one vector [p] a slot. */
  init(params: NdArray<"float32">): Slots<NdArray<"float32">>;
  update(
    params: Tensor,
    grads: Tensor,
    slots: Slots<Tensor>,
    scalar: ScalarInput,
  ): { readonly params: Tensor; readonly slots: Slots<Tensor> };
}
