import { filled } from "../base/filled.ts";
import type { RankedFeature } from "./feature-ranks.ts";

const depth = 3;
const nodes = 2 ** (depth + 1) - 1;
const firstLeaf = nodes >> 1;
const none = -1;

/** A tree of depth 3 in heap order: the children of node i are 2 i + 1 and 2 i + 2. */
export interface Tree {
  /** The feature on which a node splits; -1 for a leaf. */
  readonly features: Int32Array;
  /** Values up to this one go left: halfway between the largest value on the left and the smallest on the right. */
  readonly thresholds: Float64Array;
  /** The prediction of each leaf. */
  readonly values: Float64Array;
}

/** The prediction of a tree for the item whose features start at `start`. */
export function valueOf({ features, thresholds, values }: Tree, items: ArrayLike<number>, start: number): number {
  let node = 0;
  while (features[node]! !== none) node = 2 * node + (items[start + features[node]!]! <= thresholds[node]! ? 1 : 2);
  return values[node]!;
}

/**
 * Grows trees on the same items, one after another: each predicts the residuals of a class probability by least squares, and its
 * leaves are then set by one Newton step on the log likelihood. Plain loops over reused buffers, because boosting spends its time
 * here.
 * @source Friedman, Annals of Statistics 29, 2001, algorithm 6.
 */
export class TreeGrower {
  /** Reduction in mean squared error by the splits on each feature, over all trees: [d]. */
  readonly gains: Float64Array;
  /** The leaf of each item in the last tree: [n]. */
  readonly leafOf: Uint8Array;
  /** Offset of each feature's distinct values in a histogram, [d + 1]. */
  private readonly offsets: Int32Array;
  /** The bin of each item's values in a histogram, [n, d]. */
  private readonly places: Int32Array;
  /** Item indices, grouped by node. */
  private readonly order: Int32Array;
  private readonly held: Int32Array;
  /** For each inner node: the count and the sum of residuals by feature and distinct value. */
  private readonly histograms: readonly Float64Array[];

  constructor(
    private readonly ranked: readonly RankedFeature[],
    private readonly n: number,
    private readonly classes: number,
  ) {
    const d = ranked.length;
    this.gains = new Float64Array(d);
    this.leafOf = new Uint8Array(n);
    this.offsets = new Int32Array(d + 1);
    ranked.forEach(({ values }, j) => (this.offsets[j + 1] = this.offsets[j]! + values.length));
    this.places = filled(
      new Int32Array(n * d),
      (at) => this.offsets[at % d]! + ranked[at % d]!.ranks[Math.floor(at / d)]!,
    );
    this.order = new Int32Array(n);
    this.held = new Int32Array(n);
    this.histograms = Array.from({ length: firstLeaf }, () => new Float64Array(2 * this.offsets[d]!));
  }

  /** @param residuals 1 or 0 minus the probability, [n]. */
  grow(residuals: Float64Array): Tree {
    const tree = {
      features: new Int32Array(nodes).fill(none),
      thresholds: new Float64Array(nodes),
      values: new Float64Array(nodes),
    };
    for (let i = 0; i < this.n; i++) this.order[i] = i;
    this.count(0, residuals, 0, this.n);
    this.growNode(tree, residuals, 0, 0, this.n);
    return tree;
  }

  /** Grows a node with items `start` to `stop` of the order, whose histogram has been computed. */
  private growNode(tree: Tree, residuals: Float64Array, node: number, start: number, stop: number): void {
    const split = node >= firstLeaf || this.isPure(residuals, start, stop) ? null : this.bestSplit(node, stop - start);
    if (split === null) {
      tree.values[node] = this.leafValue(residuals, start, stop);
      for (let i = start; i < stop; i++) this.leafOf[this.order[i]!] = node;
      return;
    }
    tree.features[node] = split.feature;
    tree.thresholds[node] = split.threshold;
    this.gains[split.feature]! += split.gain / this.n;
    const middle = this.divide(start, stop, split.feature, split.rank);
    const [left, right] = [2 * node + 1, 2 * node + 2];
    if (left < firstLeaf) {
      // The histogram of the smaller side is counted, that of the other is the difference.
      const [small, large] = middle - start <= stop - middle ? [left, right] : [right, left];
      this.count(small, residuals, small === left ? start : middle, small === left ? middle : stop);
      const [whole, part, rest] = [this.histograms[node]!, this.histograms[small]!, this.histograms[large]!];
      for (let at = 0; at < rest.length; at++) rest[at] = whole[at]! - part[at]!;
    }
    this.growNode(tree, residuals, left, start, middle);
    this.growNode(tree, residuals, right, middle, stop);
  }

  private count(node: number, residuals: Float64Array, start: number, stop: number): void {
    const { places, order } = this;
    const d = this.ranked.length;
    const histogram = this.histograms[node]!.fill(0);
    for (let i = start; i < stop; i++) {
      const item = order[i]!;
      const residual = residuals[item]!;
      for (let j = 0; j < d; j++) {
        const at = 2 * places[item * d + j]!;
        histogram[at]!++;
        histogram[at + 1]! += residual;
      }
    }
  }

  /** The split that reduces the squared error most; null if all items are equal in every feature. */
  private bestSplit(node: number, n: number) {
    const histogram = this.histograms[node]!;
    let [feature, rank, next, best] = [none, none, none, -Infinity];
    for (let j = 0; j < this.ranked.length; j++) {
      const row = 2 * this.offsets[j]!;
      const end = 2 * this.offsets[j + 1]!;
      let total = 0;
      for (let at = row; at < end; at += 2) total += histogram[at + 1]!;
      let [count, sum, last] = [0, 0, none];
      for (let at = row; at < end; at += 2) {
        if (histogram[at] === 0) continue;
        if (count > 0) {
          const gain = (sum * sum) / count + (total - sum) ** 2 / (n - count) - (total * total) / n;
          if (gain > best) [feature, rank, next, best] = [j, (last - row) / 2, (at - row) / 2, gain];
        }
        count += histogram[at]!;
        sum += histogram[at + 1]!;
        last = at;
      }
    }
    if (feature === none) return null;
    const { values } = this.ranked[feature]!;
    return { feature, rank, threshold: (values[rank]! + values[next]!) / 2, gain: best };
  }

  /** Stable partition: moves items with values up to a rank before the others. @returns Where the others start. */
  private divide(start: number, stop: number, feature: number, rank: number): number {
    const { order, held } = this;
    const { ranks } = this.ranked[feature]!;
    let [left, right] = [start, 0];
    for (let i = start; i < stop; i++) {
      const item = order[i]!;
      if (ranks[item]! <= rank) order[left++] = item;
      else held[right++] = item;
    }
    order.set(held.subarray(0, right), left);
    return left;
  }

  /** Whether there is nothing to split because all residuals are equal. */
  private isPure(residuals: Float64Array, start: number, stop: number): boolean {
    let [sum, squares] = [0, 0];
    for (let i = start; i < stop; i++) {
      const residual = residuals[this.order[i]!]!;
      sum += residual;
      squares += residual * residual;
    }
    const n = stop - start;
    return squares / n - (sum / n) ** 2 <= Number.EPSILON;
  }

  private leafValue(residuals: Float64Array, start: number, stop: number): number {
    let [sum, curvature] = [0, 0];
    for (let i = start; i < stop; i++) {
      const residual = residuals[this.order[i]!]!;
      const size = Math.abs(residual);
      sum += residual;
      curvature += size * (1 - size);
    }
    return curvature > 1e-150 ? (((this.classes - 1) / this.classes) * sum) / curvature : 0;
  }
}
