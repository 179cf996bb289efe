import fc from "fast-check";
import loadHighs, { type LegacyHighs } from "highs";
import { beforeAll, describe, expect, it } from "vitest";

import { OptionError, ShapeError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { fold, integers, key, permutation, uniform } from "../../src/base/random.ts";
import { costMatrix, costOf, densePlan, exactTransport, marginalsOf } from "../../src/transport/index.ts";
import { type Problem, anyProblem, cloud, matrix, points, randomProblem, shares } from "./problem.ts";
import "../tolerance.ts";

let highs: LegacyHighs;
beforeAll(async () => {
  // Its types name a default export; what the package exports is the function itself.
  highs = await (loadHighs as unknown as () => Promise<LegacyHighs>)();
});

/** The least cost by a solver of linear programs. */
function judged({ costs, source, target }: Problem): number {
  const [n, m] = costs.shape as [number, number];
  const term = (factor: number, e: number) => `${factor < 0 ? "-" : "+"} ${Math.abs(factor)} x${e}`;
  const [a, b] = [shares(source), shares(target)];
  const lines = ["Minimize", ` obj: ${[...costs.data].map(term).join("\n ")}`, "Subject To"];
  for (let i = 0; i < n; i++) {
    lines.push(` r${i}: ${Array.from({ length: m }, (_, j) => term(1, i * m + j)).join(" ")} = ${a[i]}`);
  }
  // The last column follows from the others, and its own rounding could make it contradict them.
  for (let j = 0; j < m - 1; j++) {
    lines.push(` c${j}: ${Array.from({ length: n }, (_, i) => term(1, i * m + j)).join(" ")} = ${b[j]}`);
  }
  const tolerances = { primal_feasibility_tolerance: 1e-10, dual_feasibility_tolerance: 1e-10 };
  const solution = highs.solve([...lines, "End"].join("\n"), tolerances);
  expect(solution.Status).toBe("Optimal");
  return solution.ObjectiveValue;
}

const solve = ({ costs, source, target }: Problem) => exactTransport(costs, { source, target });

describe("exactTransport", () => {
  it("costs what a solver of linear programs finds, on 200 problems of many kinds", () => {
    for (let i = 0; i < 200; i++) {
      const problem = randomProblem(fold(key(1), i));
      const found = solve(problem);
      expect(found.status).toBe("optimal");
      const [n, m] = problem.costs.shape;
      expect(found.cost, `problem ${i}, ${n} x ${m}`).toBeAllclose(judged(problem), {
        relative: 1e-9,
        absolute: 1e-12,
      });
    }
  });

  it("is the best of all permutations where as many points of one weight stand on both sides", () => {
    for (let i = 0; i < 50; i++) {
      const n = 1 + (i % 6);
      const costs = ndarray("float64", [n, n], Float64Array.from(uniform(fold(key(2), i), [n * n]).data));
      const found = exactTransport(costs);
      expect(found.cost).toBeCloseTo(bestPermutation(costs.data, n) / n, 12);
      // A vertex of the problem is a permutation: no mass is split.
      expect([...found.plan.mass]).toEqual(Array.from({ length: n }, () => 1 / n));
    }
  });

  it("moves exactly the weights, by no more entries than a tree has", () => {
    fc.assert(
      fc.property(anyProblem, (problem) => {
        const { plan } = solve(problem);
        const [source, target] = marginalsOf(plan);
        expect(source).toBeAllclose(shares(problem.source), { relative: 1e-14 });
        expect(target).toBeAllclose(shares(problem.target), { relative: 1e-14 });
        expect(plan.mass.length).toBeLessThanOrEqual(plan.shape[0] + plan.shape[1] - 1);
        expect(plan.mass.every((mass) => mass > 0)).toBe(true);
      }),
    );
  });

  it("proves its cost: potentials are below every cost, and reach it where something is moved", () => {
    fc.assert(
      fc.property(anyProblem, (problem) => {
        const { costs } = problem;
        const { cost, plan, potentials, gap } = solve(problem);
        const m = plan.shape[1];
        const largest = Math.max(...costs.data.map(Math.abs), Number.MIN_VALUE);
        const slack = (i: number, j: number) => costs.data[i * m + j]! - potentials.source[i]! - potentials.target[j]!;
        for (let e = 0; e < costs.data.length; e++) {
          expect(slack(Math.floor(e / m), e % m)).toBeGreaterThanOrEqual(-1e-13 * largest);
        }
        plan.mass.forEach((mass, e) =>
          expect(mass * slack(plan.from[e]!, plan.to[e]!)).toBeLessThanOrEqual(1e-11 * largest),
        );
        const dual = (weights: readonly number[], potential: Float64Array) =>
          shares(weights).reduce((sum, share, i) => sum + share * potential[i]!, 0);
        const proven = dual(problem.source, potentials.source) + dual(problem.target, potentials.target);
        expect(cost - proven).toBeLessThanOrEqual(1e-12 * largest);
        expect(gap).toBeLessThanOrEqual(Math.max(0, cost - proven) + 1e-12 * largest);
        expect(gap).toBeLessThanOrEqual(1e-11 * largest);
      }),
    );
  });

  it("does not depend on order, nor on a constant added to a row", () => {
    fc.assert(
      fc.property(anyProblem, fc.nat(), fc.integer({ min: -5, max: 5 }), (problem, seed, raised) => {
        const { costs, source, target } = problem;
        const [n, m] = costs.shape as [number, number];
        const rows = permutation(key(seed), n);
        const turned = costs.data.map((_, e) => costs.data[rows[Math.floor(e / m)]! * m + (e % m)]!);
        const moved = { costs: { ...costs, data: turned }, source: [...rows].map((i) => source[i]!), target };
        const tolerance = { relative: 1e-9, absolute: 1e-9 };
        expect(solve(moved).cost).toBeAllclose(solve(problem).cost, tolerance);
        const first = costs.data.map((cost, e) => (e < m ? cost + raised : cost));
        const share = shares(source)[0]!;
        expect(solve({ ...problem, costs: { ...costs, data: first } }).cost).toBeAllclose(
          solve(problem).cost + raised * share,
          tolerance,
        );
      }),
    );
  });

  it("is 0 from a set to itself, and stays a permutation in a crowd of ties", () => {
    const x = cloud(key(3), 60, 2);
    const same = exactTransport(costMatrix(x, x));
    expect(same.cost).toBe(0);
    expect([...same.plan.from]).toEqual([...same.plan.to]);
    // Every cost is 0, 1 or 2 and every tree is degenerate; without strongly feasible trees pivots may go in circles.
    const costs = ndarray(
      "float64",
      [200, 200],
      Float64Array.from({ length: 40_000 }, (_, e) => (e * e + Math.floor(e / 7)) % 3),
    );
    const found = exactTransport(costs);
    expect([found.status, found.plan.mass.length, found.cost]).toEqual(["optimal", 200, 0]);
  });

  it("moves everything along a cloud that was moved", () => {
    const x = cloud(key(4), 300, 3);
    const y = { ...x, data: x.data.map((value, i) => value + [3, 4, 0][i % 3]!) };
    expect(exactTransport(costMatrix(x, y)).cost).toBeCloseTo(5, 12);
    expect(exactTransport(costMatrix(x, y, "squared")).cost).toBeCloseTo(25, 11);
    expect(exactTransport(costMatrix(x, y, "manhattan")).cost).toBeCloseTo(7, 12);
  });

  it("splits a mass where it must, and gives what its plan says", () => {
    const costs = costMatrix(points([[0], [1]]), points([[0], [1], [4]]), "squared");
    const found = exactTransport(costs, { source: [1, 1], target: [1, 2, 1] });
    expect(found.cost).toBeCloseTo(0.25 * 9 + 0.25 * 1, 15);
    expect(costOf(found.plan, costs)).toBe(found.cost);
    expect(densePlan(found.plan)).toBeAllclose(
      matrix([
        [0.25, 0.25, 0],
        [0, 0.25, 0.25],
      ]),
      { relative: 1e-15 },
    );
  });

  it("takes sides of very different sizes, either way round", () => {
    const [x, y] = [cloud(key(5), 3, 2), cloud(key(6), 1500, 2)];
    const [there, back] = [exactTransport(costMatrix(x, y)), exactTransport(costMatrix(y, x))];
    expect([there.status, back.status]).toEqual(["optimal", "optimal"]);
    expect(there.cost).toBeCloseTo(back.cost, 12);
  });

  it("says so when doubles do not resolve the costs", () => {
    // A way that costs 1e17 hides the small costs of all others.
    const n = 6;
    const statuses = Array.from({ length: 30 }, (_, i) => {
      const small = integers(fold(key(7), i), n * n, 100);
      const costs = ndarray("float64", [n + 1, n + 1], new Float64Array((n + 1) ** 2).fill(1e17));
      small.forEach((cost, e) => (costs.data[Math.floor(e / n) * (n + 1) + (e % n)] = cost));
      costs.data[costs.data.length - 1] = 0;
      const { cost, status, gap } = exactTransport(costs);
      const best = bestPermutation(small, n) / (n + 1);
      expect(cost - best).toBeLessThanOrEqual(gap + 1e-9);
      if (status === "optimal") expect(cost).toBeCloseTo(best, 9);
      return status;
    });
    expect(statuses).toContain("inexact");
  });

  it.each<[string, () => unknown, new (...words: never[]) => Error]>([
    [
      "each weight must be at least 0 - got -1 at 1",
      () => solve({ costs: matrix([[1, 2]]), source: [1], target: [1, -1] }),
      OptionError,
    ],
    [
      "must have a weight a point, 2 - got 3",
      () => solve({ costs: matrix([[1, 2]]), source: [1], target: [1, 1, 1] }),
      ShapeError,
    ],
    [
      "a finite sum above 0 - got 0",
      () => solve({ costs: matrix([[1, 2]]), source: [0], target: [1, 1] }),
      OptionError,
    ],
    [
      "each cost must be finite - got NaN at [1, 0]",
      () =>
        exactTransport(
          matrix([
            [1, 2],
            [Number.NaN, 1],
          ]),
        ),
      OptionError,
    ],
    [
      "costs must be [n, m] and not empty - got [0, 3]",
      () => exactTransport(ndarray("float64", [0, 3], new Float64Array(0))),
      OptionError,
    ],
    ["costs must be so small that their sums are finite", () => exactTransport(matrix([[1e308]])), OptionError],
    [
      "got 200000 x 200000 points, which take 298 GiB",
      () => costMatrix(cloud(key(0), 200_000, 1), cloud(key(0), 200_000, 1)),
      OptionError,
    ],
    [
      "must fit into memory, 0.000931 GiB - got 500 x 400 points",
      () => costMatrix(cloud(key(0), 500, 1), cloud(key(0), 400, 1), "euclidean", 1e6),
      OptionError,
    ],
  ])("refuses: %s", (text, act, kind) => {
    expect(act).toThrow(text);
    expect(act).toThrow(kind);
  });
});

function bestPermutation(costs: ArrayLike<number>, n: number, row = 0, used = 0): number {
  if (row === n) return 0;
  let best = Infinity;
  for (let j = 0; j < n; j++) {
    if ((used & (1 << j)) !== 0) continue;
    best = Math.min(best, costs[row * n + j]! + bestPermutation(costs, n, row + 1, used | (1 << j)));
  }
  return best;
}
