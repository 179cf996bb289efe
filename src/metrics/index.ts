import { accuracy } from "./accuracy.ts";
import { betaVaeScore } from "./beta-vae-score.ts";
import { classConsistency } from "./class-consistency.ts";
import { coverage } from "./coverage.ts";
import { cycleError } from "./cycle-error.ts";
import { dci } from "./dci.ts";
import { density } from "./density.ts";
import { diversity } from "./diversity.ts";
import { elbo } from "./elbo.ts";
import { emd } from "./emd.ts";
import { factorVaeScore } from "./factor-vae-score.ts";
import { fid } from "./fid.ts";
import { gradientVariance } from "./gradient-variance.ts";
import { hiddenInformation } from "./hidden-information.ts";
import { kid } from "./kid.ts";
import { leak } from "./leak.ts";
import { memorisation } from "./memorisation.ts";
import type { Metric } from "./metric.ts";
import { mig } from "./mig.ts";
import { modes } from "./modes.ts";
import { nll } from "./nll.ts";
import { pairError } from "./pair-error.ts";
import { precision } from "./precision.ts";
import { psnr } from "./psnr.ts";
import { recall } from "./recall.ts";
import { sap } from "./sap.ts";
import { sharpness } from "./sharpness.ts";
import { ssim } from "./ssim.ts";

export { largestOf } from "./accuracy.ts";
export { pairDistances } from "./diversity.ts";
export { type FactorCodes, factorCodes, itemsFor } from "./factor-codes.ts";
export { readChanges } from "./gradient-variance.ts";
export { z95 } from "./interval.ts";
export { minNearestItems } from "./memorisation.ts";
export * from "./metric.ts";
export { type ModeCenters, type ModeCounts, type ModeHits, modesOf, nearestModes } from "./mode-counts.ts";
export { type Neighbours, neighboursOf } from "./neighbours.ts";
export type * from "./option-types.ts";
export { laplacianVariances } from "./sharpness.ts";
export {
  accuracy,
  betaVaeScore,
  classConsistency,
  coverage,
  cycleError,
  dci,
  density,
  diversity,
  elbo,
  emd,
  factorVaeScore,
  fid,
  gradientVariance,
  hiddenInformation,
  kid,
  leak,
  memorisation,
  mig,
  modes,
  nll,
  pairError,
  precision,
  psnr,
  recall,
  sap,
  sharpness,
  ssim,
};

/** Every metric, in the order of `zaya list`. */
export const metrics: readonly Metric[] = [
  elbo,
  nll,
  modes,
  emd,
  fid,
  kid,
  precision,
  recall,
  density,
  coverage,
  sharpness,
  diversity,
  memorisation,
  leak,
  accuracy,
  pairError,
  psnr,
  ssim,
  classConsistency,
  cycleError,
  hiddenInformation,
  gradientVariance,
  betaVaeScore,
  factorVaeScore,
  mig,
  sap,
  dci,
] as unknown as readonly Metric[];
