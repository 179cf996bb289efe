import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fold, key } from "../../src/base/random.ts";
import { costMatrix, exactTransport, slicedWasserstein, wasserstein1d } from "../../src/transport/index.ts";
import { cloud, points } from "./problem.ts";

// The squares of differences below 1e-150 underflow, so they are refused where costs are distances.
const number = fc.double({ min: -100, max: 100, noNaN: true }).map((x) => Math.round(x * 2 ** 40) / 2 ** 40);
const numbers = fc.array(number, { minLength: 1, maxLength: 12 });
const weighed = numbers.chain((at) =>
  fc.record({
    at: fc.constant(at),
    weights: fc
      .array(fc.integer({ min: 0, max: 4 }), { minLength: at.length, maxLength: at.length })
      .filter((all) => all.some((weight) => weight > 0)),
  }),
);
const onLine = (at: readonly number[]) => points(at.map((value) => [value]));

describe("wasserstein1d", () => {
  it("equals exact transport, weighted or not", () => {
    fc.assert(
      fc.property(weighed, weighed, (a, b) => {
        const costs = costMatrix(onLine(a.at), onLine(b.at));
        expect(wasserstein1d(a.at, b.at)).toBeCloseTo(exactTransport(costs).cost, 9);
        const weights = { source: a.weights, target: b.weights };
        expect(wasserstein1d(a.at, b.at, weights)).toBeCloseTo(exactTransport(costs, weights).cost, 9);
      }),
    );
  });

  it("accepts weights on one side only, if the other has as many points", () => {
    // Half of the mass at 1 has to go to 0.
    expect(wasserstein1d([0, 1], [0, 1], { target: [1, 0] })).toBe(0.5);
    expect(wasserstein1d([0, 1], [0, 1], { source: [1, 0] })).toBe(0.5);
  });

  it("is the shift of a shifted side, and grows with the unit", () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: -10, max: 10, noNaN: true }), (at, by) => {
        const moved = at.map((value) => value + by);
        expect(wasserstein1d(at, moved)).toBeCloseTo(Math.abs(by), 9);
        const doubled = wasserstein1d(
          at.map((value) => 2 * value),
          moved.map((value) => 2 * value),
        );
        expect(doubled).toBeCloseTo(2 * Math.abs(by), 9);
      }),
    );
  });

  it("rejects invalid points", () => {
    expect(() => wasserstein1d([], [1])).toThrow("each side must have points");
    expect(() => wasserstein1d([1, Number.NaN], [1])).toThrow("each point must be finite - got NaN at 1");
    expect(() => wasserstein1d([1], [1], { source: [-1] })).toThrow("at least 0 - got -1");
  });
});

describe("weights of any scale on the line", () => {
  it("are respected", () => {
    for (const far of [2 ** 60, 1e30, 1e150]) {
      // All of A lies left of all of B: the distance is that of the means.
      expect(wasserstein1d([0, far], [0, 1], { source: [1, 1 / far], target: [1, 0] })).toBeCloseTo(1, 12);
      expect(wasserstein1d([0, 1, far], [2, 3], { source: [3, 1, 4 / far] })).toBeCloseTo(2.25 + 1, 12);
    }
    expect(wasserstein1d([0, 1e300], [0], { source: [1, 1e-300] })).toBeCloseTo(1, 12);
    expect(wasserstein1d([5, 0, 1], [0, 2, 1e9], { source: [0, 1, 1], target: [1, 1, 0] })).toBe(
      wasserstein1d([0, 1], [0, 2]),
    );
  });
});

describe("slicedWasserstein", () => {
  it("is the distance itself on the line", () => {
    const [x, y] = [cloud(key(1), 200, 1), cloud(key(2), 150, 1)];
    const { distance, stderr } = slicedWasserstein(x, y, 5, key(3));
    expect(distance).toBeCloseTo(wasserstein1d(x.data, y.data), 12);
    expect(stderr).toBeCloseTo(0, 12);
  });

  it("is the mean projection of a shift: 2 / pi of it in the plane, a half in space", () => {
    for (const [d, share] of [
      [2, 2 / Math.PI],
      [3, 1 / 2],
    ] as const) {
      const x = cloud(fold(key(4), d), 50, d);
      const y = { ...x, data: x.data.map((value, i) => value + (i % d === 0 ? 3 : 0)) };
      const { distance, stderr } = slicedWasserstein(x, y, 2000, key(5));
      expect(stderr).toBeLessThan(0.03);
      expect(Math.abs(distance - 3 * share)).toBeLessThan(3 * stderr);
    }
  });

  it("is at most the distance, supports weights, and is the same for the same key", () => {
    const [x, y] = [cloud(key(6), 60, 2), cloud(key(7), 40, 2)];
    const weights = { source: Array.from({ length: 60 }, (_, i) => i % 3), target: undefined };
    const found = slicedWasserstein(x, y, 50, key(8), weights);
    expect(found.distance).toBeLessThan(exactTransport(costMatrix(x, y), weights).cost);
    expect(slicedWasserstein(x, y, 50, key(8), weights)).toEqual(found);
    expect(slicedWasserstein(x, y, 50, key(9), weights).distance).not.toBe(found.distance);
    expect(slicedWasserstein(x, y, 1, key(8)).stderr).toBeNaN();
    expect(() => slicedWasserstein(x, y, 0, key(8))).toThrow("directions must be a positive integer - got 0");
    expect(() => slicedWasserstein(x, cloud(key(7), 40, 3), 5, key(8))).toThrow("the same dimension - got 2 and 3");
  });
});
