import type { NdArray, Shape } from "../base/ndarray.ts";
import { type Tensor, constant, input } from "../graph/tensor.ts";
import { stopGradient } from "../ops/index.ts";
import type { Arrays } from "../runtime/index.ts";
import type { Layout } from "./layout.ts";

/** Names of the tensors of a run's state. */
export const stateNames = {
  params: (net: string) => `params/${net}`,
  stat: (net: string, path: string) => `stats/${net}.${path}`,
  slot: (step: string, net: string, slot: string) => `${step}/${slot}/${net}`,
};

export type Layouts = Readonly<Record<string, Layout>>;

/** Values of the state as tensors of one graph: inputs until a step gives them a new value. */
export class StateView {
  readonly updated = new Map<string, Tensor>();
  private readonly inputs = new Map<string, Tensor>();

  constructor(private readonly frozen: Arrays | null) {}

  get(name: string, shape: Shape): Tensor {
    const known = this.updated.get(name) ?? this.inputs.get(name);
    if (known !== undefined) return known;
    const value = this.frozen?.[name];
    const tensor = value === undefined ? input(name, shape) : constant(value as NdArray<"float32">);
    this.inputs.set(name, tensor);
    return tensor;
  }

  /** To later steps a new value is a number: no gradient flows back through the step that made it. */
  set(name: string, value: Tensor): void {
    this.updated.set(name, stopGradient(value));
  }
}
