import { filled } from "../base/filled.ts";
import { OptionError } from "../base/errors.ts";
import { type Whole, minus, plus } from "./masses.ts";
import { SpanningTree } from "./spanning-tree.ts";

/**
 * Minimum number of arcs that are examined before the best of them enters the tree. In large problems it is half the number
 * of nodes, because a pivot takes that much time.
 */
const smallestBlock = 64;

/**
 * The transport problem between n sources and m targets, solved on spanning trees of its network. Nodes are the sources, the
 * targets, and a root without flow. Every arc runs from a source to a target; only arcs in the tree carry flow, and a node
 * stores the flow between it and its parent. The method ends at an optimum after finitely many pivots: masses are integers,
 * costs are rounded to a power of two so fine that every sum along a tree is exact, and trees are strongly feasible (an arc
 * without flow points towards the root), so that no tree occurs twice. In addition to the costs, memory is O(n + m).
 * @source Cunningham, "A network simplex method", Mathematical Programming 11, 1976; block search: Kiraly, Kovacs, "Efficient
 * implementations of minimum-cost flow algorithms", arXiv 1207.6381.
 */
export class NetworkSimplex<W extends Whole> {
  readonly tree: SpanningTree;
  /** Flow between a node and its parent. */
  readonly flow: W[];
  /** Potentials of sources, then of targets: the cost of a tree arc is the sum of the potentials of its ends. */
  readonly dual: Float64Array;
  pivots = 0;
  /** Potentials of the targets. */
  private readonly targets: Float64Array;
  readonly n: number;
  readonly m: number;
  private readonly zero: W;
  /** Adding and subtracting this number rounds a cost. */
  private rounder: number;
  private readonly block: number;
  /** Position at which the search for an arc resumes. */
  private row = 0;
  private column = 0;
  /** The arc found. */
  private source = -1;
  private target = -1;
  private reduced = 0;

  /**
   * @param costs [n, m], finite.
   * @param supply Whole numbers [n]. @param demand Whole numbers [m] of the same sum.
   */
  constructor(
    private costs: Float64Array,
    supply: readonly W[],
    demand: readonly W[],
  ) {
    const size = supply.length + demand.length;
    this.n = supply.length;
    this.m = demand.length;
    this.tree = new SpanningTree(size);
    this.zero = minus(supply[0]!, supply[0]!);
    this.flow = new Array<W>(size + 1).fill(this.zero);
    this.dual = new Float64Array(size + 1);
    this.targets = this.dual.subarray(this.n, size);
    this.rounder = rounderFor(costs, size);
    this.block = Math.max(smallestBlock, Math.ceil(size / 2));
    this.begin(supply, demand);
  }

  /** Pivots until no arc would reduce the cost. */
  solve(): void {
    while (this.findArc()) this.pivot();
  }

  /**
   * Continues from the current tree with costs from which the potentials of the tree have been subtracted, so that tree arcs
   * cost 0. The remaining costs are smaller and therefore rounded less.
   */
  reprice(costs: Float64Array): void {
    this.costs = costs;
    this.rounder = rounderFor(costs, this.n + this.m);
    this.dual.fill(0);
    this.solve();
  }

  private costAt(source: number, target: number): number {
    return this.costs[source * this.m + target]! + this.rounder - this.rounder;
  }

  /**
   * Builds the initial tree. Each node of the longer side in turn is served by the nodes of the other side that have mass left,
   * cheapest first. With each arc, at least one of its ends is exhausted, so going backwards from the last arc, each arc
   * attaches one more node to the tree.
   */
  private begin(supply: readonly W[], demand: readonly W[]): void {
    const { n, m, tree, zero } = this;
    const bySource = n >= m;
    const left = [...(bySource ? demand : supply)];
    const taken: { readonly leaf: number; readonly other: number; readonly amount: W }[] = [];
    for (const i of this.byRegret(bySource)) {
      let amount = (bySource ? supply : demand)[i]!;
      while (amount > zero) {
        const j = this.cheapest(i, left, bySource);
        const moved = left[j]! < amount ? left[j]! : amount;
        amount = minus(amount, moved);
        left[j] = minus(left[j]!, moved);
        const [one, two] = bySource ? [i, n + j] : [n + i, j];
        taken.push(amount > zero ? { leaf: two, other: one, amount: moved } : { leaf: one, other: two, amount: moved });
      }
    }
    for (const { leaf, other, amount } of taken.toReversed()) {
      if (tree.parent[other]! < 0) this.hang(other, tree.root, zero);
      this.hang(leaf, other, amount);
      this.dual[leaf] = this.costAt(Math.min(leaf, other), Math.max(leaf, other) - n) - this.dual[other]!;
    }
    for (let node = 0; node < n + m; node++) if (tree.parent[node]! < 0) this.hang(node, tree.root, zero);
  }

  private hang(node: number, parent: number, amount: W): void {
    this.tree.attach(node, parent);
    this.tree.depth[node] = this.tree.depth[parent]! + 1;
    this.flow[node] = amount;
  }

