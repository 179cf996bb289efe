import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { discreteJs, normalJs1d } from "../../src/divergences/index.ts";
import { integral } from "../distributions/integral.ts";

// V(D, G) = E_p[log D] + E_q[log(1 - D)], and the best discriminator D* = p / (p + q) makes it -log 4 + 2 JS(p, q).
// @source Goodfellow et al., arXiv 1406.2661, proposition 1 and theorem 1.

/** V over outcomes with probabilities p and q; nothing is added where there is no mass. */
function value(p: readonly number[], q: readonly number[], d: readonly number[]): number {
  return d.reduce((sum, share, i) => {
    const real = p[i]! > 0 ? p[i]! * Math.log(share) : 0;
    return sum + real + (q[i]! > 0 ? q[i]! * Math.log(1 - share) : 0);
  }, 0);
}

const shares = (n: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: n, maxLength: n })
    .filter((all) => all.some((weight) => weight > 0))
    .map((all) => {
      const total = all.reduce((sum, weight) => sum + weight, 0);
      return all.map((weight) => weight / total);
    });
const problem = fc
  .integer({ min: 2, max: 7 })
  .chain((n) =>
    fc.tuple(
      shares(n),
      shares(n),
      fc.array(fc.double({ min: -0.4, max: 0.4, noNaN: true }), { minLength: n, maxLength: n }),
    ),
  );

describe("the minimax value at the optimal discriminator", () => {
  it("is -log 4 + 2 JS over finitely many outcomes, and no other discriminator has more", () => {
    fc.assert(
      fc.property(problem, ([p, q, moves]) => {
        const best = p.map((mass, i) => (mass > 0 || q[i]! > 0 ? mass / (mass + q[i]!) : 0.5));
        const reached = value(p, q, best);
        expect(reached).toBeCloseTo(-Math.log(4) + 2 * discreteJs(p, q), 12);
        const moved = best.map((share, i) => Math.min(1 - 1e-9, Math.max(1e-9, share + moves[i]!)));
        expect(value(p, q, moved)).toBeLessThanOrEqual(reached + 1e-8);
      }),
    );
  });

  it.each([
    [0, 1],
    [1, 1],
    [3, 1],
    [2, 0.4],
  ])("is -log 4 + 2 JS between N(0, 1) and N(%f, %f^2), by quadrature", (mean, deviation) => {
    const p = (x: number) => Math.exp(-0.5 * x ** 2) / Math.sqrt(2 * Math.PI);
    const q = (x: number) => Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));
    // log D* and log(1 - D*) from the log ratio, as D* itself rounds to 1 in the tails.
    const ratio = (x: number) => -0.5 * x ** 2 + 0.5 * ((x - mean) / deviation) ** 2 + Math.log(deviation);
    const logD = (r: number) => -Math.log1p(Math.exp(-r));
    const f = (x: number) => p(x) * logD(ratio(x)) + q(x) * logD(-ratio(x));
    const js = normalJs1d({ mean: 0, deviation: 1 }, { mean, deviation });
    expect(integral(f, -12, 15, 20_000)).toBeCloseTo(-Math.log(4) + 2 * js, 10);
  });
});
