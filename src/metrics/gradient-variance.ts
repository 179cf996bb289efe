import { z } from "zod";
import { filled } from "../base/filled.ts";
import { integerField } from "../base/options.ts";
import { monteCarlo } from "../estimators/index.ts";
import { type GradientDraws, defineMetric } from "./metric.ts";
import type { GradientVarianceOptions } from "./option-types.ts";

export const options = z.object({
  net: z.string().default("encoder").meta({ description: "network whose gradient is measured", placeholder: "name" }),
  draws: integerField("gradient samples", { min: 4 }).default(200),
  batch: integerField("batch size in items", { min: 1 }).default(128),
  beside: z
    .string()
    .regex(/^[a-zA-Z-]+=[^=,]+(,[a-zA-Z-]+=[^=,]+)*$/, { error: "must be options as NAME=VALUE, separated by commas" })
    .meta({
      description: "recipe options of a second estimator to compare with the run's own, as in estimator=score-function",
      placeholder: "name=value,...",
    })
    .optional(),
});

/**
 * Total variance of a gradient estimator on one batch with fixed parameters: the trace of the covariance over repeated
 * draws. With `beside`, also that of a second estimator and the ratio of both.
 * @source Mohamed et al., arXiv 1906.10652, section 2.4.
 */
export const gradientVariance = defineMetric<"gradients", typeof options, GradientVarianceOptions>({
  name: "gradient-variance",
  summary: "total variance of the gradient estimator on one batch",
  source: "Mohamed et al., arXiv 1906.10652, section 2.4",
  perfect: "0, a gradient without noise; compare the ratio of two estimators on the same batch",
  better: "lower",
  needs: "gradients",
  options,
  measure: ({ own, beside }) => {
    const { variance, stderr, ...details } = spreadOf(own);
    const result = { metric: "gradient-variance", value: variance, stderr, n: own.draws, unit: "squared gradient" };
    if (beside === undefined) return { ...result, details };
    const other = spreadOf(beside);
    const named = Object.entries(other).map(([name, value]) => [
      `beside${name[0]!.toUpperCase()}${name.slice(1)}`,
      value,
    ]);
    return { ...result, details: { ...details, ...Object.fromEntries(named), ratio: other.variance / variance } };
  },
});

/** Recipe options from `mc-samples=4,baseline=loo`, by their names in a config. */
export function readChanges(text: string): Record<string, string> {
  const camel = (name: string) => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const entries = text.split(",").map((part) => part.split("=") as [string, string]);
  return Object.fromEntries(entries.map(([name, value]) => [camel(name), value]));
}

function spreadOf({ mean, variance, halfDistances, draws }: GradientDraws) {
  const total = monteCarlo(halfDistances);
  const power = Float64Array.from(mean.data).reduce((sum, value) => sum + value * value, 0);
  const ratios = filled(
    new Float64Array(mean.data.length),
    (i) => Math.abs(mean.data[i]!) / Math.sqrt(variance.data[i]!),
  );
  const finite = ratios.filter((ratio) => Number.isFinite(ratio)).toSorted();
  // The squared norm of the mean overestimates by the variance of the mean, which is subtracted.
  const gradientNorm = Math.sqrt(Math.max(0, power - total.mean / draws));
  return {
    variance: total.mean,
    stderr: total.stderr,
    parameters: mean.data.length,
    meanVariance: total.mean / mean.data.length,
    gradientNorm,
    /** Root mean square over draws. */
    drawNorm: Math.hypot(gradientNorm, Math.sqrt(total.mean)),
    signalToNoise: gradientNorm / Math.sqrt(total.mean),
    medianSignalToNoise: finite[finite.length >> 1] ?? Number.NaN,
  };
}
