import { describe, expect, it } from "vitest";

import { fold, key } from "../../src/base/random.ts";
import { costMatrix, debiased, exactTransport, selfSinkhorn, sinkhorn } from "../../src/transport/index.ts";
import { cloud, matrix, points, randomProblem, shares } from "./problem.ts";
import "../tolerance.ts";

describe("sinkhorn", () => {
  it("tends to the exact cost from above as epsilon falls, and to that of the independent plan as it grows", () => {
    const costs = costMatrix(cloud(key(1), 40, 2), cloud(key(2), 30, 2));
    const exact = exactTransport(costs).cost;
    const above = [1, 0.3, 0.1, 0.03, 0.01, 0.003].map(
      (epsilon) => sinkhorn(costs, { epsilon, tolerance: 1e-6 }).cost - exact,
    );
    for (let i = 1; i < above.length; i++) expect(above[i]).toBeLessThan(above[i - 1]!);
    expect(above.at(-1)).toBeGreaterThan(0);
    expect(above.at(-1)).toBeLessThan(1e-3 * exact);
    const mean = costs.data.reduce((sum, cost) => sum + cost, 0) / costs.data.length;
    expect(sinkhorn(costs, { epsilon: 1e5 }).cost).toBeAllclose(mean, { relative: 1e-4 });
  });

  it("meets the weights, and its plan is that of its potentials, on problems of many kinds", () => {
    for (let i = 0; i < 60; i++) {
      const { costs, source, target } = randomProblem(fold(key(3), i));
      const [n, m] = costs.shape as [number, number];
      const epsilon = costs.data.reduce((most, cost) => Math.max(most, Math.abs(cost)), 1e-3) / 10;
      const { plan, potentials, marginalError, converged, cost, regularised } = sinkhorn(costs, {
        epsilon,
        source,
        target,
      });
      expect(converged, `problem ${i}`).toBe(true);
      const [a, b] = [shares(source), shares(target)];
      let [missed, kl] = [0, 0];
      for (let row = 0; row < n; row++) {
        missed += Math.abs(plan.data.slice(row * m, (row + 1) * m).reduce((sum, mass) => sum + mass, -a[row]!));
        for (let j = 0; j < m; j++) {
          const mass = plan.data[row * m + j]!;
          const level = Math.exp(
            (potentials.source[row]! + potentials.target[j]! - costs.data[row * m + j]!) / epsilon,
          );
          expect(mass).toBeAllclose(a[row]! * b[j]! * level, { relative: 1e-9, absolute: 1e-300 });
          if (mass > 0) kl += mass * Math.log(mass / (a[row]! * b[j]!));
        }
      }
      expect(missed).toBeLessThanOrEqual(marginalError + 1e-15);
      // What is minimised, and what the dual says of it, meet at the optimum.
      expect(regularised).toBeAllclose(cost + epsilon * kl, { relative: 1e-6, absolute: 1e-6 * epsilon });
      expect(cost).toBeGreaterThan(exactTransport(costs, { source, target }).cost - 1e-6 * epsilon);
    }
  });

  it("is safe where exp(-cost / epsilon) is no number any more", () => {
    const costs = costMatrix(points([[0], [1000], [5000]]), points([[1], [1001], [5003]]));
    const found = sinkhorn(costs, { epsilon: 0.01 });
    expect(found.converged).toBe(true);
    expect(found.cost).toBeCloseTo(5 / 3, 9);
  });

  it("says when it did not converge", () => {
    const costs = costMatrix(cloud(key(4), 30, 2), cloud(key(5), 30, 2));
    const found = sinkhorn(costs, { epsilon: 0.001, iterations: 30 });
    expect(found.converged).toBe(false);
    expect(found.marginalError).toBeGreaterThan(1e-7);
    expect(found.iterations).toBeLessThan(60);
  });

  it("refuses an epsilon that is none", () => {
    for (const epsilon of [0, -1, Number.NaN, Infinity]) {
      expect(() => sinkhorn(matrix([[1]]), { epsilon })).toThrow(`epsilon must be above 0 - got ${epsilon}`);
    }
  });
});

describe("the Sinkhorn divergence", () => {
  const divergence = (a: ReturnType<typeof cloud>, b: ReturnType<typeof cloud>, epsilon: number) => {
    const own = (x: ReturnType<typeof cloud>) => selfSinkhorn(costMatrix(x, x, "squared"), undefined, { epsilon });
    return debiased(sinkhorn(costMatrix(a, b, "squared"), { epsilon }), [own(a), own(b)]);
  };

  it("has the cost of a side to itself that sinkhorn finds, by another iteration", () => {
    for (const epsilon of [3, 0.3, 0.1]) {
      const costs = costMatrix(cloud(key(6), 40, 2), cloud(key(6), 40, 2), "squared");
      const own = selfSinkhorn(costs, undefined, { epsilon });
      expect(own.converged).toBe(true);
      expect(own.regularised).toBeAllclose(sinkhorn(costs, { epsilon }).regularised, { relative: 1e-6 });
    }
    expect(
      selfSinkhorn(
        matrix([
          [0, 5],
          [5, 0],
        ]),
        [1, 3],
        { epsilon: 1, iterations: 1 },
      ).converged,
    ).toBe(false);
  });

  it("is 0 between equal sides, and the squared shift between shifted ones whatever epsilon is", () => {
    const x = cloud(key(7), 50, 2);
    expect(divergence(x, x, 0.5)).toBeCloseTo(0, 6);
    const y = { ...x, data: x.data.map((value, i) => value + (i % 2 === 0 ? 2 : 0)) };
    // A shift adds its square to every plan's cost.
    for (const epsilon of [0.2, 1, 10]) expect(divergence(x, y, epsilon)).toBeCloseTo(4, 5);
  });
});
