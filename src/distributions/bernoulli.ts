import type { Tensor } from "../graph/tensor.ts";
import { cast, less, mul, neg, sigmoid, softplus, sub } from "../ops/index.ts";
import { perItem } from "./normal.ts";

/**
 * Samples 0 or 1 (float32) with the given probabilities, from uniform noise on [0, 1) of the same shape. No gradient.
 */
export function sampleBernoulli(probabilities: Tensor, noise: Tensor): Tensor {
  return cast(less(noise, probabilities), "float32");
}

/**
 * Log probability of x [n, ...] in nats per item, [n], from logits of the same shape: the sum of x l - softplus(l) over
 * all axes but the first `batchAxes`. For x between 0 and 1 it is the expectation over binary samples of x, not a
 * density of x.
 */
export function bernoulliLogProb(logits: Tensor, x: Tensor, batchAxes = 1): Tensor {
  return perItem(sub(mul(x, logits), softplus(logits)), batchAxes);
}

/** Entropy in nats per item, from logits [n, ...]: [n]. */
export function bernoulliEntropy(logits: Tensor): Tensor {
  return neg(bernoulliLogProb(logits, sigmoid(logits)));
}