  /** Nodes of the longer side by descending regret: the cost of the second cheapest partner minus that of the cheapest. */
  private byRegret(bySource: boolean): Int32Array {
    const { costs, n, m } = this;
    const [count, others, step, stride] = bySource ? [n, m, m, 1] : [m, n, 1, m];
    const regret = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      let least = Infinity;
      let second = Infinity;
      for (let j = 0, at = i * step; j < others; j++, at += stride) {
        second = Math.min(second, Math.max(least, costs[at]!));
        least = Math.min(least, costs[at]!);
      }
      regret[i] = second - least;
    }
    return filled(new Int32Array(count), (i) => i).sort((a, b) => regret[b]! - regret[a]!);
  }

  private cheapest(i: number, left: readonly W[], bySource: boolean): number {
    const { costs, m, zero } = this;
    const [start, stride] = bySource ? [i * m, 1] : [i, m];
    let best = -1;
    let least = Infinity;
    for (let j = 0, at = start; j < left.length; j++, at += stride) {
      if (left[j]! > zero && costs[at]! < least) {
        least = costs[at]!;
        best = j;
      }
    }
    return best;
  }

  /**
   * Block search: scans arcs cyclically, block by block, and picks the arc with the lowest reduced cost of the first block that
   * has a negative one.
   */
  private findArc(): boolean {
    const { costs, dual, targets, rounder, block, n, m } = this;
    let { row, column } = this;
    let best = 0;
    let left = block;
    for (let seen = 0; seen < costs.length;) {
      const stop = Math.min(m, column + left);
      const own = dual[row]!;
      const at = row * m;
      let least = best + own;
      let found = -1;
      for (let j = column; j < stop; j++) {
        const rest = costs[at + j]! + rounder - rounder - targets[j]!;
        if (rest < least) {
          least = rest;
          found = j;
        }
      }
      if (found >= 0) {
        best = least - own;
        this.source = row;
        this.target = n + found;
      }
      seen += stop - column;
      left -= stop - column;
      column = stop;
      if (column === m) {
        column = 0;
        row = row + 1 === n ? 0 : row + 1;
      }
      if (left > 0) continue;
      if (best < 0) break;
      left = block;
    }
    this.row = row;
    this.column = column;
    this.reduced = best;
    return best < 0;
  }

  /** Whether the arc between a node and its parent points towards the root, as arcs to the root itself do. */
  private isUp(node: number): boolean {
    return node < this.n || this.tree.parent[node] === this.tree.root;
  }

  /** Pushes as much flow as possible round the cycle that the arc closes, and removes an arc whose flow becomes 0. */
  private pivot(): void {
    const { tree, flow, source, target, zero } = this;
    const { parent } = tree;
    const join = tree.join(source, target);
    // If several arcs become empty, the last one on the cycle from the join in the direction of the flow leaves, which keeps
    // the tree strongly feasible.
    let leaving = -1;
    let amount = zero;
    let below = source;
    for (let node = source; node !== join; node = parent[node]!) {
      if (!this.isUp(node) || (leaving >= 0 && flow[node]! >= amount)) continue;
      leaving = node;
      amount = flow[node]!;
    }
    for (let node = target; node !== join; node = parent[node]!) {
      if (this.isUp(node) || (leaving >= 0 && flow[node]! > amount)) continue;
      leaving = node;
      amount = flow[node]!;
      below = target;
    }
    if (amount > zero) {
      for (let node = source; node !== join; node = parent[node]!) this.add(node, amount, !this.isUp(node));
      for (let node = target; node !== join; node = parent[node]!) this.add(node, amount, this.isUp(node));
    }
    this.rehang(below, below === source ? target : source, leaving, amount);
    this.shift(below, below === source ? this.reduced : -this.reduced);
    this.pivots++;
  }

  private add(node: number, amount: W, more: boolean): void {
    const { flow } = this;
    flow[node] = more ? plus(flow[node]!, amount) : minus(flow[node]!, amount);
  }

  /** Reverses the path from `node` up to `last`, and attaches `node` to a new parent. */
  private rehang(node: number, under: number, last: number, amount: W): void {
    const { tree, flow } = this;
    for (;;) {
      const next = tree.parent[node]!;
      const held = flow[node]!;
      tree.detach(node);
      tree.attach(node, under);
      flow[node] = amount;
      if (node === last) return;
      under = node;
      node = next;
      amount = held;
    }
  }

  /** Shifts the potentials in the subtree of `top`: up for sources, down for targets. Updates depths as well. */
  private shift(top: number, by: number): void {
    const { dual, n } = this;
    const { parent, depth, firstChild, nextSibling } = this.tree;
    depth[top] = depth[parent[top]!]! + 1;
    for (let node = top; ;) {
      dual[node]! += node < n ? by : -by;
      const child = firstChild[node]!;
      if (child >= 0) {
        depth[child] = depth[node]! + 1;
        node = child;
        continue;
      }
      while (node !== top && nextSibling[node]! < 0) node = parent[node]!;
      if (node === top) return;
      const level = depth[node]!;
      node = nextSibling[node]!;
      depth[node] = level;
    }
  }
}

/**
 * A number whose addition and subtraction rounds a cost to a multiple of a power of two, chosen so that sums of as many costs
 * as there are nodes are exact.
 */
function rounderFor(costs: Float64Array, nodes: number): number {
  let largest = 0;
  for (let e = 0; e < costs.length; e++) largest = Math.max(largest, Math.abs(costs[e]!));
  if (largest === 0) return 0;
  // A potential is a sum of fewer costs than there are nodes; a reduced cost is the sum of two potentials and a cost.
  const bits = Math.ceil(Math.log2(largest)) + Math.ceil(Math.log2(2 * nodes));
  if (bits < 1023) return 1.5 * 2 ** bits;
  throw new OptionError(`costs must be so small that their sums are finite - got ${largest}`, "rescale the points");
}
