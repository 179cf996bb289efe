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

/** Weight of the classifier's losses against its penalty. */
const lossWeight = 0.01;

/**
 * Separated attribute predictability: each factor is classified from each single number of the code; how much more often
 * the best number is right than the second best, averaged over factors.
 *
 * Known to be odd: a linear classifier of one number tells the ends of a factor's range apart, and hardly the values
 * between them, so that codes equal to the factors are far from 1. The penalty makes it depend on the codes' scale.
 * @source Kumar et al., arXiv 1711.00848, section 3; C = 0.01 and balanced classes as Locatello et al., arXiv 1811.12359, appendix C.
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

/** Whether a factor of the test items is told from each number of the code: [d] of [test]. */
export function hitsOf({ codes, values }: FactorCodes, factor: number, train: number, test: number): Float64Array[] {
  const labels = valuesOf(values, factor, 0, train);
  const truth = valuesOf(values, factor, train, train + test);
  return Array.from({ length: codes.shape[1]! }, (_, j) => {
    const classify = linearSvm(columnOf(codes, j, 0, train), labels, lossWeight);
    const told = classify(columnOf(codes, j, train, train + test));
    return filled(new Float64Array(told.length), (i) => Number(told[i] === truth[i]));
  });
}

/** What the most accurate gets right less what the second gets right, item by item. */
function leadOf(hits: readonly Float64Array[]): Float64Array {
  const [best, second] = hits.toSorted((a, b) => monteCarlo(b).mean - monteCarlo(a).mean) as [
    Float64Array,
    Float64Array,
  ];
  return best.map((hit, i) => hit - second[i]!);
}
