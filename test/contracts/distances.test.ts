import { describe, expect, it } from "vitest";

import { ZayaError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { describeOptions, parseOptions } from "../../src/base/options.ts";
import { type Points, selectPoints } from "../../src/numeric/points.ts";
import { type Key, fold, key, normal, permutation } from "../../src/base/random.ts";
import { type DistanceResult, type Side, distances } from "../../src/distances/index.ts";

// What every distance owes, on the line, where all of them are defined.

const context = { key: key(7), memory: 2 ** 30 };

function draws(of: Key, n: number, shift = 0): Points {
  return ndarray(
    "float64",
    [n, 1],
    Float64Array.from(normal(of, [n, 1]).data, (value) => value + shift),
  );
}

describe.each(distances)("$name", (distance) => {
  const options = parseOptions(distance.options, {}, distance.name);
  const measure = (a: Side, b: Side, given = options): DistanceResult => distance.measure(a, b, given, context);
  const side = (name: string, n = 150, shift = 0): Side => ({ points: draws(fold(key(1), name), n, shift) });

  it("describes itself", () => {
    for (const text of [distance.summary, distance.source, distance.unit, distance.identical])
      expect(text).not.toBe("");
    for (const { name, doc } of describeOptions(distance.options)) expect(doc, name).not.toBe("");
  });

  it("grows with the shift of one side, and is small between two samples of one distribution", () => {
    const values = [0, 1, 3].map((shift) => measure(side("a"), side("b", 150, shift)).value);
    expect(values[1]).toBeGreaterThan(values[0]!);
    expect(values[2]).toBeGreaterThan(values[1]!);
    expect(Math.abs(values[0]!)).toBeLessThan(0.35 * values[2]!);
  });

  it("does not depend on the order of points", () => {
    const [a, b] = [side("a"), side("b", 150, 1)];
    const turned = { points: selectPoints(a.points, permutation(key(2), 150)) };
    expect(measure(turned, b).value).toBeCloseTo(measure(a, b).value, 6);
  });

  it("gives the same for the same key", () => {
    const [a, b] = [side("a", 120), side("b", 100, 1)];
    expect(measure(a, b)).toEqual(measure(a, b));
  });

  it("reports the number of points and its accuracy, and returns a plan if it declares one", () => {
    const result = measure(side("a", 90), side("b", 80, 1));
    expect(result.n[1]).toBe(80);
    expect(["exact", "estimate", "optimal", "converged"]).toContain(result.status);
    expect(result.plan !== undefined).toBe(distance.planned);
    if (result.plan === undefined) return;
    const masses = "from" in result.plan ? result.plan.mass : result.plan.data;
    expect(result.plan.shape).toEqual([90, 80]);
    expect(masses.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 6);
  });

  it("treats weights as numbers of equal points, or rejects them", () => {
    const [a, b] = [side("a", 40), side("b", 50, 1)];
    const counts = Float64Array.from({ length: 40 }, (_, i) => 1 + (i % 3));
    const weighed = { ...a, weights: counts };
    if (!distance.weighted) {
      expect(() => measure(weighed, b)).toThrow("points must have equal weights");
      return;
    }
    const repeated = Int32Array.from([...counts].flatMap((count, i) => Array.from({ length: count }, () => i)));
    const spread = { points: selectPoints(a.points, repeated) };
    // The mean cost that epsilon is taken from would be another.
    const given = "epsilon" in distance.options.shape ? { ...options, epsilon: 0.2 } : options;
    expect(measure(weighed, b, given).value).toBeCloseTo(measure(spread, b, given).value, 6);
  });

  it("ignores points of weight 0 to the last bit, also in everything computed from points", () => {
    const [a, b] = [side("a", 40), side("b", 50, 1)];
    const lone = ({ points }: Side, at: number): Side => ({
      points: ndarray("float64", [points.shape[0]! + 1, 1], Float64Array.of(at, ...points.data)),
      weights: Float64Array.of(0, ...new Float64Array(points.shape[0]!).fill(2)),
    });
    const without = measure(a, b);
    for (const at of [0.1, 1e3, 1e9]) {
      const found = measure(lone(a, at), lone(b, -at));
      expect({ ...found, plan: null }).toEqual({ ...without, plan: null });
      expect(found.plan?.shape).toEqual(without.plan && [41, 51]);
      if (!distance.weighted) continue;
      // Weights that differ, beside one of 0.
      const counts = Float64Array.from({ length: 40 }, (_, i) => 1 + (i % 3));
      const weighed = { ...lone(a, at), weights: Float64Array.of(0, ...counts) };
      expect(measure(weighed, b).value).toBe(measure({ ...a, weights: counts }, b).value);
    }
  });

  it("rejects invalid weights", () => {
    const [a, b] = [side("a", 3), side("b", 50)];
    for (const [weights, text] of [
      [[1, -1, 1], "at least 0 - got -1 at 1"],
      [[1, Number.NaN, 1], "must be finite - got NaN at 1"],
      [[0, 0, 0], "a finite sum above 0"],
      [[1, 1], "must have one weight per point, 3 - got 2"],
    ] as const) {
      expect(() => measure({ ...a, weights: Float64Array.from(weights) }, b)).toThrow(text);
    }
  });

  it("rejects results that are not finite", () => {
    const far = (at: number): Side => ({ points: ndarray("float64", [3, 1], Float64Array.of(at, at / 2, at / 3)) });
    const given = "neighbours" in distance.options.shape ? { ...options, neighbours: 2 } : options;
    let found: number;
    try {
      found = measure(far(1.5e308), far(-1.5e308), given).value;
    } catch (error) {
      expect(error).toBeInstanceOf(ZayaError);
      return;
    }
    expect(Number.isFinite(found)).toBe(true);
  });

  it("is scale-invariant, or rejects points whose squared differences underflow", () => {
    const [a, b] = [side("a"), side("b", 150, 1)];
    const { value } = measure(a, b);
    for (const scale of [1e30, 1e-30, 1e-170]) {
      const scaled = ({ points }: Side): Side => ({
        points: ndarray(
          "float64",
          points.shape,
          points.data.map((each) => each * scale),
        ),
      });
      let found: number;
      try {
        found = measure(scaled(a), scaled(b)).value;
      } catch (error) {
        expect(scale).toBe(1e-170);
        expect(String(error)).toContain("squares of smaller differences underflow");
        continue;
      }
      const wrong = Math.min(Math.abs(found / value - 1), Math.abs(found / (scale * value) - 1));
      expect(wrong, `${scale}`).toBeLessThan(1e-6);
    }
  });

  it("estimates a longer time for more points", () => {
    expect(distance.work(2000, 2000)).toBeGreaterThan(1.9 * distance.work(1000, 1000));
  });

  it("rejects points of different lengths", () => {
    const wide = { points: ndarray("float64", [75, 2], draws(key(1), 150).data) };
    expect(() => measure(side("a"), wide)).toThrow("the same dimension");
  });
});

it("distances have unique names", () => {
  const names = distances.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

it("distances with a plan reject problems that do not fit into memory", () => {
  const side = { points: draws(key(1), 2000) };
  for (const distance of distances.filter(({ planned }) => planned)) {
    const options = parseOptions(distance.options, {}, distance.name);
    expect(() => distance.measure(side, side, options, { ...context, memory: 1e7 })).toThrow(
      /got 2000 x 2000 points, which take 0\.0(298|596) GiB/,
    );
  }
});
