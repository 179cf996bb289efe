import type { Tensor } from "../graph/tensor.ts";
import { leakyRelu, relu, tanh } from "../ops/index.ts";
import type { Part } from "./compose.ts";
import type { Layer } from "./layer.ts";

/**
 * An activation that is flat, or nearly so, below 0, as a layer whose inputs [n, ...] can be observed: a unit whose
 * input is never above 0 is dead.
 */
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

/** The activation with this name, applied to each number; `slope` is that of leaky-relu below 0. */
export function activation(name: ActivationName, slope: number): Part {
  const parts = { relu: rectifier(relu), "leaky-relu": rectifier((x) => leakyRelu(x, slope)), tanh };
  return parts[name];
}
