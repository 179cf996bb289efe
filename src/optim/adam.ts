import { zeros } from "../base/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import { add, customGradient, div, maximum, mul, sqrt, square, sub } from "../ops/index.ts";
import type { Optimizer } from "./optimizer.ts";
import { type Schedule, asSchedule } from "./schedule.ts";

/** Options of `adam`: decay rates of the moments, and epsilon. */
export interface AdamOptions {
  readonly learningRate: number | Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** Options of `adamW`: those of `adam`, and the decoupled weight decay. */
export interface AdamWOptions extends AdamOptions {
  readonly weightDecay?: number;
}

/**
 * Adam: step lr m / (sqrt(v) + epsilon) with bias-corrected moments. @source Kingma, Ba, arXiv 1412.6980, algorithm 1.
 */
export function adam(options: AdamOptions): Optimizer {
  return adamW({ ...options, weightDecay: 0 });
}

/**
 * Adam with decoupled weight decay: parameters shrink by lr * weightDecay per update, independently of the gradient.
 * @source Loshchilov, Hutter, arXiv 1711.05101, algorithm 2.
 */
export function adamW(options: AdamWOptions): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options;
  const rate = asSchedule(options.learningRate);
  const firstShare = (count: number) => (1 - beta1) / (1 - beta1 ** (count + 1));
  const secondShare = (count: number) => Math.sqrt((1 - beta2) / (1 - beta2 ** (count + 1)));
  return {
    init: (params) => ({ gradients: zeros(params.shape), squares: zeros(params.shape) }),
    // The slots hold decayed sums, the moments without their factors 1 - beta. Those factors and both bias corrections
    // are folded into two scalars: the published update with the fewest passes over the vectors.
    update: (params, grads, slots, scalar) => {
      const gradients = add(mul(slots.gradients!, beta1), grads);
      const squares = add(mul(slots.squares!, beta2), square(grads));
      const size = scalar("rate", (count) => (rate(count) * firstShare(count)) / secondShare(count));
      const floor = scalar("epsilon", (count) => epsilon / secondShare(count));
      const moved = sub(params, mul(div(gradients, add(rootOf(squares), floor)), size));
      const decay = scalar("decay", (count) => rate(count) * weightDecay);
      return {
        params: weightDecay === 0 ? moved : sub(moved, mul(params, decay)),
        slots: { gradients, squares },
      };
    },
  };
}

/** Far below epsilon. */
const minRoot = 1e-19;

/**
 * Square root with zero slope at 0. Unrolled losses differentiate through the optimizer, and for a parameter that never
 * had a gradient the infinite slope of sqrt would give NaN.
 */
function rootOf(squares: Tensor): Tensor {
  const root = sqrt(squares);
  return customGradient(root, [squares], (g) => [div(mul(g, 0.5), maximum(root, minRoot))]);
}
