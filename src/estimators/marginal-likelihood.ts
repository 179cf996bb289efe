import { OptionError } from "../base/errors.ts";

/** An estimate of log p(x) from the log importance weights of samples. */
export interface LogMarginal {
  /** Log of the mean weight, in nats. It underestimates log p(x) on average, because log is concave. */
  readonly value: number;
  /** Standard error in nats, by the delta method: that of the mean weight, divided by the mean weight. */
  readonly stderr: number;
  /** (sum w)^2 / sum w^2: the number of equally weighted samples with the same variance. */
  readonly effectiveSamples: number;
  /**
   * Expected bias of the value in nats, -Var(w) / (2 k w^2), estimated from the same samples. Subtract it to correct to
   * first order.
   */
  readonly bias: number;
}

/**
 * Estimates log p(x) from the log weights log p(x, z) - log q(z) of k samples z ~ q. If q is the prior, the log
 * weights are log p(x | z); the estimate of p(x) is then still unbiased, but far noisier.
 * @param logWeights Log weights [k], in nats.
 * @throws OptionError if there are no weights.
 * @source Burda et al., arXiv 1509.00519, equation 8; Owen, "Monte Carlo theory, methods and examples", chapter 9.
 */
export function logMarginal(logWeights: ArrayLike<number>): LogMarginal {
  const k = logWeights.length;
  if (k === 0) throw new OptionError("logMarginal: an estimate needs at least one weight");
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
