import { betaVaeScore } from "./beta-vae-score.ts";
import { dci } from "./dci.ts";
import { elbo } from "./elbo.ts";
import { factorVaeScore } from "./factor-vae-score.ts";
import { gradientVariance } from "./gradient-variance.ts";
import type { Metric } from "./metric.ts";
import { mig } from "./mig.ts";
import { nll } from "./nll.ts";
import { sap } from "./sap.ts";

export { type FactorCodes, factorCodes, itemsFor } from "./factor-codes.ts";
export { readChanges } from "./gradient-variance.ts";
export * from "./metric.ts";
export { type ModeCenters, type ModeCounts, modesOf } from "./mode-counts.ts";
export { betaVaeScore, dci, elbo, factorVaeScore, gradientVariance, mig, nll, sap };

/** Every metric, by the order in which `zaya list` shows them. */
export const metrics: readonly Metric[] = [
  elbo,
  nll,
  gradientVariance,
  betaVaeScore,
  factorVaeScore,
  mig,
  sap,
  dci,
] as unknown as readonly Metric[];
