import { type Tensor, staticDim } from "../graph/tensor.ts";
import {
  add,
  argmax,
  clip,
  div,
  exp,
  log,
  logSoftmax,
  logSumExp,
  mul,
  neg,
  oneHot,
  stopGradient,
  sub,
  sum,
} from "../ops/index.ts";
import { perItem } from "./normal.ts";

/**
 * Standard Gumbel noise, -log(-log u), from uniform noise on [0, 1) of the same shape; u is kept away from 0 and from
 * 1.
 */
export function gumbelNoise(uniform: Tensor): Tensor {
  return neg(log(neg(log(clip(uniform, 1e-7, 1 - 1e-7)))));
}

/**
 * Exact samples of categorical distributions with logits [..., k], as one-hot vectors [..., k]: the argmax of logits
 * plus Gumbel noise (Gumbel-max). No gradient.
 * @param uniform Uniform noise on [0, 1), [..., k].
 * @source Gumbel, 1954; Maddison et al., arXiv 1411.0030.
 */
export function sampleCategorical(logits: Tensor, uniform: Tensor): Tensor {
  return nearestCorner(add(logits, gumbelNoise(uniform)));
}

/**
 * Gumbel-Softmax samples [..., k], inside the simplex: softmax of (logits + Gumbel noise) / temperature.
 * @param uniform Uniform noise on [0, 1), [..., k].
 * @param temperature Above 0, a scalar.
 * @source Jang et al., arXiv 1611.01144, equation 2; Maddison et al., arXiv 1611.00712.
 */
export function sampleGumbelSoftmax(logits: Tensor, uniform: Tensor, temperature: Tensor): Tensor {
  return exp(sampleLogGumbelSoftmax(logits, uniform, temperature));
}

/** Logarithm of a Gumbel-Softmax sample [..., k]: finite where the sample itself rounds to 0. */
export function sampleLogGumbelSoftmax(logits: Tensor, uniform: Tensor, temperature: Tensor): Tensor {
  return logSoftmax(div(add(logits, gumbelNoise(uniform)), temperature));
}

/** The argmax of each distribution [..., k] as a one-hot vector [..., k]. No gradient. */
export function nearestCorner(x: Tensor): Tensor {
  return oneHot(argmax(x), staticDim(x, x.shape.length - 1, "categorical"));
}

/**
 * Straight-through estimator: the one-hot argmax of a relaxed sample [..., k], with the gradient of the relaxed sample.
 * @source Jang et al., arXiv 1611.01144, section 2.2; Bengio et al., arXiv 1308.3432.
 */
export function straightThrough(soft: Tensor): Tensor {
  return add(stopGradient(sub(nearestCorner(soft), soft)), soft);
}

/**
 * Log probability of one-hot x [..., k] in nats, from logits of the same shape, summed over all axes but the first
 * `batchAxes`.
 */
export function categoricalLogProb(logits: Tensor, x: Tensor, batchAxes = 1): Tensor {
  return perItem(mul(x, logSoftmax(logits)), batchAxes);
}

/** KL divergence from the uniform distribution in nats, for each distribution: logits [..., k] to [...]. */
export function categoricalKlTerms(logits: Tensor): Tensor {
  const logs = logSoftmax(logits);
  const last = logits.shape.length - 1;
  return add(sum(mul(exp(logs), logs), { axes: [last] }), Math.log(staticDim(logits, last, "categorical")));
}

/**
 * Log density in nats of relaxed samples y [..., k] on the simplex, given log y: [...]. The log density of log y
 * (ExpConcrete) is this plus the sum of log y.
 * @source Maddison et al., arXiv 1611.00712, definition 1; Jang et al., arXiv 1611.01144, appendix B.
 */
export function relaxedLogDensity(logits: Tensor, logY: Tensor, temperature: Tensor): Tensor {
  const last = logY.shape.length - 1;
  const k = staticDim(logY, last, "categorical");
  const spread = mul(sum(logY, { axes: [last] }), add(temperature, 1));
  const constants = add(mul(log(temperature), k - 1), logFactorial(k - 1));
  return add(sub(attraction(logits, logY, temperature), spread), constants);
}

/**
 * Monte Carlo estimate of KL(q || p) in nats, [...], from a relaxed sample given as log y [..., k]: log q(y) - log
 * p(y), where p has equal logits and both have this temperature. Common terms cancel. For the same noise, the value
 * does not depend on the temperature: it estimates the divergence between the Gumbel variables behind the sample, which
 * is at least that of the categories and not bounded by log k.
 * @source Maddison et al., arXiv 1611.00712.
 */
export function relaxedKlTerms(logits: Tensor, logY: Tensor, temperature: Tensor): Tensor {
  const last = logY.shape.length - 1;
  const k = staticDim(logY, last, "categorical");
  const uniform = mul(logSumExp(mul(neg(logY), temperature), { axes: [last] }), k);
  return add(attraction(logits, logY, temperature), uniform);
}

/**
 * The terms of the density that depend on the logits: the sum of log p, minus k times the logSumExp of log p -
 * temperature log y.
 */
function attraction(logits: Tensor, logY: Tensor, temperature: Tensor): Tensor {
  const logs = logSoftmax(logits);
  const last = logY.shape.length - 1;
  const total = logSumExp(sub(logs, mul(logY, temperature)), { axes: [last] });
  return sub(sum(logs, { axes: [logits.shape.length - 1] }), mul(total, staticDim(logY, last, "categorical")));
}

function logFactorial(n: number): number {
  let total = 0;
  for (let i = 2; i <= n; i++) total += Math.log(i);
  return total;
}
