import { z } from "zod";
import { integerField } from "../base/options.ts";
import { defineMetric, meanAndError } from "./metric.ts";

export const nll = defineMetric({
  name: "nll",
  summary: "negative log likelihood in nats an image, by importance sampling from the posterior",
  source: "Burda et al., arXiv 1509.00519, equation 8",
  perfect: "the entropy of the data; the estimate is above the true value on average, less so with more samples",
  needs: "logWeights",
  options: z.object({
    samples: integerField("importance samples an image", { min: 1 }).default(500),
  }),
  measure: ({ values, dimensions }, { samples }) => {
    const [n, k] = values.shape as [number, number];
    const estimates = new Float64Array(n);
    const sizes = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const row = values.data.subarray(i * k, (i + 1) * k);
      const { logMean, effective } = logMeanWeight(row);
      estimates[i] = -logMean;
      sizes[i] = effective;
    }
    const { mean, stderr } = meanAndError(estimates);
    return {
      metric: "nll",
      value: mean,
      stderr,
      n,
      unit: "nats",
      details: { samples, bitsPerDim: mean / Math.LN2 / dimensions, effectiveSamples: meanAndError(sizes).mean },
    };
  },
});

/** Log of the mean weight, and (sum w)^2 / sum w^2: how many equal weights would be worth as much. */
function logMeanWeight(logWeights: ArrayLike<number>): { logMean: number; effective: number } {
  let largest = -Infinity;
  for (let i = 0; i < logWeights.length; i++) largest = Math.max(largest, logWeights[i]!);
  let total = 0;
  let squares = 0;
  for (let i = 0; i < logWeights.length; i++) {
    const weight = Math.exp(logWeights[i]! - largest);
    total += weight;
    squares += weight * weight;
  }
  return { logMean: largest + Math.log(total / logWeights.length), effective: total ** 2 / squares };
}
