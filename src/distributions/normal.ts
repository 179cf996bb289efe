import type { Tensor } from "../graph/tensor.ts";
import { add, div, exp, mul, neg, square, sub, sum } from "../ops/index.ts";

const logTwoPi = Math.log(2 * Math.PI);

/**
 * Sum over the axes of one item. The first `batchAxes` axes are batch axes: 1 for [n, ...], 2 for [samples, n, ...].
 */
export function perItem(x: Tensor, batchAxes = 1): Tensor {
  return sum(x, { axes: x.shape.map((_, axis) => axis).slice(batchAxes) });
}

/** A normal distribution with diagonal covariance for each item: mean and log variance [n, ...]. */
export interface Normal {
  readonly mean: Tensor;
  readonly logVariance: Tensor;
}

/**
 * A reparameterized sample, mean + deviation * noise, from standard normal noise; shapes broadcast. @source Kingma,
 * Welling, arXiv 1312.6114, section 2.4.
 */
export function sampleNormal({ mean, logVariance }: Normal, noise: Tensor): Tensor {
  return add(mean, mul(exp(mul(logVariance, 0.5)), noise));
}

/** Log density of x [n, ...] in nats per item: [n]. `logVariance` may be a scalar or anything that broadcasts. */
export function normalLogProb({ mean, logVariance }: Normal, x: Tensor, batchAxes = 1): Tensor {
  const scaled = div(square(sub(x, mean)), exp(logVariance));
  return mul(perItem(add(add(scaled, logVariance), logTwoPi), batchAxes), -0.5);
}

/** Differential entropy in nats per item: [n]. */
export function normalEntropy({ logVariance }: Normal): Tensor {
  return mul(perItem(add(logVariance, logTwoPi + 1)), 0.5);
}

/**
 * KL divergence from the standard normal in nats per item and dimension, 1/2 (variance + mean^2 - 1 - log variance):
 * [n, ...].
 * @source Kingma, Welling, arXiv 1312.6114, appendix B.
 */
export function normalKlTerms({ mean, logVariance }: Normal): Tensor {
  return mul(sub(add(exp(logVariance), square(mean)), add(logVariance, 1)), 0.5);
}

/** KL(p || q) between diagonal normal distributions in nats per item: [n]. */
export function normalKl(p: Normal, q: Normal): Tensor {
  const spread = exp(sub(p.logVariance, q.logVariance));
  const shift = div(square(sub(p.mean, q.mean)), exp(q.logVariance));
  return mul(perItem(add(sub(add(spread, shift), 1), neg(sub(p.logVariance, q.logVariance)))), 0.5);
}

/** Log density of x [n, ...] under the standard normal in nats per item: [n]. */
export function standardNormalLogProb(x: Tensor, batchAxes = 1): Tensor {
  return mul(perItem(add(square(x), logTwoPi), batchAxes), -0.5);
}
