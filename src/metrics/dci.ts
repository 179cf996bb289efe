import { type NdArray, rows } from "../base/ndarray.ts";
import { monteCarlo } from "../estimators/index.ts";
import { boostedTrees } from "../numeric/boosted-trees.ts";
import { type FactorCodes, byFactor, factorOptions, parted, valuesOf } from "./factor-codes.ts";
import { defineMetric } from "./metric.ts";
import type { FactorOptions } from "./option-types.ts";

/** Keeps the logarithm of a zero importance finite, as in the reference implementation. */
const tiny = 1e-11;

/**
 * DCI, each in [0, 1]: gradient-boosted trees predict each factor from the code, and their importances show from
 * which latent dimensions each factor is predicted. Disentanglement (the value): each dimension is used for one factor.
 * Completeness: each factor is predicted from one dimension. Informativeness: accuracy of the predictions. The trees are our
 * own (`boostedTrees`): 100 rounds of depth 3 per factor, with splits between any two values.
 *
 * Limitations: importances are relative, so a factor that cannot be predicted counts as much as one that can. There is
 * no standard error, which would need the trees of many samples.
 * @source Eastwood, Williams, ICLR 2018, section 2; trees and entropies as Locatello et al., arXiv 1811.12359, appendix
 * C.
 */
export const dci = defineMetric<"factors", typeof factorOptions, FactorOptions>({
  name: "dci",
  summary: "disentanglement, completeness and informativeness",
  source: "Eastwood, Williams, ICLR 2018, section 2",
  perfect: "1 in all three; disentanglement and completeness are 0 if each latent is equally important for all factors",
  better: "higher",
  needs: "factors",
  options: factorOptions,
  measure: (inputs, { points }) => {
    const { names } = inputs;
    const { train, test } = parted(inputs.values.shape[0]!, points);
    const predicted = names.map((_, k) => predictFactor(inputs, k, train, test));
    const shares = predicted.map(({ importances }) => importances);
    const byCode = Array.from(shares[0]!, (_, j) => Float64Array.from(shares, (share) => share[j]!));
    const completeness = shares.map(concentration);
    const accuracies = predicted.map(({ accuracy }) => accuracy);
    return {
      metric: "dci",
      value: weighted(byCode),
      stderr: Number.NaN,
      n: train + test,
      unit: "share",
      details: {
        trainPoints: train,
        testPoints: test,
        completeness: weighted(shares),
        informativeness: monteCarlo(accuracies).mean,
        ...byFactor("completeness", names, completeness),
        ...byFactor("accuracy", names, accuracies),
        disentanglementPerLatent: byCode.map(concentration),
      },
    };
  },
});

/**
 * Importance of each latent dimension for a factor, as shares [d], and the accuracy of the prediction on the test
 * items.
 */
export function predictFactor(
  { codes, values }: Pick<FactorCodes, "codes" | "values">,
  factor: number,
  train: number,
  test: number,
): { readonly importances: Float64Array; readonly accuracy: number } {
  const trees = boostedTrees(rows(codes, 0, train), valuesOf(values, factor, 0, train));
  const predicted = trees.predict(rows(codes, train, train + test) as NdArray);
  const truth = valuesOf(values, factor, train, train + test);
  return { importances: trees.importances, accuracy: predicted.filter((label, i) => label === truth[i]).length / test };
}

/** 1 minus the entropy of the shares, to the base of their number: 1 if a single share is nonzero, 0 if all are equal. */
export function concentration(shares: Float64Array): number {
  if (shares.length < 2) return 1;
  const total = shares.reduce((sum, share) => sum + share + tiny, 0);
  const entropy = shares.reduce((sum, share) => {
    const p = (share + tiny) / total;
    return sum - p * Math.log(p);
  }, 0);
  return 1 - entropy / Math.log(shares.length);
}

/** Mean concentration of the rows, weighted by the sums of the rows. */
export function weighted(table: readonly Float64Array[]): number {
  const sums = table.map((row) => row.reduce((sum, share) => sum + share, 0));
  const total = sums.reduce((sum, row) => sum + row, 0);
  if (total === 0) return 0;
  return table.reduce((sum, row, i) => sum + (sums[i]! / total) * concentration(row), 0);
}
