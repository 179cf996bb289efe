import { OptionError } from "../base/errors.ts";
import { type NdArray, ndarray } from "../base/ndarray.ts";
import type { TransportWeights } from "./exact.ts";
import { requireCosts } from "./ground-cost.ts";
import { massesOf } from "./masses.ts";
import type { Potentials } from "./plan.ts";
import { SinkhornScaling, softMinimum } from "./sinkhorn-scaling.ts";
import { type Support, chosen, costsOn, matrixOnAll, supportOf } from "./support.ts";

/** Regularisation, tolerance and iteration limit of Sinkhorn's algorithm. */
export interface SinkhornLimits {
  /** Regularisation strength in the unit of the costs, above 0. */
  readonly epsilon: number;
  /** Largest allowed marginal error as a share of the mass; default 1e-7. */
  readonly tolerance?: number | undefined;
  /** Iteration limit; default 10,000. */
  readonly iterations?: number | undefined;
}

/** Limits of the algorithm, and weights of the points. */
export type SinkhornOptions = SinkhornLimits & TransportWeights;

/** An entropically regularised plan, its potentials and its cost. */
export interface Sinkhorn {
  /** Cost of the plan without the regularisation term, the sum of mass times cost: at least that of the exact plan. */
  readonly cost: number;
  /** The objective, cost plus epsilon KL(plan || source x target), from its dual. */
  readonly regularised: number;
  /** Float64 [n, m]. */
  readonly plan: NdArray<"float64">;
  /** The plan is a_i b_j exp((f_i + g_j - c_ij) / epsilon). */
  readonly potentials: Potentials;
  /** L1 distance of the plan's row and column sums from the weights, both sides together. */
  readonly marginalError: number;
  readonly iterations: number;
  /** Whether the tolerance was met. */
  readonly converged: boolean;
}

/** Factor by which epsilon falls from stage to stage, and the marginal error at which a stage ends. */
const stageFactor = 4;
const stageTolerance = 1e-3;

/**
 * Entropically regularised optimal transport. Epsilon is annealed in stages, each starting from the potentials of the
 * previous one. Costs of any scale are safe; the number of iterations grows with the largest cost over epsilon. Memory
 * is twice the cost matrix: 16 n m bytes.
 * @param costs [n, m]
 * @throws OptionError or DataError for costs, weights or an epsilon that are not valid.
 * @source Cuturi, "Sinkhorn distances", arXiv 1306.0895; Schmitzer, "Stabilized sparse scaling algorithms for entropy
 * regularized transport problems", arXiv 1610.06519.
 */
export function sinkhorn(costs: NdArray<"float64">, options: SinkhornOptions): Sinkhorn {
  const [n, m] = requireCosts(costs, "sinkhorn");
  const { epsilon, tolerance = 1e-7, iterations = 10_000 } = options;
  requireEpsilon(epsilon, "sinkhorn");
  const [all, others] = [
    massesOf(options.source, n, "sinkhorn: source"),
    massesOf(options.target, m, "sinkhorn: target"),
  ];
  const support = { rows: supportOf(all), columns: supportOf(others) };
  const [a, b] = [chosen(all, support.rows), chosen(others, support.columns)];
  const between = costsOn(costs, support);
  const scaling = new SinkhornScaling(between.data, a, b);
  for (const stage of stagesTo(epsilon, between.data)) {
    scaling.run(stage, stage === epsilon ? tolerance : Math.max(tolerance, stageTolerance), iterations);
  }
  const plan = ndarray("float64", between.shape, scaling.plan(epsilon));
  const marginalError = missed(plan.data, a, b);
  return {
    cost: plan.data.reduce((sum, mass, e) => sum + mass * between.data[e]!, 0),
    regularised: dot(scaling.f, a) + dot(scaling.g, b),
    plan: matrixOnAll(plan, [n, m], support),
    potentials: potentialsOnAll(costs, scaling, [a, b], support, epsilon),
    marginalError,
    iterations: scaling.iterations,
    converged: marginalError <= tolerance,
  };
}

/** Potentials of all points; for a point without weight, the value that would match the plan's sum there. */
function potentialsOnAll(
  costs: NdArray<"float64">,
  { f, g }: SinkhornScaling,
  [a, b]: readonly [Float64Array, Float64Array],
  { rows, columns }: Support,
  epsilon: number,
): Potentials {
  const logs = (shares: Float64Array) => shares.map((share) => epsilon * Math.log(share));
  const [own, others] = [logs(a), logs(b)];
  const source = rows === null ? f : completed(f, rows, costsOn(costs, { rows: null, columns }), g, others, epsilon);
  const across = () => transposed(costsOn(costs, { rows, columns: null }));
  const target = columns === null ? g : completed(g, columns, across(), f, own, epsilon);
  return { source, target };
}

/** @param costs From all points to those of the other side's support. */
function completed(
  known: Float64Array,
  places: Int32Array,
  costs: NdArray<"float64">,
  potentials: Float64Array,
  shares: Float64Array,
  epsilon: number,
): Float64Array {
  const [n, m] = costs.shape as [number, number];
  const out = Float64Array.from({ length: n }, (_, i) => softMinimum(costs.data, potentials, shares, epsilon, i * m));
  places.forEach((place, k) => (out[place] = known[k]!));
  return out;
}

function transposed({ shape, data }: NdArray<"float64">): NdArray<"float64"> {
  const [n, m] = shape as [number, number];
  const out = new Float64Array(n * m);
  for (let i = 0, e = 0; i < n; i++) for (let j = 0; j < m; j++, e++) out[j * n + i] = data[e]!;
  return ndarray("float64", [m, n], out);
}

/** @throws OptionError unless epsilon is a finite number above 0. */
export function requireEpsilon(epsilon: number, where: string): void {
  if (epsilon > 0 && Number.isFinite(epsilon)) return;
  throw new OptionError(
    `${where}: epsilon must be above 0 - got ${epsilon}`,
    "start with a twentieth of the mean cost; the exact plan needs no epsilon",
  );
}

/** Values of epsilon from the spread of the costs down to the final one. */
function stagesTo(epsilon: number, costs: Float64Array): number[] {
  const [low, high] = costs.reduce(([a, b], cost) => [Math.min(a, cost), Math.max(b, cost)], [Infinity, -Infinity]);
  const stages = [epsilon];
  while (stages[0]! * stageFactor < high! - low!) stages.unshift(stages[0]! * stageFactor);
  return stages;
}

function missed(plan: Float64Array, a: Float64Array, b: Float64Array): number {
  const [source, target] = [a.slice(), b.slice()];
  for (let i = 0, e = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++, e++) {
      source[i]! -= plan[e]!;
      target[j]! -= plan[e]!;
    }
  }
  return [...source, ...target].reduce((sum, left) => sum + Math.abs(left), 0);
}

function dot(potential: Float64Array, shares: Float64Array): number {
  return potential.reduce((sum, value, i) => sum + value * shares[i]!, 0);
}

/**
 * Sinkhorn divergence: the regularised cost minus half of each side's regularised cost to itself. It is 0 for equal
 * sides and positive otherwise; the entropic bias cancels.
 * @param within Each side with itself: `selfSinkhorn`.
 * @source Feydy et al., "Interpolating between optimal transport and MMD using Sinkhorn divergences", arXiv 1810.08278.
 */
export function debiased(between: Regularised, within: readonly [Regularised, Regularised]): number {
  return between.regularised - (within[0].regularised + within[1].regularised) / 2;
}

type Regularised = Pick<Sinkhorn, "regularised">;
