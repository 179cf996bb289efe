import { accuracy } from "./accuracy.ts";
import { betaVaeScore } from "./beta-vae-score.ts";
import { coverage } from "./coverage.ts";
import { dci } from "./dci.ts";
import { density } from "./density.ts";
import { diversity } from "./diversity.ts";
import { elbo } from "./elbo.ts";
import { factorVaeScore } from "./factor-vae-score.ts";
import { fid } from "./fid.ts";
import { gradientVariance } from "./gradient-variance.ts";
import { kid } from "./kid.ts";
import { leak } from "./leak.ts";
import { memorisation } from "./memorisation.ts";
import type { Metric } from "./metric.ts";
import { mig } from "./mig.ts";
import { modes } from "./modes.ts";
import { nll } from "./nll.ts";
import { precision } from "./precision.ts";
import { recall } from "./recall.ts";
import { sap } from "./sap.ts";
import { sharpness } from "./sharpness.ts";

export { largestOf } from "./accuracy.ts";
export { pairDistances } from "./diversity.ts";
export { type FactorCodes, factorCodes, itemsFor } from "./factor-codes.ts";
export { readChanges } from "./gradient-variance.ts";
export * from "./metric.ts";
export { type ModeCenters, type ModeCounts, type ModeHits, modesOf, nearestModes } from "./mode-counts.ts";
export { type Neighbours, neighboursOf } from "./neighbours.ts";
export {
  accuracy,
  betaVaeScore,
  coverage,
  dci,
  density,
  diversity,
  elbo,
  factorVaeScore,
  fid,
  gradientVariance,
  kid,
  leak,
  memorisation,
  mig,
  modes,
  nll,
  precision,
  recall,
  sap,
  sharpness,
};

/** Every metric, by the order in which `zaya list` shows them. */
export const metrics: readonly Metric[] = [
  elbo,
  nll,
  fid,
  kid,
  precision,
  recall,
  density,
  coverage,
  sharpness,
  diversity,
  memorisation,
  modes,
  leak,
  accuracy,
  gradientVariance,
  betaVaeScore,
  factorVaeScore,
  mig,
  sap,
  dci,
] as unknown as readonly Metric[];
