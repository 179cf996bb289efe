import { ndarray } from "../base/ndarray.ts";
import { add, mul, sub } from "../ops/index.ts";
import type { Optimizer } from "./optimizer.ts";
import { type Schedule, asSchedule } from "./schedule.ts";

/** The slot that holds the averaged parameters. */
export const emaSlot = "ema";

/**
 * Another optimizer that also keeps an exponential moving average of the parameters, for sampling and evaluation.
 * @param decay Share of the average that is kept at each step.
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
 * A decay that starts low and rises to `decay`: over about the last tenth of the steps made so far, until that is more
 * than `decay` reaches back. The average over a short run would else hold its beginning.
 * @source `num_updates` of TensorFlow's ExponentialMovingAverage.
 */
export function emaWarmup(decay: number): Schedule {
  return (count) => Math.min(decay, (1 + count) / (10 + count));
}
