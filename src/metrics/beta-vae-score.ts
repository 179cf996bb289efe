import { filled } from "../base/filled.ts";
import { type NdArray, zeros } from "../base/ndarray.ts";
import { fold } from "../base/random.ts";
import { monteCarlo } from "../estimators/index.ts";
import { byFactor, factorOptions, itemsFor } from "./factor-codes.ts";
import { type FactorPairs, drawPairs, hitRates } from "./factor-groups.ts";
import { logisticRegression } from "../numeric/logistic-regression.ts";
import { defineMetric } from "./metric.ts";
import type { FactorOptions } from "./option-types.ts";

/** Pairs in a group. */
const groupSize = 64;

/**
 * beta-VAE score, in [0, 1]: accuracy of a linear classifier that predicts which factor the pairs of a group have in
 * common, from the mean absolute difference of their codes in each latent dimension.
 *
 * Pairs are drawn from the measured items instead of being rendered from all factor combinations, and the classifier is
 * tested on pairs of the same items. Limitations: codes that mix factors can score 1 as long as the mixtures differ;
 * the classifier's penalty makes the score depend on the scale of the codes.
 * @source Higgins et al., ICLR 2017, section 3; numbers of points as Locatello et al., arXiv 1811.12359, appendix C.
 */
export const betaVaeScore = defineMetric<"factors", typeof factorOptions, FactorOptions>({
  name: "beta-vae-score",
  summary: "disentanglement: linear classifier of the fixed factor",
  source: "Higgins et al., ICLR 2017, section 3",
  perfect: "1; by chance 1 / factors",
  better: "higher",
  needs: "factors",
  options: factorOptions,
  measure: ({ codes, values, names, key }, { points }) => {
    const testPoints = itemsFor(points) - points;
    const train = drawPairs(values, points, groupSize, fold(key, "train"));
    const test = drawPairs(values, testPoints, groupSize, fold(key, "test"));
    const classifier = logisticRegression(meanDistances(codes, train), train.factors, names.length);
    const predicted = classifier.predict(meanDistances(codes, test));
    const correct = filled(new Float64Array(predicted.length), (g) => Number(predicted[g] === test.factors[g]));
    const { mean, stderr } = monteCarlo(correct);
    const hits = hitRates(correct, test, names.length);
    return {
      metric: "beta-vae-score",
      value: mean,
      stderr,
      n: values.shape[0]!,
      unit: "accuracy",
      details: { trainPoints: points, testPoints, groupSize, ...byFactor("hit", names, hits) },
    };
  },
});

/** |first - second| of codes [n, d], averaged over the pairs of each group: [g, d]. */
export function meanDistances(codes: NdArray, { first, second }: FactorPairs): NdArray<"float64"> {
  const [groups, size] = first.shape as [number, number];
  const d = codes.shape[1]!;
  const out = zeros([groups, d], "float64");
  for (let pair = 0; pair < groups * size; pair++) {
    const row = Math.floor(pair / size) * d;
    const [a, b] = [first.data[pair]! * d, second.data[pair]! * d];
    for (let j = 0; j < d; j++) out.data[row + j]! += Math.abs(codes.data[a + j]! - codes.data[b + j]!) / size;
  }
  return out;
}
