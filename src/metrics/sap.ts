import { filled } from "../base/filled.ts";
import { monteCarlo } from "../estimators/index.ts";
import {
  type FactorCodes,
  byFactor,
  columnOf,
  factorOptions,
  parted,
  requireTwoCodes,
  valuesOf,
} from "./factor-codes.ts";
import { linearSvm } from "../numeric/linear-svm.ts";
import { defineMetric } from "./metric.ts";
import type { FactorOptions } from "./option-types.ts";

/** Weight of the classifier's losses relative to its penalty (C). */
const lossWeight = 0.01;

/**
 * SAP score: each factor is classified from each single latent dimension; accuracy of the best dimension minus that of
 * the second best, averaged over factors, in [0, 1].
 *
 * Limitations: a linear classifier on one number separates the ends of a factor's range but hardly the values in
 * between, so codes equal to the factors score far below 1. The penalty makes the score depend on the scale of the
 * codes.
 * @source Kumar et al., arXiv 1711.00848, section 3; C = 0.01 and balanced classes as Locatello et al., arXiv
 * 1811.12359, appendix C.
 */
export const sap = defineMetric<"factors", typeof factorOptions, FactorOptions>({
  name: "sap",
  summary: "disentanglement: separated attribute predictability",
  source: "Kumar et al., arXiv 1711.00848, section 3",
  perfect:
    "below 1 for factors with more than 2 values, which no linear classifier separates: codes equal to the factors of shapes get about 0.25",
  better: "higher",
  needs: "factors",
  options: factorOptions,
  measure: (inputs, { points }) => {
    requireTwoCodes(inputs, "sap");
    const { train, test } = parted(inputs.values.shape[0]!, points);
    const gaps = inputs.names.map((_, k) => leadOf(hitsOf(inputs, k, train, test)));
    const { mean, stderr } = monteCarlo(
      filled(new Float64Array(test), (i) => gaps.reduce((sum, gap) => sum + gap[i]!, 0) / gaps.length),
    );
    const byEach = gaps.map((gap) => monteCarlo(gap).mean);
    return {
      metric: "sap",
      value: mean,
      stderr,
      n: train + test,
      unit: "accuracy",
      details: { trainPoints: train, testPoints: test, ...byFactor("gap", inputs.names, byEach) },
    };
  },
});

/** For each latent dimension, whether the factor of each test item is predicted correctly: [d] arrays of [test]. */
export function hitsOf({ codes, values }: FactorCodes, factor: number, train: number, test: number): Float64Array[] {
  const labels = valuesOf(values, factor, 0, train);
  const truth = valuesOf(values, factor, train, train + test);
  return Array.from({ length: codes.shape[1]! }, (_, j) => {
    const classify = linearSvm(columnOf(codes, j, 0, train), labels, lossWeight);
    const predicted = classify(columnOf(codes, j, train, train + test));
    return filled(new Float64Array(predicted.length), (i) => Number(predicted[i] === truth[i]));
  });
}

/** Hits of the most accurate dimension minus those of the second, item by item. */
function leadOf(hits: readonly Float64Array[]): Float64Array {
  const [best, second] = hits.toSorted((a, b) => monteCarlo(b).mean - monteCarlo(a).mean) as [
    Float64Array,
    Float64Array,
  ];
  return best.map((hit, i) => hit - second[i]!);
}
