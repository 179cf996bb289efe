import { OptionError } from "../base/errors.ts";

/** An estimate of log p(x) from log weights of draws. */
export interface LogMarginal {
  /** log of the mean weight, in nats. Below log p(x) on average: log is concave. */
  readonly value: number;
  /** Standard error by the delta method: that of the mean weight, relative to it. */
  readonly stderr: number;
  /** (sum w)^2 / sum w^2: how many draws of equal weight would be worth as much. */
  readonly effectiveSamples: number;
  /** What the value is expected to lack, -Var(w) / (2 k w^2), from the same draws: add its size to correct to first order. */
  readonly bias: number;
}

/**
 * log p(x) from k draws of z with log weights log p(x, z) - log q(z). With q the prior the weights are log p(x | z): prior
 * sampling, which is as unbiased in p(x) and far noisier.
 * @source Burda et al., arXiv 1509.00519, equation 8; Owen, "Monte Carlo theory, methods and examples", chapter 9.
 * @throws OptionError for no weight.
 */
export function logMarginal(logWeights: ArrayLike<number>): LogMarginal {
  const k = logWeights.length;
  if (k === 0) throw new OptionError("logMarginal: an estimate needs at least one weight - got none");
  let largest = -Infinity;
  for (let i = 0; i < k; i++) largest = Math.max(largest, logWeights[i]!);
  if (largest === -Infinity) return { value: -Infinity, stderr: Number.NaN, effectiveSamples: 0, bias: Number.NaN };
  let total = 0;
  let squares = 0;
  for (let i = 0; i < k; i++) {
    const weight = Math.exp(logWeights[i]! - largest);
    total += weight;
    squares += weight * weight;
  }
  const mean = total / k;
  const variance = k > 1 ? ((squares / k - mean ** 2) * k) / (k - 1) : Number.NaN;
  const relative = Math.max(0, variance) / mean ** 2;
  return {
    value: largest + Math.log(mean),
    stderr: Math.sqrt(relative / k),
    effectiveSamples: total ** 2 / squares,
    bias: -relative / (2 * k),
  };
}
