import { add, clip, div, minimum, mul, sqrt, square, sum } from "../ops/index.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Clips gradients to a Euclidean norm of at most `limit` before the inner optimizer's update. @source Pascanu et al.,
 * arXiv 1211.5063.
 */
export function withGradientClipping(inner: Optimizer, limit: number): Optimizer {
  return {
    ...inner,
    update: (params, grads, slots, scalar) => {
      const norm = sqrt(sum(square(grads)));
      const share = minimum(div(limit, add(norm, 1e-6)), 1);
      return inner.update(params, mul(grads, share), slots, scalar);
    },
  };
}

/**
 * Clips every parameter to [-limit, limit] after the inner optimizer's update. @source Arjovsky et al., arXiv
 * 1701.07875, algorithm 1.
 */
export function withWeightClipping(inner: Optimizer, limit: number): Optimizer {
  return {
    ...inner,
    update: (params, grads, slots, scalar) => {
      const result = inner.update(params, grads, slots, scalar);
      return { ...result, params: clip(result.params, -limit, limit) };
    },
  };
}
