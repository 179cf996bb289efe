import { zeros } from "../base/ndarray.ts";
import { add, div, mul, sqrt, square, sub } from "../ops/index.ts";
import type { Optimizer } from "./optimizer.ts";
import { type Schedule, asSchedule } from "./schedule.ts";

/** Options of `rmsProp`. */
export interface RmsPropOptions {
  readonly learningRate: number | Schedule;
  /** Decay rate of the mean square. */
  readonly alpha?: number;
  readonly epsilon?: number;
}

/**
 * Gradients divided by the root of a running mean square, in PyTorch's form. @source Hinton, Coursera lecture 6e, 2012.
 */
export function rmsProp({ learningRate, alpha = 0.99, epsilon = 1e-8 }: RmsPropOptions): Optimizer {
  const rate = asSchedule(learningRate);
  return {
    init: (params) => ({ square: zeros(params.shape) }),
    update: (params, grads, slots, scalar) => {
      const mean = add(mul(slots.square!, alpha), mul(square(grads), 1 - alpha));
      const step = div(grads, add(sqrt(mean), epsilon));
      return { params: sub(params, mul(step, scalar("rate", rate))), slots: { square: mean } };
    },
  };
}
