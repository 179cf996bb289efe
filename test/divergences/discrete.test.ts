import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { discreteJs, discreteKl } from "../../src/divergences/index.ts";

const weights = (n: number) =>
  fc
    .array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 10, noNaN: true })), { minLength: n, maxLength: n })
    .filter((all) => all.reduce((sum, weight) => sum + weight, 0) > 1e-6);
const pair = fc.integer({ min: 1, max: 8 }).chain((n) => fc.tuple(weights(n), weights(n)));

describe("divergences of discrete distributions", () => {
  it("agree with their definitions", () => {
    expect(discreteKl([1, 1], [1, 3])).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 15);
    expect(discreteJs([1, 0], [1, 1])).toBeCloseTo(
      0.5 * Math.log(4 / 3) + 0.25 * Math.log(2 / 3) + 0.25 * Math.log(2),
      15,
    );
  });

  it("treat zeros by their limits", () => {
    expect(discreteKl([0, 1], [1, 1])).toBeCloseTo(Math.log(2), 15);
    expect(discreteKl([1, 1], [0, 1])).toBe(Infinity);
    expect(discreteKl([0, 1, 0], [0, 2, 0])).toBe(0);
    expect(discreteJs([1, 0], [0, 5])).toBeCloseTo(Math.LN2, 15);
    expect(discreteKl([1, 5e-324], [1, 5e-324])).toBe(0);
  });

  it("are 0 for equal sides, positive else; JS is symmetric, at most log 2, and its root obeys the triangle inequality", () => {
    fc.assert(
      fc.property(pair, fc.double({ min: 0.5, max: 4, noNaN: true }), ([p, q], scale) => {
        expect(discreteKl(p, p)).toBe(0);
        expect(discreteKl(p, q)).toBeGreaterThan(-1e-14);
        const js = discreteJs(p, q);
        expect(js).toBeGreaterThan(-1e-14);
        expect(js).toBeLessThan(Math.LN2 + 1e-14);
        expect(discreteJs(q, p)).toBeCloseTo(js, 13);
        expect(
          discreteJs(
            p.map((weight) => weight * scale),
            q,
          ),
        ).toBeCloseTo(js, 12);
        const root = (a: readonly number[], b: readonly number[]) => Math.sqrt(Math.max(0, discreteJs(a, b)));
        const even = p.map(() => 1);
        expect(root(p, q)).toBeLessThanOrEqual(root(p, even) + root(even, q) + 1e-7);
      }),
    );
  });

  it("reject invalid distributions", () => {
    expect(() => discreteKl([1, 1], [1])).toThrow("must have the same number of outcomes - got 2 and 1");
    expect(() => discreteKl([], [])).toThrow("got 0 and 0");
    expect(() => discreteJs([1, -1], [1, 1])).toThrow("at least 0 - got -1 at 1");
    expect(() => discreteJs([1, 1], [0, 0])).toThrow("a finite sum above 0 - got 0");
    expect(() => discreteJs([1, Number.NaN], [1, 1])).toThrow("finite - got NaN at 1");
  });
});
