import { quotient, unitExponent, wholeOf } from "../base/exact.ts";
import type { NdArray } from "../base/ndarray.ts";
import type { Whole, WholeMasses } from "./masses.ts";
import type { NetworkSimplex } from "./network-simplex.ts";
import type { Potentials } from "./plan.ts";

/**
 * Cost of a plan minus the lower bound proved by the potentials. Where rounding makes a pair of potentials exceed its
 * cost, the source's potential is lowered; all sums are exact.
 */
export function gapOf(
  costs: NdArray<"float64">,
  { source, target }: Potentials,
  { source: supply, target: demand, total }: WholeMasses,
  flows: readonly { readonly from: number; readonly to: number; readonly units: Whole }[],
): number {
  const m = target.length;
  const lowered = source.map((own, i) => own - largestExcess(own, target, costs.data, i * m));
  const terms: [whole: bigint, value: number][] = [
    ...flows.map(({ from, to, units }): [bigint, number] => [BigInt(units), costs.data[from * m + to]!]),
    ...supply.map((units, i): [bigint, number] => [-BigInt(units), lowered[i]!]),
    ...demand.map((units, j): [bigint, number] => [-BigInt(units), target[j]!]),
  ];
  const unit = terms.reduce((least, [, value]) => Math.min(least, unitExponent(value)), 0);
  const sum = terms.reduce((whole, [units, value]) => whole + units * wholeOf(value, unit), 0n);
  return quotient(sum, BigInt(total) << BigInt(-unit));
}

/** The most by which `own` and a target's potential exceed their cost, rounded up. */
function largestExcess(own: number, target: Float64Array, costs: Float64Array, row: number): number {
  let most = 0;
  for (let j = 0; j < target.length; j++) {
    const other = target[j]!;
    const sum = own + other;
    if (sum < costs[row + j]! + most) continue;
    // Rounding error of the sum: Knuth's two-sum.
    const part = sum - own;
    const lost = own - (sum - part) + (other - part);
    most = Math.max(most, (sum - costs[row + j]! + lost) * (1 + 2 ** -50));
  }
  // Lowering the potential rounds once more.
  return most === 0 ? 0 : most + 2 ** -52 * Math.abs(own);
}

/** Maximum rounds of refinement; each resolves costs about 2^30 times smaller. */
const maxRounds = 80;

/**
 * Iterative refinement until exact potentials prove the plan optimal, which doubles cannot do if costs span too many
 * orders of magnitude: each round subtracts the exact potentials of the tree from the costs and solves for the rest.
 * @returns Whether optimality was proved.
 * @source Gleixner, Steffy, Wolter, "Iterative refinement for linear programming", INFORMS Journal on Computing 28,
 * 2016.
 */
export function refine<W extends Whole>(simplex: NetworkSimplex<W>, costs: NdArray<"float64">): boolean {
  const [n, m] = costs.shape as [number, number];
  const unit = costs.data.reduce((least, cost) => Math.min(least, unitExponent(cost)), 0);
  const whole = Array.from(costs.data, (cost) => wholeOf(cost, unit));
  let potentials = new Array<bigint>(n + m).fill(0n);
  // The potentials of the tree are in units of 2^scale.
  let scale = -unit;
  for (let round = 0; round < maxRounds; round++) {
    potentials = treePotentials(simplex, whole, potentials, scale);
    const left = whole.map((cost, e) => cost - potentials[Math.floor(e / m)]! - potentials[n + (e % m)]!);
    const lowest = left.reduce((low, each) => (each < low ? each : low), 0n);
    if (lowest === 0n) {
      simplex.dual.set(potentials.map((each) => quotient(each, 1n << BigInt(-unit))));
      return true;
    }
    // A potential changes by less than n + m times the lowest reduced cost, so reduced costs above the cap stay positive.
    scale = (-lowest).toString(2).length + Math.ceil(Math.log2(4 * (n + m)));
    const cap = 1n << BigInt(scale);
    simplex.reprice(Float64Array.from(left, (each) => (each >= cap ? 1 : quotient(each, cap))));
  }
  return false;
}

/** Exact potentials of a tree: along its arcs, the potentials of both ends add up to the cost. */
function treePotentials<W extends Whole>(
  { tree, dual, n, m }: NetworkSimplex<W>,
  costs: readonly bigint[],
  before: readonly bigint[],
  scale: number,
): bigint[] {
  const { root, parent, firstChild, nextSibling } = tree;
  const potentials = [...before];
  const waiting: number[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (let child = firstChild[node]!; child >= 0; child = nextSibling[child]!) waiting.push(child);
    if (node === root) continue;
    const other = parent[node]!;
    potentials[node] =
      other === root
        ? before[node]! + wholeOf(dual[node]!, -scale)
        : costs[Math.min(node, other) * m + Math.max(node, other) - n]! - potentials[other]!;
  }
  return potentials;
}
