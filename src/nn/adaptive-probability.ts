import { zeros } from "../base/ndarray.ts";
import { add, clip, stopGradient } from "../ops/index.ts";
import type { Layer } from "./layer.ts";

/**
 * A probability [] in [0, 1], initially 0. Applied to x [], it returns the current value and adds x for later steps.
 */
export function adaptiveProbability(): Layer {
  return {
    init: () => ({}),
    stats: { chance: zeros([]) },
    apply: (_, x, ctx) => {
      const now = ctx.stat("chance");
      if (ctx.training) ctx.updateStat("chance", clip(add(now, stopGradient(x)), 0, 1));
      return now;
    },
  };
}
