import { z } from "zod";
import { integerField } from "../base/options.ts";
import { logMarginal, monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";
import type { NllOptions } from "./option-types.ts";

export const options = z.object({
  samples: integerField("importance samples per image", { min: 1 }).default(500),
});

/**
 * Negative log-likelihood -log p(x) in nats per image, estimated by importance sampling with q(z | x) as the proposal;
 * an upper bound in expectation. Details: bits per dimension and the effective number of samples.
 * @source Burda et al., arXiv 1509.00519, equation 8.
 */
export const nll = defineMetric<"logWeights", typeof options, NllOptions>({
  name: "nll",
  summary: "negative log-likelihood, by importance sampling",
  source: "Burda et al., arXiv 1509.00519, equation 8",
  perfect: "the entropy of the data; the estimate is biased upwards, less so with more samples",
  better: "lower",
  needs: "logWeights",
  options,
  measure: ({ values, dimensions }, { samples }) => {
    const [n, k] = values.shape as [number, number];
    const estimates = new Float64Array(n);
    const sizes = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const row = values.data.subarray(i * k, (i + 1) * k);
      const { value, effectiveSamples } = logMarginal(row);
      estimates[i] = -value;
      sizes[i] = effectiveSamples;
    }
    const { mean, stderr } = monteCarlo(estimates);
    return {
      metric: "nll",
      value: mean,
      stderr,
      n,
      unit: "nats",
      details: { samples, bitsPerDim: mean / Math.LN2 / dimensions, effectiveSamples: monteCarlo(sizes).mean },
    };
  },
});
