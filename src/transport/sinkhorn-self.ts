import type { NdArray } from "../base/ndarray.ts";
import { requireCosts } from "./ground-cost.ts";
import { massesOf } from "./masses.ts";
import { type Sinkhorn, type SinkhornLimits, requireEpsilon } from "./sinkhorn.ts";
import { softMinimum } from "./sinkhorn-scaling.ts";
import { chosen, costsOn, supportOf } from "./support.ts";

/**
 * Regularised transport of a point set onto itself, whose two potentials are one. Each iteration goes half of the way to
 * what makes the plan's sums right; some ten suffice, where alternating sides would creep between groups of points. Memory
 * is the matrix of costs.
 * @param costs Symmetric [n, n].
 * @source Feydy et al., arXiv 1810.08278.
 */
export function selfSinkhorn(
  costs: NdArray<"float64">,
  weights: ArrayLike<number> | undefined,
  { epsilon, tolerance = 1e-7, iterations = 10_000 }: SinkhornLimits,
): Pick<Sinkhorn, "regularised" | "marginalError" | "iterations" | "converged"> {
  const [n] = requireCosts(costs, "sinkhorn");
  requireEpsilon(epsilon, "sinkhorn");
  const all = massesOf(weights, n, "sinkhorn");
  const rows = supportOf(all);
  const shares = chosen(all, rows);
  const { data: between } = costsOn(costs, { rows, columns: rows });
  const logs = shares.map((share) => epsilon * Math.log(share));
  const potential = new Float64Array(shares.length);
  for (let done = 1; ; done++) {
    // The potential of each point that would make the plan's sum there right, the others' given.
    const right = potential.map((_, i) => softMinimum(between, potential, logs, epsilon, i * logs.length));
    let error = 0;
    for (let i = 0; i < right.length; i++) {
      error += 2 * shares[i]! * Math.abs(Math.exp((potential[i]! - right[i]!) / epsilon) - 1);
    }
    if (error <= tolerance || done >= iterations) {
      const regularised = 2 * potential.reduce((sum, value, i) => sum + value * shares[i]!, 0);
      return { regularised, marginalError: error, iterations: done, converged: error <= tolerance };
    }
    for (let i = 0; i < right.length; i++) potential[i] = (potential[i]! + right[i]!) / 2;
  }
}
