import type { NdArray } from "../base/ndarray.ts";
import { type Tree, growTree } from "./regression-tree.ts";
import { binFeatures } from "./tree-bins.ts";

/** Rounds, each with a tree a class. */
const rounds = 100;
/** Share of a tree's values that is taken. */
const rate = 0.1;

/** A classifier by sums of small trees. */
export interface BoostedTrees {
  /** How much of the fall in squared error the splits on each feature brought; they sum to 1, or are 0 without a split. */
  readonly importances: Float64Array;
  /** The likeliest class of each row of [n, d]. */
  predict(features: NdArray): Int32Array;
}

/**
 * Gradient boosted trees for classes: 100 rounds at rate 0.1, each with one tree of depth 3 a class on the gradient of the
 * multinomial log likelihood. Splits lie between bins of a feature's values, at most 255 of them: with no more distinct
 * values than that, these are scikit-learn's GradientBoostingClassifier of its defaults, but for splits that are equally
 * good, where the first feature wins, and for two classes, which have a tree each here. Nothing is random.
 * @source Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29, 2001, algorithm 6.
 * @param features [n, d]
 * @param labels Whole numbers from 0, [n].
 */
export function boostedTrees(features: NdArray, labels: Int32Array): BoostedTrees {
  const [n, d] = features.shape as [number, number];
  const classes = [...new Set(labels)].toSorted((a, b) => a - b);
  const binned = binFeatures(features);
  const start = classes.map((label) => Math.log(labels.reduce((sum, other) => sum + Number(other === label), 0) / n));
  const scores = classes.map((_, k) => new Float64Array(n).fill(start[k]!));
  const importances = new Float64Array(d);
  const trees: (readonly Tree[])[] = [];
  for (let round = 0; round < rounds; round++) {
    const shares = softmax(scores);
    trees.push(
      classes.map((label, k) => {
        const residuals = shares[k]!.map((p, i) => Number(labels[i] === label) - p);
        const tree = growTree(binned, residuals, classes.length);
        tree.gains.forEach((gain, j) => (importances[j]! += gain));
        tree.leafOf.forEach((leaf, i) => (scores[k]![i]! += rate * tree.values[leaf]!));
        return tree;
      }),
    );
  }
  const total = importances.reduce((sum, gain) => sum + gain, 0);
  return {
    importances: total > 0 ? importances.map((gain) => gain / total) : importances,
    predict: (others) => predict(others, trees, start).map((k) => classes[k]!),
  };
}

/** Over classes, of each item: as many columns of [n] as there are classes. */
function softmax(scores: readonly Float64Array[]): Float64Array[] {
  const shares = scores.map((column) => new Float64Array(column.length));
  for (let i = 0; i < scores[0]!.length; i++) {
    let top = -Infinity;
    for (const column of scores) top = Math.max(top, column[i]!);
    let total = 0;
    scores.forEach((column, k) => (total += shares[k]![i] = Math.exp(column[i]! - top)));
    for (const column of shares) column[i]! /= total;
  }
  return shares;
}

/** The place of the likeliest class of each item. */
function predict({ shape, data }: NdArray, trees: readonly (readonly Tree[])[], start: readonly number[]): Int32Array {
  const [n, d] = shape as [number, number];
  return Int32Array.from({ length: n }, (_, i) => {
    const scores = start.slice();
    for (const round of trees) round.forEach((tree, k) => (scores[k]! += rate * tree.valueOf(data, i * d)));
    return scores.indexOf(Math.max(...scores));
  });
}
