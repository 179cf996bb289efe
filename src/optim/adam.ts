import { zeros } from "../base/ndarray.ts";
import { add, div, mul, sqrt, square, sub } from "../ops/index.ts";
import type { Optimizer } from "./optimizer.ts";
import { type Schedule, asSchedule } from "./schedule.ts";

export interface AdamOptions {
  readonly learningRate: number | Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

export interface AdamWOptions extends AdamOptions {
  readonly weightDecay?: number;
}

/** @source Kingma, Ba, arXiv 1412.6980, algorithm 1. */
export function adam(options: AdamOptions): Optimizer {
  return adamW({ ...options, weightDecay: 0 });
}

/**
 * Adam with weights that decay by lr * weightDecay a step, apart from the gradient.
 * @source Loshchilov, Hutter, arXiv 1711.05101, algorithm 2.
 */
export function adamW(options: AdamWOptions): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options;
  const rate = asSchedule(options.learningRate);
  const correction = (count: number) => Math.sqrt(1 - beta2 ** (count + 1));
  return {
    init: (params) => ({ mean: zeros(params.shape), square: zeros(params.shape) }),
    update: (params, grads, slots, scalar) => {
      const mean = add(slots.mean!, mul(sub(grads, slots.mean!), 1 - beta1));
      const second = add(slots.square!, mul(sub(square(grads), slots.square!), 1 - beta2));
      // Both bias corrections are moved into scalars: the same step with fewer passes over the vectors.
      const size = scalar("rate", (count) => (rate(count) * correction(count)) / (1 - beta1 ** (count + 1)));
      const floor = scalar("epsilon", (count) => epsilon * correction(count));
      const moved = sub(params, mul(div(mean, add(sqrt(second), floor)), size));
      const decay = scalar("decay", (count) => rate(count) * weightDecay);
      return {
        params: weightDecay === 0 ? moved : sub(moved, mul(params, decay)),
        slots: { mean, square: second },
      };
    },
  };
}
