import type { NdArray } from "../base/ndarray.ts";
import { requireCosts } from "./ground-cost.ts";
import { type WholeMasses, wholeMasses } from "./masses.ts";
import { NetworkSimplex } from "./network-simplex.ts";
import { type Potentials, type TransportPlan, costOf } from "./plan.ts";

/** What is to be moved: nonnegative weights of the points of each side, as shares of their sum; equal where not given. */
export interface TransportWeights {
  /** [n] */
  readonly source?: ArrayLike<number> | undefined;
  /** [m] */
  readonly target?: ArrayLike<number> | undefined;
}

export interface ExactTransport {
  /** The least cost of moving the one to the other. */
  readonly cost: number;
  /** At most n + m - 1 entries. */
  readonly plan: TransportPlan;
  /** For every pair the sum of both is at most the cost, and equal to it where the plan moves something. */
  readonly potentials: Potentials;
  /** How far the cost is above what every plan costs at least, as the potentials prove; 0 but for rounding. */
  readonly gap: number;
  /**
   * Optimal: the potentials prove the cost to 1e-9 of it (of its terms' magnitudes, where some are negative). Inexact: they
   * do not, as costs span more powers of ten than doubles resolve.
   */
  readonly status: "optimal" | "inexact";
  /** Changes of the tree that were made. */
  readonly pivots: number;
}

/**
 * The cheapest plan between two weighted point sets (earth mover's distance), exactly. Sizes may differ, costs may be any
 * finite numbers. Time for n points on both sides grows a little faster than n^2 (2000 x 2000 in about a second); memory
 * is the matrix of costs, 8 n m bytes, and O(n + m) beside it.
 * @param costs Of moving a unit from each source to each target, [n, m].
 * @throws OptionError or DataError for costs or weights that are not valid.
 * @source Kantorovich, "On the translocation of masses", 1942; the method: `NetworkSimplex`.
 */
export function exactTransport(costs: NdArray<"float64">, weights: TransportWeights = {}): ExactTransport {
  const shape = requireCosts(costs, "exactTransport");
  const masses = wholeMasses(weights.source, weights.target, shape, "exactTransport");
  const simplex = new NetworkSimplex(costs.data, masses.source, masses.target);
  simplex.solve();
  const plan = planOf(simplex, shape, masses.total);
  const potentials = tightened(costs.data, simplex.dual.subarray(0, shape[0]), shape[1]);
  const cost = costOf(plan, costs);
  const { bound, noise } = proven(potentials, masses);
  // No plan costs less than its cheapest way.
  const gap = Math.max(0, cost - Math.max(bound, least(costs.data)));
  const moved = costOf(plan, costs, Math.abs);
  const status = gap <= 1e-9 * moved + noise ? "optimal" : "inexact";
  return { cost, plan, potentials, gap, status, pivots: simplex.pivots };
}

function planOf({ tree, flow }: NetworkSimplex, [n, m]: readonly [number, number], total: number): TransportPlan {
  const entries: { readonly from: number; readonly to: number; readonly mass: number }[] = [];
  for (let node = 0; node < n + m; node++) {
    const other = tree.parent[node]!;
    if (!(flow[node]! > 0)) continue;
    entries.push({ from: Math.min(node, other), to: Math.max(node, other) - n, mass: flow[node]! / total });
  }
  entries.sort((a, b) => a.from - b.from || a.to - b.to);
  return {
    shape: [n, m],
    from: Int32Array.from(entries, ({ from }) => from),
    to: Int32Array.from(entries, ({ to }) => to),
    mass: Float64Array.from(entries, ({ mass }) => mass),
  };
}

/** Potentials of the targets as large as those of the sources allow, and then of the sources; no pair is above its cost. */
function tightened(costs: Float64Array, given: Float64Array, m: number): Potentials {
  const target = new Float64Array(m).fill(Infinity);
  const source = new Float64Array(given.length).fill(Infinity);
  for (let i = 0, e = 0; i < source.length; i++) {
    for (let j = 0; j < m; j++, e++) target[j] = Math.min(target[j]!, costs[e]! - given[i]!);
  }
  for (let i = 0, e = 0; i < source.length; i++) {
    for (let j = 0; j < m; j++, e++) source[i] = Math.min(source[i]!, costs[e]! - target[j]!);
  }
  return { source, target };
}

/** What the potentials say that every plan costs at least, and how far off rounding may have put that. */
function proven(
  { source, target }: Potentials,
  masses: WholeMasses,
): { readonly bound: number; readonly noise: number } {
  let bound = 0;
  let size = 0;
  const add = (potential: Float64Array, units: Float64Array) =>
    potential.forEach((value, i) => {
      const term = (units[i]! / masses.total) * value;
      bound += term;
      size += Math.abs(term);
    });
  add(source, masses.source);
  add(target, masses.target);
  return { bound, noise: 1e-14 * size };
}

function least(costs: Float64Array): number {
  return costs.reduce((low, cost) => Math.min(low, cost), Infinity);
}
