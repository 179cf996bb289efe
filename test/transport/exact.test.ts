import fc from "fast-check";
import loadHighs, { type LegacyHighs } from "highs";
import { beforeAll, describe, expect, it } from "vitest";

import { OptionError, ShapeError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import type { Points } from "../../src/numeric/points.ts";
import { fold, integers, key, permutation, uniform } from "../../src/base/random.ts";
import { costMatrix, costOf, densePlan, exactTransport, marginalsOf } from "../../src/transport/index.ts";
import { NetworkSimplex } from "../../src/transport/network-simplex.ts";
import { gapOf } from "../../src/transport/optimality.ts";
import { type Problem, anyProblem, cloud, matrix, points, randomProblem, shares } from "./problem.ts";
import "../tolerance.ts";

let highs: LegacyHighs;
beforeAll(async () => {
  // Its types name a default export; what the package exports is the function itself.
  highs = await (loadHighs as unknown as () => Promise<LegacyHighs>)();
});

/** The least cost by a solver of linear programs. */
function referenceCost({ costs, source, target }: Problem): number {
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
  it("has the cost found by a linear programming solver, on 200 problems of many kinds", () => {
    for (let i = 0; i < 200; i++) {
      const problem = randomProblem(fold(key(1), i));
      const found = solve(problem);
      expect(found.status).toBe("optimal");
      const [n, m] = problem.costs.shape;
      expect(found.cost, `problem ${i}, ${n} x ${m}`).toBeAllclose(referenceCost(problem), {
        relative: 1e-9,
        absolute: 1e-12,
      });
    }
  });

  it("is the best permutation if both sides have equally many points of equal weight", () => {
    for (let i = 0; i < 50; i++) {
      const n = 1 + (i % 6);
      const costs = ndarray("float64", [n, n], Float64Array.from(uniform(fold(key(2), i), [n * n]).data));
      const found = exactTransport(costs);
      expect(found.cost).toBeCloseTo(bestPermutation(costs.data, n) / n, 12);
      // A vertex of the problem is a permutation: no mass is split.
      expect([...found.plan.mass]).toEqual(Array.from({ length: n }, () => 1 / n));
    }
  });

  it("moves exactly the weights, with no more entries than a tree has", () => {
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

  it("proves its cost: potentials never exceed costs, and are equal where mass is moved", () => {
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

  it("is invariant under order and under a constant added to a row", () => {
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

  it("is 0 from a set to itself, and remains a permutation with many ties", () => {
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

  it("moves every point of a shifted cloud by the shift", () => {
    const x = cloud(key(4), 300, 3);
    const y = { ...x, data: x.data.map((value, i) => value + [3, 4, 0][i % 3]!) };
    expect(exactTransport(costMatrix(x, y)).cost).toBeCloseTo(5, 12);
    expect(exactTransport(costMatrix(x, y, "squared")).cost).toBeCloseTo(25, 11);
    expect(exactTransport(costMatrix(x, y, "manhattan")).cost).toBeCloseTo(7, 12);
  });

  it("splits masses as necessary, and has the cost of its plan", () => {
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

  it("finds the optimum if a cost of 1e17 hides the small costs of all others", () => {
    const n = 6;
    for (let i = 0; i < 30; i++) {
      const small = integers(fold(key(7), i), n * n, 100);
      const costs = ndarray("float64", [n + 1, n + 1], new Float64Array((n + 1) ** 2).fill(1e17));
      small.forEach((cost, e) => (costs.data[Math.floor(e / n) * (n + 1) + (e % n)] = cost));
      costs.data[costs.data.length - 1] = 0;
      const { cost, status, gap } = exactTransport(costs);
      expect([status, gap]).toEqual(["optimal", 0]);
      expect(cost).toBeCloseTo(bestPermutation(small, n) / (n + 1), 12);
    }
  });

  it("respects weights however small: a distant point contributes its weight times its distance", () => {
    // The far point is of no weight beside the others, and of no cost: what they cost is what the solver finds without it.
    for (const [far, seed] of [
      [2 ** 60, 1],
      [1e30, 2],
      [1e100, 3],
      [1e150, 4],
    ] as const) {
      const [x, y] = [cloud(fold(key(8), seed), 12, 1), cloud(fold(key(9), seed), 15, 1)];
      const target = [...uniform(fold(key(10), seed), [15]).data].map((weight) => weight + 0.01);
      const near = referenceCost({ costs: costMatrix(x, y), source: Array<number>(12).fill(1), target });
      const withFar = points([...[...x.data].map((value) => [value]), [far]]);
      const weights = { source: [...Array<number>(12).fill(1), 12 / far], target };
      const { cost, status, plan } = exactTransport(costMatrix(withFar, y), weights);
      expect(status).toBe("optimal");
      expect(cost).toBeAllclose(near + 1, { relative: 1e-8 });
      expect(marginalsOf(plan)[0].at(-1)).toBeAllclose(1 / far, { relative: 1e-14 });
    }
    // As in the plainest case: one in 1e20 goes a way of 1e30.
    const tiny = exactTransport(costMatrix(points([[0], [1e30]]), points([[0], [1]])), {
      source: [1, 1e-20],
      target: [1, 0],
    });
    expect([tiny.cost, tiny.status]).toEqual([1e10, "optimal"]);
  });

  it("calls a plan optimal only if it is: within distant clusters, too", () => {
    // A million apart, two clusters of points that are 1e-9 apart: coordinates of few digits, so that all costs are exact.
    const step = 2 ** -30;
    const [x, y] = [fold(key(11), "x"), fold(key(11), "y")].map((by) => [...integers(by, 40, 64)]) as [
      number[],
      number[],
    ];
    const at = (steps: readonly number[]) => points(steps.map((k, i) => [k * step + (i % 2) * 2 ** 20]));
    const { cost, status } = exactTransport(costMatrix(at(x), at(y)));
    const half = (side: readonly number[], which: number) =>
      side.filter((_, i) => i % 2 === which).toSorted((a, b) => a - b);
    const expected = [0, 1].flatMap((which) =>
      half(x, which).map((k, i) => (Math.abs(k - half(y, which)[i]!) * step) / 40),
    );
    expect(status).toBe("optimal");
    expect(cost).toBeAllclose(
      expected.reduce((sum, each) => sum + each),
      { relative: 1e-12 },
    );
  });

  it("ignores points of weight 0: cost, plan and potentials of the others are equal to the last bit", () => {
    const [x, y] = [cloud(key(12), 9, 2), cloud(key(13), 8, 2)];
    const without = exactTransport(costMatrix(x, y));
    const lone = points([...rowsOf(x), [1e6, 1e6], [0, 0]]);
    const source = [...Array<number>(9).fill(1), 0, 0];
    const found = exactTransport(costMatrix(lone, y), { source });
    expect([found.cost, found.gap, found.pivots]).toEqual([without.cost, without.gap, without.pivots]);
    expect({ ...found.plan, shape: null }).toEqual({ ...without.plan, shape: null });
    expect(found.plan.shape).toEqual([11, 8]);
    expect(found.potentials.source.slice(0, 9)).toEqual(without.potentials.source);
    // Those without a weight get what the costs allow.
    const { data } = costMatrix(lone, y);
    for (const i of [9, 10]) {
      const allowed = [...found.potentials.target].map((other, j) => data[i * 8 + j]! - other);
      expect(found.potentials.source[i]).toBe(Math.min(...allowed));
    }
  });

  it("keeps its trees strongly feasible: an arc without flow points to the root", () => {
    for (let i = 0; i < 60; i++) {
      const n = 4 + (i % 9);
      const costs = Float64Array.from(integers(fold(key(14), i), n * n, 3));
      // Every tree of equal masses has arcs that carry nothing.
      const simplex = new NetworkSimplex(costs, Array<number>(n).fill(1), Array<number>(n).fill(1));
      simplex.solve();
      for (let node = 0; node < 2 * n; node++) {
        const up = node < n || simplex.tree.parent[node] === simplex.tree.root;
        if (!up) expect(simplex.flow[node], `problem ${i}, node ${node}`).toBeGreaterThan(0);
      }
    }
  });

  it.each<[string, () => unknown, new (...words: never[]) => Error]>([
    [
      "each weight must be at least 0 - got -1 at 1",
      () => solve({ costs: matrix([[1, 2]]), source: [1], target: [1, -1] }),
      OptionError,
    ],
    [
      "must have one weight per point, 2 - got 3",
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
  ])("rejects: %s", (text, act, kind) => {
    expect(act).toThrow(text);
    expect(act).toThrow(kind);
  });
});

function rowsOf({ shape, data }: Points): number[][] {
  const d = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, i) => Array.from(data.subarray(i * d, (i + 1) * d)));
}

function bestPermutation(costs: ArrayLike<number>, n: number, row = 0, used = 0): number {
  if (row === n) return 0;
  let best = Infinity;
  for (let j = 0; j < n; j++) {
    if ((used & (1 << j)) !== 0) continue;
    best = Math.min(best, costs[row * n + j]! + bestPermutation(costs, n, row + 1, used | (1 << j)));
  }
  return best;
}

describe("the gap of given potentials", () => {
  const masses = { source: [1], target: [1], total: 1 };
  const flows = [{ from: 0, to: 0, units: 1 }];
  const gap = (own: number, other: number) =>
    gapOf(matrix([[1]]), { source: Float64Array.of(own), target: Float64Array.of(other) }, masses, flows);

  it("is the cost of the plan minus the bound that they prove", () => {
    expect(gap(0.25, 0.5)).toBe(0.25);
    expect(gap(-0.5, 1.5)).toBe(0);
  });

  it("is never negative if they exceed a cost, and equals the gap after lowering them", () => {
    for (const [own, other] of [
      [0.75, 0.5],
      [3, -1.5],
      [-1, 2.5],
      [0.1, 0.9 + 2 ** -53],
    ] as const) {
      const left = gap(own, other);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left).toBeLessThan(1e-14);
    }
  });
});
