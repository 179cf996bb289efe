import { describe, expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { describeOptions, parseOptions } from "../../src/base/options.ts";
import { type Points, selectPoints } from "../../src/base/points.ts";
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

  it("tells what it is", () => {
    for (const text of [distance.summary, distance.source, distance.unit, distance.identical])
      expect(text).not.toBe("");
    for (const { name, doc } of describeOptions(distance.options)) expect(doc, name).not.toBe("");
  });

  it("grows as one side slides away, and is small between samples of one distribution", () => {
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

  it("says how many points it used, what it reached, and gives a plan where it declares one", () => {
    const result = measure(side("a", 90), side("b", 80, 1));
    expect(result.n[1]).toBe(80);
    expect(["exact", "estimate", "optimal", "converged"]).toContain(result.status);
    expect(result.plan !== undefined).toBe(distance.planned);
    if (result.plan === undefined) return;
    const masses = "from" in result.plan ? result.plan.mass : result.plan.data;
    expect(result.plan.shape).toEqual([90, 80]);
    expect(masses.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 6);
  });

  it("takes weights as so many equal points, or refuses them", () => {
    const [a, b] = [side("a", 40), side("b", 50, 1)];
    const counts = Float64Array.from({ length: 40 }, (_, i) => 1 + (i % 3));
    const weighed = { ...a, weights: counts };
    if (!distance.weighted) {
      expect(() => measure(weighed, b)).toThrow("points have no weights here");
      return;
    }
    const repeated = Int32Array.from([...counts].flatMap((count, i) => Array.from({ length: count }, () => i)));
    const spread = { points: selectPoints(a.points, repeated) };
    // The mean cost that epsilon is taken from would be another.
    const given = "epsilon" in distance.options.shape ? { ...options, epsilon: 0.2 } : options;
    expect(measure(weighed, b, given).value).toBeCloseTo(measure(spread, b, given).value, 6);
  });

  it("refuses points of different lengths", () => {
    const wide = { points: ndarray("float64", [75, 2], draws(key(1), 150).data) };
    expect(() => measure(side("a"), wide)).toThrow("as many numbers");
  });
});

it("names differ", () => {
  const names = distances.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

it("distances with a plan refuse what does not fit into memory", () => {
  const side = { points: draws(key(1), 2000) };
  for (const distance of distances.filter(({ planned }) => planned)) {
    const options = parseOptions(distance.options, {}, distance.name);
    expect(() => distance.measure(side, side, options, { ...context, memory: 1e7 })).toThrow(
      /got 2000 x 2000 points, which take 0\.0(298|596) GiB/,
    );
  }
});
