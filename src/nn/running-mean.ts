import { zeros } from "../base/ndarray.ts";
import { add, mean, mul, stopGradient, sub } from "../ops/index.ts";
import type { Layer } from "./layer.ts";

/** The running mean [] of all numbers that it was shown in earlier steps; those of this step are taken in after. */
export function runningMean(momentum = 0.1): Layer {
  return {
    init: () => ({}),
    stats: { mean: zeros([]) },
    apply: (_, x, ctx) => {
      const old = ctx.stat("mean");
      if (ctx.training) ctx.updateStat("mean", add(old, mul(sub(stopGradient(mean(x)), old), momentum)));
      return old;
    },
  };
}
