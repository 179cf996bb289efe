import { grad } from "../autodiff/index.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import { add, mean, mul, reshape, sqrt, square, sub, sum } from "../ops/index.ts";

/** Keeps the gradient of the norm finite where the critic's gradient is zero. */
const floor = 1e-12;

/**
 * Gradient penalty E (|grad f(x)| - 1)^2, a scalar, at points on the lines between real and generated items, one point
 * for each pair.
 * @param critic Maps items [n, ...] to scores [n, 1], each item independently.
 * @param real Real items, [n, ...].
 * @param fake Generated items, [n, ...].
 * @param places Interpolation weights of the real items, uniform on [0, 1), [n, 1, ...].
 * @source Gulrajani et al., arXiv 1704.00028, equation 3.
 */
export function gradientPenalty(critic: (x: Tensor) => Tensor, real: Tensor, fake: Tensor, places: Tensor): Tensor {
  const between = add(fake, mul(sub(real, fake), places));
  const [slope] = grad(sum(critic(between)), [between]);
  const lengths = sqrt(
    add(sum(square(reshape(slope!, [staticDim(real, 0, "gradientPenalty"), -1])), { axes: [1] }), floor),
  );
  return mean(square(sub(lengths, 1)));
}
