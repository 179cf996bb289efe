import type { NdArray } from "../base/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Schedule } from "./schedule.ts";

/** Declares a scalar that the host computes before each update from the number of updates already made. */
export type ScalarInput = (name: string, at: Schedule) => Tensor;

/** State of an optimizer by slot, such as its moments; each slot has the shape of the parameters. */
export type Slots<T> = Readonly<Record<string, T>>;

/**
 * An update rule for parameters. All parameters of a net are one vector [p], so a rule takes a handful of nodes for any
 * number of layers. The rule is part of the graph and can be differentiated.
 */
export interface Optimizer {
  /** Initial state: one vector [p] per slot. */
  init(params: NdArray<"float32">): Slots<NdArray<"float32">>;
  update(
    params: Tensor,
    grads: Tensor,
    slots: Slots<Tensor>,
    scalar: ScalarInput,
  ): { readonly params: Tensor; readonly slots: Slots<Tensor> };
}
