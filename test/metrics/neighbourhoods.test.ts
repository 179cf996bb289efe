import { describe, expect, it } from "vitest";

import { key, permutation } from "../../src/base/random.ts";
import { type FeatureSets, coverage, density, neighboursOf, precision, recall } from "../../src/metrics/index.ts";
import { share } from "../../src/metrics/sets.ts";
import { gaussian, mapped, pair, picked, range, spread } from "./feature-sets.ts";

const all = { precision, recall, density, coverage };
type Values = { readonly [Name in keyof typeof all]: number };

function measured(sets: FeatureSets): Values {
  const found = neighboursOf(sets);
  return Object.fromEntries(
    Object.entries(all).map(([name, metric]) => [name, metric.measure(found, {}).value]),
  ) as never;
}

const sets = pair(1, 170, 130, 3);
const values = measured(sets);

describe("precision, recall, density and coverage", () => {
  it("are 1 for equal sets: a ball holds its own centre and, of its five neighbours, the nearest four", () => {
    expect(measured({ ...sets, reference: sets.generated })).toEqual({
      precision: 1,
      recall: 1,
      density: 1,
      coverage: 1,
    });
  });

  it("are 0 for equal sets in which each item occurs six times: balls of radius 0 contain nothing", () => {
    const six = picked(
      sets.generated,
      range(170).flatMap((i) => [i, i, i, i, i, i]),
    );
    const found = measured({ generated: six, reference: six, key: key(1) });
    expect(found).toEqual({ precision: 0, recall: 0, density: 0, coverage: 0 });
  });

  it("are 0 for sets far apart", () => {
    const away = mapped(sets.generated, (value) => value + 100);
    expect(measured({ ...sets, generated: away })).toEqual({ precision: 0, recall: 0, density: 0, coverage: 0 });
  });

  it("are invariant under order, a common shift and a common scale", () => {
    const shuffled = picked(sets.generated, [...permutation(key(2), 170)]);
    expect(measured({ ...sets, generated: shuffled })).toEqual(values);
    const change = (value: number) => 8 * value + 4;
    const moved = { generated: mapped(sets.generated, change), reference: mapped(sets.reference, change), key: key(1) };
    expect(measured(moved)).toEqual(values);
  });

  it("exchange precision and recall when the sets are exchanged", () => {
    const swapped = measured({ generated: sets.reference, reference: sets.generated, key: key(1) });
    expect([swapped.precision, swapped.recall]).toEqual([values.recall, values.precision]);
  });

  it("distinguish a model with too little spread from one with too much", () => {
    const narrow = measured({ ...sets, generated: mapped(sets.generated, (value) => 0.3 * value) });
    expect(narrow.precision).toBe(1);
    expect(narrow.density).toBeGreaterThan(1.1);
    expect(narrow.recall).toBeLessThan(0.5);
    expect(narrow.coverage).toBeLessThan(0.7);
    const wide = measured({ ...sets, generated: mapped(sets.generated, (value) => 4 * value) });
    expect(wide.precision).toBeLessThan(0.5);
    expect(wide.recall).toBeGreaterThan(0.9);
  });

  it("expect density 1 and coverage 1 - 2^-5 of samples that are like the data", () => {
    const found = range(12).map((i) => measured(pair(50 + i, 1000, 1000, 2)));
    for (const [name, expected] of [
      ["density", 1],
      ["coverage", 1 - 2 ** -5],
    ] as const) {
      const each = found.map((one) => one[name]);
      const mean = each.reduce((sum, value) => sum + value, 0) / each.length;
      expect(Math.abs(mean - expected), name).toBeLessThan((4 * spread(each)) / Math.sqrt(each.length));
    }
  });

  it("have standard errors not below their spread over sets, and at most about three times it", () => {
    const results = range(40).map((i) => {
      const { generated, reference } = pair(200 + i, 500, 400, 4);
      return neighboursOf({ generated: mapped(generated, (value) => 1.2 * value), reference });
    });
    for (const [name, metric] of Object.entries(all)) {
      const found = results.map((one) => metric.measure(one, {}));
      const claimed = found.reduce((sum, { stderr }) => sum + stderr, 0) / found.length;
      const ratio = claimed / spread(found.map(({ value }) => value));
      expect(ratio, name).toBeGreaterThan(0.85);
      expect(ratio, name).toBeLessThan(3.5);
    }
  });

  it("give leave-one-group-out counts equal to those of sets without the group", () => {
    const group = 3;
    const rest = range(130).filter((i) => i % 20 !== group);
    const fewer = neighboursOf({ ...sets, reference: picked(sets.reference, rest) });
    const { realBalls, drawnBalls, drawnInside } = neighboursOf(sets).without.real[group]!;
    expect([...realBalls]).toEqual([...fewer.realBalls]);
    expect([...drawnBalls]).toEqual([...fewer.drawnBalls]);
    expect([...drawnInside]).toEqual([...fewer.drawnInside]);
    const kept = range(170).filter((i) => i % 20 !== group);
    const less = neighboursOf({ ...sets, generated: picked(sets.generated, kept) });
    const without = neighboursOf(sets).without.drawn[group]!;
    expect([...without.realBalls]).toEqual([...less.realBalls]);
    expect([...without.drawnBalls]).toEqual([...less.drawnBalls]);
    expect([...without.drawnInside]).toEqual([...less.drawnInside]);
  });

  it("require enough items for their errors", () => {
    expect(() => neighboursOf(pair(1, 39, 100, 2))).toThrow(
      "needs at least 40 items of either set - got 39 samples and 100 real items",
    );
  });

  it("use only a few numbers of memory per item: odd sizes over several blocks agree with brute force", () => {
    const odd = { generated: gaussian(key(8), 131, 2), reference: gaussian(key(9), 67, 2), key: key(1) };
    const square = (a: number, b: number) =>
      (odd.generated.data[2 * a]! - odd.reference.data[2 * b]!) ** 2 +
      (odd.generated.data[2 * a + 1]! - odd.reference.data[2 * b + 1]!) ** 2;
    const radius = (b: number) => {
      const others = range(67).filter((other) => other !== b);
      const to = others.map(
        (other) =>
          (odd.reference.data[2 * other]! - odd.reference.data[2 * b]!) ** 2 +
          (odd.reference.data[2 * other + 1]! - odd.reference.data[2 * b + 1]!) ** 2,
      );
      return to.toSorted((p, q) => p - q)[4]!;
    };
    const radii = range(67).map(radius);
    const expected = range(131).map((a) => range(67).filter((b) => square(a, b) < radii[b]!).length);
    expect([...neighboursOf(odd).realBalls]).toEqual(expected);
  });
});

describe("share", () => {
  it("has Wilson's interval", () => {
    const [low, high] = share(5, 10).interval;
    expect([low, high].map((end) => Number(end.toFixed(4)))).toEqual([0.2366, 0.7634]);
    expect(share(0, 10).interval[0]).toBe(0);
    expect(share(0, 10).interval[1]).toBeCloseTo(0.2775, 4);
  });
});
