import { elbo } from "./elbo.ts";
import type { Metric } from "./metric.ts";
import { nll } from "./nll.ts";

export * from "./metric.ts";
export { elbo, nll };

/** Every metric, by the order in which `zaya list` shows them. */
export const metrics: readonly Metric[] = [elbo, nll] as unknown as readonly Metric[];
