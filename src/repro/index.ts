import { adaganEnsembleRow } from "./adagan-ensemble.ts";
import { autoencoderContrastRow } from "./autoencoder-contrast.ts";
import { betaVaeRow } from "./beta-vae.ts";
import { iwaeNllRow, vaeNllRow } from "./burda.ts";
import { cycleganDigitsRow } from "./cyclegan-digits.ts";
import { cycleganEmojiRow } from "./cyclegan-emoji.ts";
import { cycleganSmallDataRow } from "./cyclegan-small-data.ts";
import { cycleganTermsRow } from "./cyclegan-terms.ts";
import { dagFewDigitsRow } from "./dag-few-digits.ts";
import { dagSmallDataRow } from "./dag-small-data.ts";
import { dagTheoryRow } from "./dag-theory.ts";
import { dyingReluRow } from "./dying-relu.ts";
import { estimatorsOnVaeRow } from "./estimators-on-vae.ts";
import { generatorGradientRow } from "./generator-gradient.ts";
import { gradientVarianceRow } from "./gradient-variance.ts";
import { gumbelTemperatureRow } from "./gumbel-temperature.ts";
import { gumbelRow } from "./gumbel.ts";
import { gridRow, ringRow } from "./mixtures.ts";
import { klMultiplierRow } from "./kl-multiplier.ts";
import { jsVsWRow } from "./js-vs-w.ts";
import { leakyReluRow } from "./leaky-relu.ts";
import { monteCarloRow } from "./monte-carlo.ts";
import { optimalDiscriminatorRow } from "./optimal-discriminator.ts";
import { overlapByNoiseRow } from "./overlap-by-noise.ts";
import { penaltyWeightRow } from "./penalty-weight.ts";
import type { Row } from "./row.ts";
import { ringCollapseRow } from "./ring-collapse.ts";
import { unrolledRingRow } from "./unrolled-ring.ts";
import { unrolledStackedRow } from "./unrolled-stacked.ts";
import { vaeVsGanRow } from "./vae-vs-gan.ts";
import { wganEmdRow } from "./wgan-emd.ts";

export * from "./document.ts";
export * from "./row.ts";

/** Every row, in the order of docs/reproductions.md. */
export const rows: readonly Row[] = [
  monteCarloRow,
  gradientVarianceRow,
  estimatorsOnVaeRow,
  vaeNllRow,
  iwaeNllRow,
  gumbelRow,
  gumbelTemperatureRow,
  betaVaeRow,
  klMultiplierRow,
  autoencoderContrastRow,
  ringRow,
  gridRow,
  ringCollapseRow,
  adaganEnsembleRow,
  unrolledRingRow,
  unrolledStackedRow,
  jsVsWRow,
  generatorGradientRow,
  overlapByNoiseRow,
  wganEmdRow,
  penaltyWeightRow,
  dagTheoryRow,
  optimalDiscriminatorRow,
  dyingReluRow,
  leakyReluRow,
  vaeVsGanRow,
  cycleganDigitsRow,
  cycleganTermsRow,
  cycleganEmojiRow,
  cycleganSmallDataRow,
  dagSmallDataRow,
  dagFewDigitsRow,
];
