import { describe, expect, it } from "vitest";

import { DataError, OptionError } from "../../src/base/errors.ts";
import type { NdArray } from "../../src/base/ndarray.ts";
import { fold, key, permutation } from "../../src/base/random.ts";
import { type FeatureSets, emd, fid, kid } from "../../src/metrics/index.ts";
import { frechet } from "../../src/metrics/fid.ts";
import { gaussian, mapped, pair, picked, range, spread } from "./feature-sets.ts";

const x = gaussian(key(1), 300, 5);
const y = mapped(gaussian(key(2), 250, 5), (value, column) => value * (1 + column) + 1);
const both = { generated: x, reference: y, key: key(3) };
const distance = (a: NdArray, b: NdArray) => frechet(a, b).value;

describe("fid", () => {
  it("is 0 for equal sets, also if some features are duplicated or constant 0", () => {
    const deficient = mapped(x, (value, column) => (column === 2 ? 0 : value));
    expect(distance(x, x)).toBeLessThan(1e-12);
    expect(distance(deficient, deficient)).toBeLessThan(1e-6);
  });

  it("is the squared shift between shifted sets", () => {
    const shifted = mapped(x, (value, column) => value + column);
    expect(distance(x, shifted)).toBeCloseTo(0 + 1 + 4 + 9 + 16, 9);
  });

  it("is the sum of squared differences of deviations if one set is the other, scaled", () => {
    const column = (j: number) => Array.from({ length: 300 }, (_, i) => x.data[i * 5 + j]!);
    // One feature: (m1 - m2)^2 + (s1 - s2)^2, exactly.
    const one = { dtype: "float64", shape: [300, 1], data: Float64Array.from(column(0)) } as const;
    const mean = column(0).reduce((sum, value) => sum + value, 0) / 300;
    expect(
      distance(
        one,
        mapped(one, (value) => 3 * value),
      ),
    ).toBeCloseTo(4 * mean ** 2 + 4 * spread(column(0)) ** 2, 9);
  });

  it("finds the distance between normal distributions: |m|^2 + sum (s1 - s2)^2", () => {
    const n = 200_000;
    const a = gaussian(key(4), n, 3);
    const b = mapped(gaussian(key(5), n, 3), (value, column) => [2, 1, 0.5][column]! * value + [1, 0, -2][column]!);
    const { value, stderr } = frechet(a, b);
    const exact = 5 + 1 + 0 + 0.25;
    expect(Math.abs(value - exact)).toBeLessThan(4 * stderr);
    expect(stderr).toBeLessThan(0.05);
  });

  it("is invariant under order, a common shift, and exchanging the sets", () => {
    const value = distance(x, y);
    expect(distance(picked(x, [...permutation(key(6), 300)]), y)).toBeCloseTo(value, 9);
    const moved = (set: NdArray) => mapped(set, (each, column) => each + 3 * column - 1);
    expect(distance(moved(x), moved(y))).toBeCloseTo(value, 9);
    expect(distance(y, x)).toBeCloseTo(value, 9);
  });

  it("changes only by the small-sample bias if each item occurs twice", () => {
    const twice = (set: NdArray) => picked(set, [...range(set.shape[0]!), ...range(set.shape[0]!)]);
    expect(distance(twice(x), twice(y)) / distance(x, y)).toBeCloseTo(1, 2);
  });

  it("has a standard error that agrees with its spread over sets", () => {
    const results = range(150).map((i) => {
      const { generated, reference } = pair(100 + i, 400, 300, 3);
      return frechet(
        mapped(generated, (value, column) => value * (1 + 0.5 * column) + 0.3),
        reference,
      );
    });
    const claimed = results.reduce((sum, { stderr }) => sum + stderr, 0) / results.length;
    expect(claimed / spread(results.map(({ value }) => value))).toBeGreaterThan(0.8);
    expect(claimed / spread(results.map(({ value }) => value))).toBeLessThan(1.25);
  });

  it("rejects no more items than features, unless forced", () => {
    const few = pair(7, 20, 40, 20);
    expect(() => fid.measure(few, { forceFid: false })).toThrow(
      "fid: needs more items than features, 20 - got 20 samples and 40 real items",
    );
    expect(fid.measure(few, { forceFid: true }).value).toBeGreaterThan(0);
  });

  it("rejects features of different length", () => {
    const other = { ...both, reference: gaussian(key(1), 300, 4) };
    expect(() => fid.measure(other, { forceFid: false })).toThrow(
      "fid: features of both sets must be [n, d] with the same d - got [300, 5] and [300, 4]",
    );
  });
});

