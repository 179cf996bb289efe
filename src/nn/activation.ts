import type { Tensor } from "../graph/tensor.ts";
import { leakyRelu, relu, tanh } from "../ops/index.ts";
import type { Part } from "./compose.ts";
import type { Layer } from "./layer.ts";

/** A function that is steep above 0 and flat or nearly so below. Its inputs can be observed: a unit never above 0 is dead. */
export function rectifier(apply: (x: Tensor) => Tensor): Layer {
  return {
    init: () => ({}),
    apply: (_, x, ctx) => {
      ctx.observe("preactivation", x);
      return apply(x);
    },
  };
}

/** Name of an activation function. */
export type ActivationName = "relu" | "leaky-relu" | "tanh";

/** What goes between layers, by name; `slope` is that of the leaky one below 0. */
export function activation(name: ActivationName, slope: number): Part {
  const parts = { relu: rectifier(relu), "leaky-relu": rectifier((x) => leakyRelu(x, slope)), tanh };
  return parts[name];
}
