import type { NdArray } from "../base/ndarray.ts";
import { requireCosts } from "./ground-cost.ts";
import { massesOf } from "./masses.ts";
import { type Sinkhorn, type SinkhornLimits, requireEpsilon } from "./sinkhorn.ts";

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
  const [n] = requireCosts(costs, "selfSinkhorn");
  requireEpsilon(epsilon, "selfSinkhorn");
  const shares = massesOf(weights, n, "selfSinkhorn");
  const potential = new Float64Array(n);
  for (let done = 1; ; done++) {
    const right = rightFor(costs.data, shares, potential, epsilon);
    let error = 0;
    for (let i = 0; i < n; i++) error += 2 * shares[i]! * Math.abs(Math.exp((potential[i]! - right[i]!) / epsilon) - 1);
    if (error <= tolerance || done >= iterations) {
      const regularised = 2 * potential.reduce((sum, value, i) => sum + value * shares[i]!, 0);
      return { regularised, marginalError: error, iterations: done, converged: error <= tolerance };
    }
    for (let i = 0; i < n; i++) potential[i] = (potential[i]! + right[i]!) / 2;
  }
}

/** The potential of each point that would make the plan's sum there right, the others' given: a softened minimum. */
function rightFor(costs: Float64Array, shares: Float64Array, potential: Float64Array, epsilon: number): Float64Array {
  const n = potential.length;
  return potential.map((_, i) => {
    let top = -Infinity;
    for (let j = 0; j < n; j++) if (shares[j]! > 0) top = Math.max(top, potential[j]! - costs[i * n + j]!);
    let sum = 0;
    for (let j = 0; j < n; j++) {
      if (shares[j]! > 0) sum += shares[j]! * Math.exp((potential[j]! - costs[i * n + j]! - top) / epsilon);
    }
    return -(top + epsilon * Math.log(sum));
  });
}
