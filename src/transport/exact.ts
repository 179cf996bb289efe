import { filled } from "../base/filled.ts";
import type { NdArray } from "../base/ndarray.ts";
import { requireCosts } from "./ground-cost.ts";
import { type Whole, requireWeights, shareOf, wholeMasses } from "./masses.ts";
import { NetworkSimplex } from "./network-simplex.ts";
import { gapOf, refine } from "./optimality.ts";
import { type Potentials, type TransportPlan, costOf } from "./plan.ts";
import { type Support, chosen, costsOn, planOnAll, supportOf } from "./support.ts";

/**
 * Weights of the points of each side, nonnegative and normalised to sum 1; uniform by default. A point of weight 0 is
 * ignored.
 */
export interface TransportWeights {
  /** [n] */
  readonly source?: ArrayLike<number> | undefined;
  /** [m] */
  readonly target?: ArrayLike<number> | undefined;
}

/** An optimal plan with the dual potentials that prove its optimality. */
export interface ExactTransport {
  /** Lowest mean cost of moving the source onto the target. */
  readonly cost: number;
  /** At most n + m - 1 entries. */
  readonly plan: TransportPlan;
  /** For every pair, the sum of both potentials is at most the cost, with equality where the plan moves mass. */
  readonly potentials: Potentials;
  /** Duality gap: cost minus the lower bound that the potentials prove, by exact sums; 0 except for rounding. */
  readonly gap: number;
  /**
   * Optimal: the gap is at most 1e-9 of the cost (of the magnitude of its terms, if some are negative). Inexact: it is
   * larger, because the costs span too many orders of magnitude.
   */
  readonly status: "optimal" | "inexact";
  /** Number of pivots of the network simplex. */
  readonly pivots: number;
}

/**
 * Exact optimal transport plan between two weighted point sets (earth mover's distance). The sets may differ in size,
 * costs may be any finite numbers, and weights are used exactly, whatever their scales. Time grows a little faster than
 * n^2 (2000 x 2000 in 0.3 s). Memory is the cost matrix, 8 n m bytes, plus O(n + m); several times as much of
 * both if costs span more than ten orders of magnitude.
 * @param costs Cost of moving a unit from each source to each target, [n, m].
 * @throws OptionError or DataError for costs or weights that are not valid.
 * @source Kantorovich, "On the translocation of masses", 1942; the method: `NetworkSimplex`.
 */
export function exactTransport(costs: NdArray<"float64">, weights: TransportWeights = {}): ExactTransport {
  const shape = requireCosts(costs, "exact transport");
  requireWeights(weights.source, shape[0], "source weights of exact transport");
  requireWeights(weights.target, shape[1], "target weights of exact transport");
  const support = { rows: supportOf(weights.source), columns: supportOf(weights.target) };
  const { dual, plan, ...found } = solve(
    costsOn(costs, support),
    chosen(weights.source, support.rows),
    chosen(weights.target, support.columns),
  );
  return { ...found, plan: planOnAll(plan, shape, support), potentials: tightened(costs, dual, support) };
}

type Solved = Omit<ExactTransport, "potentials"> & {
  /** Potentials of the sources. */
  readonly dual: Float64Array;
};

/** Solves the problem between points with positive weights. */
function solve(
  costs: NdArray<"float64">,
  source: ArrayLike<number> | undefined,
  target: ArrayLike<number> | undefined,
): Solved {
  const [n, m] = costs.shape as [number, number];
  const masses = wholeMasses(source, target, [n, m]);
  const simplex = new NetworkSimplex<Whole>(costs.data, masses.source, masses.target);
  simplex.solve();
  const found = () => {
    const flows = flowsOf(simplex);
    const plan = planOf(flows, [n, m], masses.total);
    const dual = simplex.dual.slice(0, n);
    const cost = costOf(plan, costs);
    // A lower bound on the cost of any plan.
    const proven = gapOf(costs, tightened(costs, dual, everywhere), masses, flows);
    const gap = Math.max(0, Math.min(proven, cost - least(costs.data)));
    const status: ExactTransport["status"] = gap <= 1e-9 * costOf(plan, costs, Math.abs) ? "optimal" : "inexact";
    return { cost, plan, dual, gap, status, pivots: simplex.pivots };
  };
  const first = found();
  if (first.status === "optimal") return first;
  const proven = refine(simplex, costs);
  return { ...found(), ...(proven && { gap: 0, status: "optimal" }) };
}

const everywhere: Support = { rows: null, columns: null };

interface Flow {
  readonly from: number;
  readonly to: number;
  readonly units: Whole;
}

function flowsOf({ tree, flow, n, m }: NetworkSimplex<Whole>): Flow[] {
  const flows: Flow[] = [];
  for (let node = 0; node < n + m; node++) {
    const other = tree.parent[node]!;
    if (!(flow[node]! > 0)) continue;
    flows.push({ from: Math.min(node, other), to: Math.max(node, other) - n, units: flow[node]! });
  }
  return flows.toSorted((a, b) => a.from - b.from || a.to - b.to);
}

function planOf(flows: readonly Flow[], shape: readonly [number, number], total: Whole): TransportPlan {
  // A mass can be below the smallest double as a share of the total.
  const moved = flows
    .map(({ from, to, units }) => ({ from, to, mass: shareOf(units, total) }))
    .filter(({ mass }) => mass > 0);
  return {
    shape,
    from: filled(new Int32Array(moved.length), (i) => moved[i]!.from),
    to: filled(new Int32Array(moved.length), (i) => moved[i]!.to),
    mass: filled(new Float64Array(moved.length), (i) => moved[i]!.mass),
  };
}

/**
 * The largest target potentials that the source potentials in the support allow, then the largest potentials of all
 * sources: no pair exceeds its cost.
 */
function tightened(
  { data: costs, shape }: NdArray<"float64">,
  given: Float64Array,
  { rows }: Pick<Support, "rows">,
): Potentials {
  const [n, m] = shape as [number, number];
  const target = new Float64Array(m).fill(Infinity);
  const source = new Float64Array(n).fill(Infinity);
  for (let k = 0; k < given.length; k++) {
    const row = (rows?.[k] ?? k) * m;
    for (let j = 0; j < m; j++) target[j] = Math.min(target[j]!, costs[row + j]! - given[k]!);
  }
  for (let i = 0, e = 0; i < n; i++) {
    for (let j = 0; j < m; j++, e++) source[i] = Math.min(source[i]!, costs[e]! - target[j]!);
  }
  return { source, target };
}

function least(costs: Float64Array): number {
  return costs.reduce((low, cost) => Math.min(low, cost), Infinity);
}
