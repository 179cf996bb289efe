import { elbo } from "./elbo.ts";
import { gradientVariance } from "./gradient-variance.ts";
import type { Metric } from "./metric.ts";
import { nll } from "./nll.ts";

export * from "./metric.ts";
export { elbo, gradientVariance, nll };

/** Every metric, by the order in which `zaya list` shows them. */
export const metrics: readonly Metric[] = [elbo, nll, gradientVariance] as unknown as readonly Metric[];
