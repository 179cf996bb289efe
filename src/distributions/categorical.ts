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
  softmax,
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
  return oneHot(argmax(add(logits, gumbelNoise(uniform))), staticDim(logits, logits.shape.length - 1, "categorical"));
}

/**
 * A draw of the relaxation: softmax of logits plus Gumbel noise over the temperature, inside the simplex.
 * @source Jang et al., arXiv 1611.01144, equation 2; Maddison et al., arXiv 1611.00712.
 */
export function sampleGumbelSoftmax(logits: Tensor, uniform: Tensor, temperature: Tensor): Tensor {
  return softmax(div(add(logits, gumbelNoise(uniform)), temperature));
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
 * Log density of relaxed draws y [..., k] on the simplex, given log y, in nats: [...]. The constants that do not depend on
 * the logits are those of the paper, so that densities of several logits can be compared.
 * @source Maddison et al., arXiv 1611.00712, definition 1; Jang et al., arXiv 1611.01144, appendix B.
 */
export function relaxedLogDensity(logits: Tensor, logY: Tensor, temperature: Tensor): Tensor {
  const last = logits.shape.length - 1;
  const k = staticDim(logits, last, "categorical");
  const pull = sub(logSoftmax(logits), mul(logY, temperature));
  const spread = sum(sub(pull, logY), { axes: [logY.shape.length - 1] });
  const total = mul(logSumExp(pull, { axes: [logY.shape.length - 1] }), k);
  return add(sub(spread, total), add(mul(log(temperature), k - 1), logFactorial(k - 1)));
}

function logFactorial(n: number): number {
  let total = 0;
  for (let i = 2; i <= n; i++) total += Math.log(i);
  return total;
}
