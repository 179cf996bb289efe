import { filled } from "../base/filled.ts";
import type { NdArray } from "../base/ndarray.ts";
import { fold } from "../base/random.ts";
import { addValues, emptyMean, monteCarlo, varianceOf } from "../estimators/index.ts";
import { byFactor, columnOf, factorOptions, itemsFor } from "./factor-codes.ts";
import { type FactorGroups, drawGroups, hitRates } from "./factor-groups.ts";
import { defineMetric } from "./metric.ts";
import type { FactorOptions } from "./option-types.ts";

/** Items in a group. */
const groupSize = 64;
/** Standard deviation over all items below which a latent dimension counts as inactive. */
const unused = 0.05;

/**
 * FactorVAE score, in [0, 1]: accuracy of predicting the factor that the items of a group share from the latent
 * dimension with the lowest variance in the group, relative to its variance over all items. Each dimension predicts the
 * factor for which it was lowest most often in the training groups.
 *
 * Groups are drawn from the measured items instead of being rendered from all factor combinations, and tested on the
 * same items. Limitations: a factor counts as found even if its best dimension is best by a narrow margin, so codes that mix
 * factors can score 1. The fixed threshold of 0.05 for inactive dimensions makes the score depend on the scale of the
 * codes.
 * @source Kim, Mnih, arXiv 1802.05983, section 4; the constants of Locatello et al., arXiv 1811.12359, appendix C.
 */
export const factorVaeScore = defineMetric<"factors", typeof factorOptions, FactorOptions>({
  name: "factor-vae-score",
  summary: "disentanglement: vote of the lowest-variance latent",
  source: "Kim, Mnih, arXiv 1802.05983, section 4",
  perfect: "1; by chance 1 / factors; 0 if no latent is active",
  better: "higher",
  needs: "factors",
  options: factorOptions,
  measure: ({ codes, values, names, key }, { points }) => {
    const testPoints = itemsFor(points) - points;
    const train = drawGroups(values, points, groupSize, fold(key, "train"));
    const test = drawGroups(values, testPoints, groupSize, fold(key, "test"));
    const { correct, active } = majorityVotes(codes, train, test, names.length);
    const { mean, stderr } = monteCarlo(correct);
    const hits = hitRates(correct, test, names.length);
    return {
      metric: "factor-vae-score",
      value: mean,
      stderr,
      n: values.shape[0]!,
      unit: "accuracy",
      details: {
        trainVotes: points,
        testVotes: testPoints,
        groupSize,
        activeUnits: active,
        ...byFactor("hit", names, hits),
      },
    };
  },
});

/**
 * Whether the factor of each test group is predicted correctly, 0 or 1: [g]. The majority votes come from the training
 * groups.
 * @param codes Codes [n, d]; the variance within a group is divided by their variance.
 */
export function majorityVotes(
  codes: NdArray,
  train: FactorGroups,
  test: FactorGroups,
  factors: number,
): { readonly correct: Float64Array; readonly active: number } {
  const d = codes.shape[1]!;
  const spread = Array.from({ length: d }, (_, j) =>
    varianceOf(addValues(emptyMean, columnOf(codes, j, 0, codes.shape[0]!))),
  );
  const active = spread.flatMap((variance, j) => (Math.sqrt(variance) >= unused ? [j] : []));
  if (active.length === 0) return { correct: new Float64Array(test.factors.length), active: 0 };
  const votesOf = ({ items, factors }: FactorGroups): Int32Array =>
    filled(new Int32Array(factors.length), (g) => leastVarying(codes, items, g, active, spread));
  const counts = Array.from({ length: d }, () => new Int32Array(factors));
  votesOf(train).forEach((vote, g) => counts[vote]![train.factors[g]!]!++);
  const meant = counts.map((row) => row.indexOf(row.reduce((a, b) => Math.max(a, b))));
  const correct = Float64Array.from(votesOf(test), (vote, g) => Number(meant[vote] === test.factors[g]));
  return { correct, active: active.length };
}

/** The latent dimension with the lowest relative variance within a group. */
function leastVarying(
  codes: NdArray,
  items: NdArray<"int32">,
  group: number,
  active: readonly number[],
  spread: readonly number[],
): number {
  const d = codes.shape[1]!;
  const size = items.shape[1]!;
  const members = items.data.subarray(group * size, (group + 1) * size);
  let least = { unit: active[0]!, share: Infinity };
  for (const unit of active) {
    const values = filled(new Float64Array(size), (i) => codes.data[members[i]! * d + unit]!);
    const share = varianceOf(addValues(emptyMean, values)) / spread[unit]!;
    if (share < least.share) least = { unit, share };
  }
  return least.unit;
}
