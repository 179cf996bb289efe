import { describe, expect, it } from "vitest";

import type { Points } from "../../src/numeric/points.ts";
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

  it("satisfies the marginals, and has the plan of its potentials, on problems of many kinds", () => {
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

  it("is stable if exp(-cost / epsilon) underflows", () => {
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

  it("ignores points of weight 0, wherever they are: all results are equal to the last bit", () => {
    const [x, y] = [cloud(key(8), 12, 2), cloud(key(9), 10, 2)];
    const far = (side: Points, at: number) => ({
      ...side,
      shape: [side.shape[0]! + 1, 2],
      data: Float64Array.of(at, at, ...side.data),
    });
    for (const at of [0.3, 50, 1e6]) {
      const weights = { source: [0, ...Array<number>(12).fill(1)], target: [0, ...Array<number>(10).fill(1)] };
      const costs = costMatrix(far(x, at), far(y, -at));
      const [found, without] = [
        sinkhorn(costs, { epsilon: 0.1, ...weights }),
        sinkhorn(costMatrix(x, y), { epsilon: 0.1 }),
      ];
      for (const name of ["cost", "regularised", "marginalError", "iterations"] as const) {
        expect(found[name], name).toBe(without[name]);
      }
      expect(found.plan.shape).toEqual([13, 11]);
      expect([...found.plan.data].filter((mass) => mass > 0)).toEqual(
        [...without.plan.data].filter((mass) => mass > 0),
      );
      expect(found.potentials.source.slice(1)).toEqual(without.potentials.source);
      // A mass there would go where the potentials of the others send it: its row of the plan, over its weight, adds up to 1.
      const { source, target } = found.potentials;
      const row = Array.from(target.subarray(1), (g, j) => Math.exp((source[0]! + g - costs.data[j + 1]!) / 0.1) / 10);
      expect(row.reduce((sum, each) => sum + each)).toBeCloseTo(1, 9);
      const own = selfSinkhorn(costMatrix(far(x, at), far(x, at)), weights.source, { epsilon: 0.1 });
      expect(own).toEqual(selfSinkhorn(costMatrix(x, x), undefined, { epsilon: 0.1 }));
    }
  });

  it("gives a tiny weight its share of the cost", () => {
    const costs = costMatrix(points([[0], [1e30]]), points([[0], [1]]));
    const found = sinkhorn(costs, { epsilon: 1e6, source: [1, 1e-20], target: [1, 1] });
    expect(found.converged).toBe(true);
    expect(found.cost).toBeAllclose(1e10 + 0.5, { relative: 1e-9 });
  });

  it("rejects an invalid epsilon", () => {
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

  it("reports by how much the plan's sums miss the weights, of both sides together", () => {
    const costs = costMatrix(cloud(key(10), 9, 2), cloud(key(10), 9, 2));
    const weights = [1, 2, 3, 1, 2, 3, 1, 2, 3];
    const { marginalError } = selfSinkhorn(costs, weights, { epsilon: 0.5, iterations: 1 });
    // Before the first iteration all potentials are 0.
    const a = shares(weights);
    const missed = a.map(
      (own, i) => own * a.reduce((sum, b, j) => sum + b * Math.exp(-costs.data[i * 9 + j]! / 0.5), -1),
    );
    expect(marginalError).toBeCloseTo(2 * missed.reduce((sum, each) => sum + Math.abs(each), 0), 12);
  });

  it("is 0 between equal sides, and the squared shift between shifted ones for any epsilon", () => {
    const x = cloud(key(7), 50, 2);
    expect(divergence(x, x, 0.5)).toBeCloseTo(0, 6);
    const y = { ...x, data: x.data.map((value, i) => value + (i % 2 === 0 ? 2 : 0)) };
    // A shift adds its square to every plan's cost.
    for (const epsilon of [0.2, 1, 10]) expect(divergence(x, y, epsilon)).toBeCloseTo(4, 5);
  });
});
