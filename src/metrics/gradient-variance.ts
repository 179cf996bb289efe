import { z } from "zod";
import { integerField } from "../base/options.ts";
import { monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";

export const gradientVariance = defineMetric({
  name: "gradient-variance",
  summary: "total variance over parameters of the gradient that one draw gives, on a fixed batch and fixed parameters",
  source: "Mohamed et al., arXiv 1906.10652, section 2.4",
  perfect: "0: a gradient without noise; what counts is the ratio of two estimators on the same batch",
  needs: "gradients",
  options: z.object({
    net: z.string().default("encoder").meta({ description: "the net whose parameters are looked at" }),
    draws: integerField("draws of the gradient", { min: 4 }).default(200),
    batch: integerField("items in the batch", { min: 1 }).default(128),
  }),
  measure: ({ mean, variance, halfDistances, draws }) => {
    const total = monteCarlo(halfDistances);
    const power = Float64Array.from(mean.data, (value) => value * value).reduce((sum, square) => sum + square, 0);
    const ratios = Float64Array.from(mean.data, (value, i) => Math.abs(value) / Math.sqrt(variance.data[i]!));
    const finite = ratios.filter((ratio) => Number.isFinite(ratio)).toSorted();
    return {
      metric: "gradient-variance",
      value: total.mean,
      stderr: total.stderr,
      n: draws,
      unit: "squared gradient",
      details: {
        parameters: mean.data.length,
        meanVariance: total.mean / mean.data.length,
        // The squared norm of a mean of draws holds their noise once over.
        gradientNorm: Math.sqrt(Math.max(0, power - total.mean / draws)),
        medianSignalToNoise: finite[finite.length >> 1] ?? Number.NaN,
      },
    };
  },
});