describe("emd", () => {
  it("is the shift between a set and itself moved, in blocks that share no item", () => {
    const sets = pair(1, 1200, 1200, 2);
    const moved = { ...sets, generated: mapped(sets.reference, (value, column) => value + 3 * (1 - column)) };
    const { value, stderr, interval, details } = emd.measure(moved, {});
    expect(value).toBeCloseTo(3, 6);
    expect(stderr).toBeCloseTo(0, 6);
    expect(details).toEqual({ blocks: 2, block: 500 });
    expect(interval![0]).toBeLessThanOrEqual(value);
  });

  it("has a standard error that agrees with its spread over sets, and none for a single block", () => {
    const results = range(40).map((i) => emd.measure(pair(100 + i, 2000, 2000, 2), {}));
    const claimed = Math.sqrt(results.reduce((sum, { stderr }) => sum + stderr ** 2, 0) / results.length);
    expect(claimed / spread(results.map(({ value }) => value))).toBeGreaterThan(0.7);
    expect(claimed / spread(results.map(({ value }) => value))).toBeLessThan(1.4);
    const { stderr, details } = emd.measure(pair(1, 60, 90, 2), {});
    expect([stderr, details]).toEqual([Number.NaN, { blocks: 1, block: 60 }]);
  });
});

describe("kid", () => {
  const shifted = (seed: number, n = 4000): FeatureSets => {
    const sets = pair(seed, n, n, 1);
    return { ...sets, generated: mapped(sets.generated, (value) => value + 1) };
  };

  it("finds the discrepancy of N(1, 1) from N(0, 1): E k = 32 and 4 within, 7 between, together 22", () => {
    const { value, stderr } = kid.measure(shifted(1), {});
    expect(Math.abs(value - 22)).toBeLessThan(4 * stderr);
  });

  it("is unbiased: 0 on average if both sets have one distribution, also for few items", () => {
    const found = range(200).map((i) => kid.measure(pair(i, 40, 40, 3), { block: 20 }).value);
    const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
    expect(Math.abs(mean)).toBeLessThan((4 * spread(found)) / Math.sqrt(found.length));
    expect(found.some((value) => value < 0)).toBe(true);
  });

  it("is below 0 for two sets of the same items, because only pairs between the sets include an item with itself", () => {
    expect(kid.measure({ generated: x, reference: x, key: key(1) }, { block: 150 }).value).toBeLessThan(0);
  });

  it("has a standard error that agrees with its spread over sets, and an interval with the stated coverage", () => {
    const results = range(100).map((i) => kid.measure(shifted(1000 + i, 1000), { block: 100 }));
    const found = results.map(({ value }) => value);
    const claimed = Math.sqrt(results.reduce((sum, { stderr }) => sum + stderr ** 2, 0) / results.length);
    expect(claimed / spread(found)).toBeGreaterThan(0.8);
    expect(claimed / spread(found)).toBeLessThan(1.25);
    const held = results.filter(({ interval }) => interval![0] <= 22 && 22 <= interval![1]).length;
    expect(held / results.length).toBeGreaterThan(0.88);
  });

  it("uses Student's t with one degree of freedom fewer than blocks", () => {
    // Points of t at 97.5 %: scipy.stats.t.ppf(0.975, blocks - 1).
    for (const [block, t] of [
      [25, 2.262157],
      [62, 3.182446],
      [125, 12.706205],
    ] as const) {
      const { value, stderr, interval, details } = kid.measure(both, { block });
      expect(details.blocks).toBe(Math.floor(250 / block));
      expect((interval![1] - value) / stderr).toBeCloseTo(t, 2);
      expect(interval![0] + interval![1]).toBeCloseTo(2 * value, 9);
    }
  });

  it("does not depend on which set is which, and draws its blocks by the key", () => {
    const one = kid.measure(both, {});
    expect(kid.measure(both, {})).toEqual(one);
    expect(kid.measure({ ...both, key: fold(both.key, 1) }, {}).value).not.toBe(one.value);
    expect(one.details).toMatchObject({ blocks: 10, block: 25 });
  });

  it("rejects blocks of which two do not fit, and too few items", () => {
    expect(() => kid.measure(both, { block: 126 })).toThrow(OptionError);
    expect(() => kid.measure(pair(1, 19, 100, 2), {})).toThrow(DataError);
  });
});
