import { fold } from "../base/random.ts";
import { add, matmul } from "../ops/index.ts";
import { type Initializer, constantInit, glorotUniform } from "./init.ts";
import { type Layer, param } from "./layer.ts";

/** Options of `linear`. */
export interface LinearOptions {
  readonly bias?: boolean;
  /** Initial value of all biases. */
  readonly initialBias?: number;
  readonly init?: Initializer;
}

/** x W + b: [..., inputs] to [..., outputs]. Parameters: weight [inputs, outputs], bias [outputs]. */
export function linear(inputs: number, outputs: number, options: LinearOptions = {}): Layer {
  const { bias = true, initialBias = 0, init = glorotUniform } = options;
  return {
    init: (key) => ({
      weight: init(fold(key, "weight"), [inputs, outputs]),
      ...(bias && { bias: constantInit([outputs], initialBias) }),
    }),
    apply: (params, x) => {
      const product = matmul(x, param(params, "weight"));
      return bias ? add(product, param(params, "bias")) : product;
    },
  };
}
