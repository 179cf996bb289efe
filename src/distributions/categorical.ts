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

/** Standard Gumbel noise from uniform noise on [0, 1): -log(-log u), u kept away from 0 and from 1. */
export function gumbelNoise(uniform: Tensor): Tensor {
  return neg(log(neg(log(clip(uniform, 1e-7, 1 - 1e-7)))));
}

/**
 * Exact draws from categories with these logits [..., k], as one-hot vectors: the largest of logits plus Gumbel noise.
 * No gradient. @source Gumbel, 1954; Maddison et al., arXiv 1411.0030.
 */
export function sampleCategorical(logits: Tensor, uniform: Tensor): Tensor {
  return nearestCorner(add(logits, gumbelNoise(uniform)));
}

/**
 * A draw of the relaxation: softmax of logits plus Gumbel noise over the temperature, inside the simplex.
 * @source Jang et al., arXiv 1611.01144, equation 2; Maddison et al., arXiv 1611.00712.
 */
export function sampleGumbelSoftmax(logits: Tensor, uniform: Tensor, temperature: Tensor): Tensor {
  return exp(sampleLogGumbelSoftmax(logits, uniform, temperature));
}

/** The logarithm of such a draw: finite where the draw itself rounds to 0. */
export function sampleLogGumbelSoftmax(logits: Tensor, uniform: Tensor, temperature: Tensor): Tensor {
  return logSoftmax(div(add(logits, gumbelNoise(uniform)), temperature));
}

/** The corner of the simplex nearest to each distribution [..., k], as a one-hot vector. No gradient. */
export function nearestCorner(x: Tensor): Tensor {
  return oneHot(argmax(x), staticDim(x, x.shape.length - 1, "categorical"));
}

/**
 * A relaxed draw [..., k] pushed to its nearest corner, with the gradient that it would have had without.
 * @source Jang et al., arXiv 1611.01144, section 2.2; Bengio et al., arXiv 1308.3432.
 */
export function straightThrough(soft: Tensor): Tensor {
  return add(stopGradient(sub(nearestCorner(soft), soft)), soft);
}

/** Log probability of one-hot x in nats, summed over all axes but the first `batchAxes`. */
export function categoricalLogProb(logits: Tensor, x: Tensor, batchAxes = 1): Tensor {
  return perItem(mul(x, logSoftmax(logits)), batchAxes);
}

/** Divergence from the uniform distribution in nats, one number for each distribution: [..., k] to [...]. */
export function categoricalKlTerms(logits: Tensor): Tensor {
  const logs = logSoftmax(logits);
  const last = logits.shape.length - 1;
  return add(sum(mul(exp(logs), logs), { axes: [last] }), Math.log(staticDim(logits, last, "categorical")));
}

/**
 * Log density of relaxed draws y [..., k] on the simplex, given log y, in nats: [...]. Of log y itself, which keeps the
 * places that round to 0 (ExpConcrete), the density is larger by the sum of log y.
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
 * What a relaxed draw, given as log y [..., k], says of the divergence of its distribution from that with equal logits, both
 * at this temperature: log q(y) - log p(y) in nats, [...]. What the densities share is left out of the difference. Drawn
 * from q by the same noise it is the same number at every temperature: the divergence is that of the Gumbel variables
 * behind the draw, at least that of the categories, and not bounded by log k.
 * @source Maddison et al., arXiv 1611.00712.
 */
export function relaxedKlTerms(logits: Tensor, logY: Tensor, temperature: Tensor): Tensor {
  const last = logY.shape.length - 1;
  const k = staticDim(logY, last, "categorical");
  const uniform = mul(logSumExp(mul(neg(logY), temperature), { axes: [last] }), k);
  return add(attraction(logits, logY, temperature), uniform);
}

/** The terms of the density that the logits are in: the sum of log p, less k times the logSumExp of log p - temperature log y. */
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
