import type { NdArray } from "../base/ndarray.ts";
import { requireCosts } from "./ground-cost.ts";
import { massesOf } from "./masses.ts";
import { type Sinkhorn, type SinkhornLimits, requireEpsilon } from "./sinkhorn.ts";
import { softMinimum } from "./sinkhorn-scaling.ts";
import { chosen, costsOn, supportOf } from "./support.ts";

/**
 * Entropically regularised transport of a point set onto itself, for which both potentials are equal. Each iteration
 * averages the potential with its update, which converges in some ten iterations where alternating updates creep.
 * Memory is the cost matrix.
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
    // The update of each point's potential, given the others.
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
