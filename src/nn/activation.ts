import type { Tensor } from "../graph/tensor.ts";
import { leakyRelu, relu, tanh } from "../ops/index.ts";
import type { Layer } from "./layer.ts";

export type ActivationName = "relu" | "leaky-relu" | "tanh";

/** What a unit is whose input is above 0 for no item: no gradient passes a dead one, some passes an idle one. */
const neverAbove = { relu: "dead", "leaky-relu": "idle", tanh: null } as const;

/** A function between layers, by name, whose inputs can be observed where a unit should be above 0 for some items. */
export function activation(name: ActivationName, slope = 0): Layer {
  const apply = activationOf(name, slope);
  const observed = neverAbove[name];
  return {
    init: () => ({}),
    apply: (_, x, ctx) => {
      if (observed !== null) ctx.observe(observed, x);
      return apply(x);
    },
  };
}

/** An activation by name; `slope` is that of the leaky one below 0. */
export function activationOf(name: ActivationName, slope: number): (x: Tensor) => Tensor {
  const functions = { relu, "leaky-relu": (x: Tensor) => leakyRelu(x, slope), tanh };
  return functions[name];
}
