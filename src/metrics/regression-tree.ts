import { type BinnedFeature, maxBins } from "./tree-bins.ts";

const depth = 3;
const nodes = 2 ** (depth + 1) - 1;

/** A tree of depth 3 in heap order: the children of node i are 2 i + 1 and 2 i + 2. */
export interface Tree {
  /** Fall in mean squared error by the splits on each feature, [d]. */
  readonly gains: Float64Array;
  /** The node that each item ends in, [n]. */
  readonly leafOf: Uint8Array;
  /** What a node says of the items that end in it. */
  readonly values: Float64Array;
  /** What the tree says of an item whose features begin at `start`. */
  valueOf(features: ArrayLike<number>, start: number): number;
}

/** Counts and sums of residuals by feature and bin. */
interface Histogram {
  readonly counts: Int32Array;
  readonly sums: Float64Array;
}

interface Split {
  readonly feature: number;
  /** Items in this bin or a lower one go left. */
  readonly bin: number;
  /** The same as a value: half way between the largest that goes left and the smallest that goes right. */
  readonly threshold: number;
  /** Fall in the sum of squared errors. */
  readonly gain: number;
}

/**
 * A tree that predicts the residuals of a class's probability by least squares, each leaf then set by one Newton step on
 * the log likelihood.
 * @source Friedman, Annals of Statistics 29, 2001, algorithm 6.
 * @param residuals 1 or 0 less the probability, [n].
 */
export function growTree(features: readonly BinnedFeature[], residuals: Float64Array, classes: number): Tree {
  const n = residuals.length;
  const splits: (Split | null)[] = Array.from({ length: nodes }, () => null);
  const gains = new Float64Array(features.length);
  const leafOf = new Uint8Array(n);
  const values = new Float64Array(nodes);
  const grow = (node: number, items: Int32Array, histogram: Histogram | null): void => {
    const split = histogram === null || isPure(residuals, items) ? null : bestSplit(features, histogram, items.length);
    splits[node] = split;
    if (split === null) {
      values[node] = leafValue(residuals, items, classes);
      for (const item of items) leafOf[item] = node;
      return;
    }
    gains[split.feature]! += split.gain / n;
    const { bins } = features[split.feature]!;
    const [left, right] = [
      items.filter((item) => bins[item]! <= split.bin),
      items.filter((item) => bins[item]! > split.bin),
    ];
    const deepest = 2 * node + 1 >= nodes >> 1;
    const [ofLeft, ofRight] = deepest ? [null, null] : divided(features, residuals, histogram!, left, right);
    grow(2 * node + 1, left, ofLeft);
    grow(2 * node + 2, right, ofRight);
  };
  const all = Int32Array.from(residuals, (_, i) => i);
  grow(0, all, histogramOf(features, residuals, all));
  const valueOf = (item: ArrayLike<number>, start: number): number => {
    let node = 0;
    for (let split = splits[0]!; split !== null; split = splits[node]!) {
      node = 2 * node + (item[start + split.feature]! <= split.threshold ? 1 : 2);
    }
    return values[node]!;
  };
  return { gains, leafOf, values, valueOf };
}

function histogramOf(features: readonly BinnedFeature[], residuals: Float64Array, items: Int32Array): Histogram {
  const counts = new Int32Array(features.length * maxBins);
  const sums = new Float64Array(features.length * maxBins);
  const own = Float64Array.from(items, (item) => residuals[item]!);
  features.forEach(({ bins }, j) => {
    const row = j * maxBins;
    for (let i = 0; i < items.length; i++) {
      const at = row + bins[items[i]!]!;
      counts[at]!++;
      sums[at]! += own[i]!;
    }
  });
  return { counts, sums };
}

/** The histograms of both sides: that of the smaller one is counted, the other is what is left. */
function divided(
  features: readonly BinnedFeature[],
  residuals: Float64Array,
  whole: Histogram,
  left: Int32Array,
  right: Int32Array,
): [Histogram, Histogram] {
  const small = histogramOf(features, residuals, left.length <= right.length ? left : right);
  const large = {
    counts: whole.counts.map((count, at) => count - small.counts[at]!),
    sums: whole.sums.map((sum, at) => sum - small.sums[at]!),
  };
  return left.length <= right.length ? [small, large] : [large, small];
}

/** The split that lowers the squared error most; null where all items are equal in every feature. */
function bestSplit(features: readonly BinnedFeature[], { counts, sums }: Histogram, n: number): Split | null {
  let best: Split | null = null;
  features.forEach(({ low, high }, feature) => {
    const row = feature * maxBins;
    let total = 0;
    for (let bin = 0; bin < low.length; bin++) total += sums[row + bin]!;
    let [count, sum, last] = [0, 0, -1];
    for (let bin = 0; bin < low.length; bin++) {
      if (counts[row + bin] === 0) continue;
      if (count > 0) {
        const gain = sum ** 2 / count + (total - sum) ** 2 / (n - count) - total ** 2 / n;
        if (gain > (best?.gain ?? -Infinity)) {
          best = { feature, bin: last, threshold: (high[last]! + low[bin]!) / 2, gain };
        }
      }
      count += counts[row + bin]!;
      sum += sums[row + bin]!;
      last = bin;
    }
  });
  return best;
}

/** Whether there is nothing to split: all residuals are the same. */
function isPure(residuals: Float64Array, items: Int32Array): boolean {
  let [sum, squares] = [0, 0];
  for (const item of items) {
    sum += residuals[item]!;
    squares += residuals[item]! ** 2;
  }
  return squares / items.length - (sum / items.length) ** 2 <= Number.EPSILON;
}

function leafValue(residuals: Float64Array, items: Int32Array, classes: number): number {
  let [sum, curvature] = [0, 0];
  for (const item of items) {
    const size = Math.abs(residuals[item]!);
    sum += residuals[item]!;
    curvature += size * (1 - size);
  }
  return curvature > 1e-150 ? (((classes - 1) / classes) * sum) / curvature : 0;
}
