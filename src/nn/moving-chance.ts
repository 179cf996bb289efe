import { zeros } from "../base/ndarray.ts";
import { add, clip, stopGradient } from "../ops/index.ts";
import type { Layer } from "./layer.ts";

/** A number [] on [0, 1] that starts at 0: a call tells it as it is, and moves it by x for all that ask later. */
export function movingChance(): Layer {
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
