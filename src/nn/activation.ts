import type { Tensor } from "../graph/tensor.ts";
import { leakyRelu, relu, tanh } from "../ops/index.ts";
import type { Layer } from "./layer.ts";

/** A function between layers, whose inputs can be observed: a unit that is never above 0 is dead. */
export function activation(apply: (x: Tensor) => Tensor): Layer {
  return {
    init: () => ({}),
    apply: (_, x, ctx) => {
      ctx.observe("preactivation", x);
      return apply(x);
    },
  };
}

export type ActivationName = "relu" | "leaky-relu" | "tanh";

/** An activation by name; `slope` is that of the leaky one below 0. */
export function activationOf(name: ActivationName, slope: number): (x: Tensor) => Tensor {
  const functions = { relu, "leaky-relu": (x: Tensor) => leakyRelu(x, slope), tanh };
  return functions[name];
}
