import { ndarray } from "../base/ndarray.ts";
import { add, mul, sub } from "../ops/index.ts";
import type { Optimizer } from "./optimizer.ts";
import { type Schedule, asSchedule } from "./schedule.ts";

/** Name of the slot that holds the EMA parameters. */
export const emaSlot = "ema";

/**
 * Keeps an exponential moving average (EMA) of the parameters for sampling and evaluation.
 * @param decay Weight of the previous average at each update, in [0, 1).
 */
export function withEma(inner: Optimizer, decay: number | Schedule): Optimizer {
  const kept = asSchedule(decay);
  return {
    init: (params) => ({
      ...inner.init(params),
      [emaSlot]: ndarray("float32", params.shape, params.data.slice()),
    }),
    update: (params, grads, { [emaSlot]: average, ...slots }, scalar) => {
      const result = inner.update(params, grads, slots, scalar);
      const share = scalar("newest", (count) => 1 - kept(count));
      const next = add(average!, mul(sub(result.params, average!), share));
      return { params: result.params, slots: { ...result.slots, [emaSlot]: next } };
    },
  };
}

/**
 * A decay that starts low and rises to `decay`: the average covers about the last tenth of the steps done so far and,
 * once that is longer, the last 1 / (1 - decay) steps. In a short run, a constant decay would give the initial parameters
 * too much weight.
 * @source `num_updates` of TensorFlow's ExponentialMovingAverage.
 */
export function emaWarmup(decay: number): Schedule {
  return (count) => Math.min(decay, (1 + count) / (10 + count));
}
