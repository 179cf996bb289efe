import { zeros } from "../base/ndarray.ts";
import { add, mul, sub } from "../ops/index.ts";
import type { Optimizer } from "./optimizer.ts";
import { type Schedule, asSchedule } from "./schedule.ts";

/** Options of `sgd`. */
export interface SgdOptions {
  readonly learningRate: number | Schedule;
  /** Decay rate of the velocity; 0 for plain gradient descent. */
  readonly momentum?: number;
  /** Nesterov momentum, which looks ahead by one step. */
  readonly nesterov?: boolean;
}

/** Gradient descent with momentum, in PyTorch's form: velocity = momentum * velocity + gradient. */
export function sgd({ learningRate, momentum = 0, nesterov = false }: SgdOptions): Optimizer {
  const rate = asSchedule(learningRate);
  return {
    init: (params) => (momentum === 0 ? {} : { velocity: zeros(params.shape) }),
    update: (params, grads, slots, scalar) => {
      const size = scalar("rate", rate);
      if (momentum === 0) return { params: sub(params, mul(grads, size)), slots: {} };
      const velocity = add(mul(slots.velocity!, momentum), grads);
      const direction = nesterov ? add(grads, mul(velocity, momentum)) : velocity;
      return { params: sub(params, mul(direction, size)), slots: { velocity } };
    },
  };
}
