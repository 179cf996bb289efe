import type { NdArray } from "../base/ndarray.ts";
import { type Tree, TreeGrower, valueOf } from "./regression-tree.ts";
import { rankFeatures } from "./feature-ranks.ts";

/** Boosting rounds, each of which adds one tree per class. */
const rounds = 100;
/** Learning rate, by which a tree's values are multiplied. */
const rate = 0.1;

/** A classifier by sums of small trees. */
export interface BoostedTrees {
  /** Fraction of the reduction in squared error due to splits on each feature, [d]; sums to 1, or is 0 if there is no split. */
  readonly importances: Float64Array;
  /** The most likely class of each row of [n, d]. */
  predict(features: NdArray): Int32Array;
}

/**
 * Gradient-boosted trees for classification: 100 rounds with learning rate 0.1, each with one tree of depth 3 per class on the
 * gradient of the multinomial log likelihood. This is scikit-learn's GradientBoostingClassifier with its defaults, except that
 * ties between splits go to the first feature, and that two classes have one tree each. Deterministic.
 * @source Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29, 2001, algorithm 6.
 * @param features [n, d]
 * @param labels Nonnegative integers, [n].
 */
export function boostedTrees(features: NdArray, labels: Int32Array): BoostedTrees {
  const n = labels.length;
  const classes = [...new Set(labels)].toSorted((a, b) => a - b);
  const grower = new TreeGrower(rankFeatures(features), n, classes.length);
  const start = classes.map((label) => Math.log(labels.reduce((sum, other) => sum + Number(other === label), 0) / n));
  const scores = start.map((score) => new Float64Array(n).fill(score));
  const shares = scores.map(() => new Float64Array(n));
  const trees: Tree[][] = classes.map(() => []);
  for (let round = 0; round < rounds; round++) {
    softmax(scores, shares);
    for (let k = 0; k < classes.length; k++) {
      const [residuals, score] = [shares[k]!, scores[k]!];
      for (let i = 0; i < n; i++) residuals[i] = (labels[i] === classes[k] ? 1 : 0) - residuals[i]!;
      const tree = grower.grow(residuals);
      for (let i = 0; i < n; i++) score[i]! += rate * tree.values[grower.leafOf[i]!]!;
      trees[k]!.push(tree);
    }
  }
  const total = grower.gains.reduce((sum, gain) => sum + gain, 0);
  return {
    importances: total > 0 ? grower.gains.map((gain) => gain / total) : grower.gains,
    predict: (others) => predict(others, trees, start).map((k) => classes[k]!),
  };
}

/** Writes the probabilities of each class to `shares`; both arguments are one column [n] per class. */
function softmax(scores: readonly Float64Array[], shares: readonly Float64Array[]): void {
  const n = scores[0]!.length;
  const tops = new Float64Array(n).fill(-Infinity);
  const totals = new Float64Array(n);
  for (const column of scores) for (let i = 0; i < n; i++) if (column[i]! > tops[i]!) tops[i] = column[i]!;
  scores.forEach((column, k) => {
    for (let i = 0; i < n; i++) totals[i]! += shares[k]![i] = Math.exp(column[i]! - tops[i]!);
  });
  for (const column of shares) for (let i = 0; i < n; i++) column[i]! /= totals[i]!;
}

/** The most likely class of each item. */
function predict({ shape, data }: NdArray, trees: readonly (readonly Tree[])[], start: readonly number[]): Int32Array {
  const [n, d] = shape as [number, number];
  const classes = new Int32Array(n);
  const best = new Float64Array(n).fill(-Infinity);
  trees.forEach((ofClass, k) => {
    for (let i = 0; i < n; i++) {
      let score = start[k]!;
      for (const tree of ofClass) score += rate * valueOf(tree, data, i * d);
      if (score > best[i]!) [best[i], classes[i]] = [score, k];
    }
  });
  return classes;
}
