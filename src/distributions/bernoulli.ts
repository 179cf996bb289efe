import type { Tensor } from "../graph/tensor.ts";
import { cast, less, mul, neg, sigmoid, softplus, sub } from "../ops/index.ts";
import { perItem } from "./normal.ts";

/** Draws from probabilities, given uniform noise on [0, 1): 1 with probability p, as float32. No gradient. */
export function sampleBernoulli(probabilities: Tensor, noise: Tensor): Tensor {
  return cast(less(noise, probabilities), "float32");
}

/**
 * Log probability of x in nats an item, [n], from logits: sum of x l - softplus(l) over all other axes. For x between 0
 * and 1 it is the expectation over binary draws of x, and not a density of x.
 */
export function bernoulliLogProb(logits: Tensor, x: Tensor, batchAxes = 1): Tensor {
  return perItem(sub(mul(x, logits), softplus(logits)), batchAxes);
}

/** Entropy in nats an item, from logits: [n]. */
export function bernoulliEntropy(logits: Tensor): Tensor {
  return neg(bernoulliLogProb(logits, sigmoid(logits)));
}
