import { zeros } from "../base/ndarray.ts";
import { add, mean, mul, stopGradient, sub } from "../ops/index.ts";
import type { Layer } from "./layer.ts";

/** The running mean [] of its inputs in earlier steps; the current input is included from the next step on. */
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
