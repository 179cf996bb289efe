import { describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { key } from "../../src/base/random.ts";
import { shapes } from "../../src/data/datasets/shapes.ts";
import { factorCodes } from "../../src/metrics/factor-codes.ts";
import { type MetricResult, betaVaeScore, dci, factorVaeScore, mig, sap } from "../../src/metrics/index.ts";
import { type Coder, coded, coders, names, sizes } from "./factor-codes.ts";

const points = 1000;
const items = 1500;
const options = { points };
const all = [betaVaeScore, factorVaeScore, mig, sap, dci];
type Measured = Pick<(typeof all)[number], "name" | "measure">;

const measure = ({ measure: of }: Measured, coder: Coder, seed = 0): MetricResult =>
  of(coded(items, coder, seed), options);

/** A number a factor of a result. */
const each = ({ details }: MetricResult, what: string): number[] =>
  names.map((name) => details[`${what}${name.toUpperCase()}`] as number);

/** The same codes, each row changed. */
function changed(coder: Coder, change: (row: readonly number[]) => readonly number[]): Coder {
  return (factors, noise) => change(coder(factors, noise));
}

describe("codes equal to the factors", () => {
  it("have the ideal scores, except where noted", () => {
    for (const metric of [betaVaeScore, factorVaeScore]) {
      expect(measure(metric, coders.perfect)).toMatchObject({ value: 1, stderr: 0, n: items, unit: "accuracy" });
      expect(each(measure(metric, coders.perfect), "hit")).toEqual([1, 1, 1, 1, 1]);
    }
    const { value, details } = measure(dci, coders.perfect);
    expect(value).toBeCloseTo(1, 2);
    expect(details["completeness"]).toBeCloseTo(1, 2);
    expect(details["informativeness"]).toBe(1);
  });

  it("have a gap of the full entropy, up to the error of 20 bins", () => {
    const gaps = each(measure(mig, coders.perfect), "gap");
    // Information of independent numbers is not quite 0 with few points.
    for (const gap of gaps) expect(gap).toBeGreaterThan(0.97);
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(1);

    const grid = Array.from({ length: 40 * 3 }, (_, i) => [Math.floor(i / 3), i % 3]).flat();
    const inputs = factorCodes({
      codes: ndarray("float64", [120, 2], Float64Array.from(grid)),
      values: ndarray("int32", [120, 2], Int32Array.from(grid)),
      names: ["forty", "three"],
      sizes: [40, 3],
      key: key(0),
    });
    const { value, details } = mig.measure(inputs, { points: 120 });
    expect(details["gapForty"]).toBeCloseTo(Math.log(20) / Math.log(40), 12);
    expect(details["gapThree"]).toBeCloseTo(1, 12);
    expect(value).toBeCloseTo((Math.log(20) / Math.log(40) + 1) / 2, 12);
  });

  it("are separable by a line in SAP at the ends of a factor's range, and not within it", () => {
    const gaps = each(measure(sap, coders.perfect), "gap");
    // Of two values either is an end: all right against half right by chance.
    const two = factorCodes({
      codes: ndarray(
        "float64",
        [items, 2],
        Float64Array.from({ length: 2 * items }, (_, i) => (i % 2 === 0 ? (i / 2) % 2 : Math.sin(i))),
      ),
      values: ndarray(
        "int32",
        [items, 1],
        Int32Array.from({ length: items }, (_, i) => i % 2),
      ),
      names: ["two"],
      sizes: [2],
      key: key(0),
    });
    expect(sap.measure(two, options).value).toBeCloseTo(0.5, 1);
    for (const gap of gaps) expect(gap).toBeGreaterThan(0.1);
    // Of eight values: well under the 0.88 that a classifier of any kind could have.
    expect(gaps[4]).toBeLessThan(0.4);
  });
});

describe("the factors of shapes as codes", () => {
  it("have the documented scores", () => {
    const { test } = shapes.generate(32);
    const { names: five, sizes: many, of } = test.factors!;
    const values = Int32Array.from({ length: 4500 * 5 }, (_, i) => of(Math.floor(i / 5))[i % 5]!);
    const codes = Float64Array.from(values, (value, i) => (value / (many[i % 5]! - 1) - 0.5) * 3.4);
    const inputs = factorCodes({
      codes: ndarray("float64", [4500, 5], codes),
      values: ndarray("int32", [4500, 5], values),
      names: five,
      sizes: many,
      key: key(0),
    });
    expect(Math.abs(sap.measure(inputs, { points: 3000 }).value - 0.25)).toBeLessThan(0.05);
    const { value, details } = mig.measure(inputs, { points: 3000 });
    expect(value).toBeGreaterThan(0.94);
    expect(details["gapOrientation"]).toBeCloseTo(Math.log(20) / Math.log(40), 1);
    for (const metric of [betaVaeScore, factorVaeScore]) expect(metric.measure(inputs, { points: 500 }).value).toBe(1);
  });
});

describe("codes rotated by 45 degrees", () => {
  it("lose the gaps of the mixed factors, and of no others", () => {
    const gaps = each(measure(mig, coders.rotated), "gap");
    for (const gap of gaps.slice(0, 4)) expect(gap).toBeLessThan(0.05);
    expect(gaps[4]).toBeGreaterThan(0.97);
    const told = each(measure(sap, coders.rotated), "gap");
    for (const gap of told.slice(0, 4)) expect(Math.abs(gap)).toBeLessThan(0.08);
    expect(told[4]).toBeGreaterThan(0.1);
  });

  it("are half as concentrated, and as informative as before", () => {
    const { value, details } = measure(dci, coders.rotated);
    // Two numbers that serve two factors alike: 1 - log 2 / log 5.
    const shared = 1 - Math.log(2) / Math.log(5);
    for (const completeness of each({ details } as MetricResult, "completeness").slice(0, 4))
      expect(Math.abs(completeness - shared)).toBeLessThan(0.08);
    expect(Math.abs(value - (4 * shared + 1) / 5)).toBeLessThan(0.05);
    expect(details["informativeness"]).toBeGreaterThan(0.97);
  });

  it("have low disentanglement for a number that serves two factors, which remain complete", () => {
    // Both factors are read from the first number alone, and the second number says nothing.
    const packed = changed(coders.perfect, ([a, b, ...rest]) => [10 * a! + b!, 0, ...rest]);
    const { value, details } = measure(dci, packed);
    const shared = 1 - Math.log(2) / Math.log(5);
    expect(Math.abs(value - (2 * shared + 3) / 5)).toBeLessThan(0.02);
    expect(details["completeness"]).toBeGreaterThan(0.98);
    const [first] = details["disentanglementPerLatent"] as number[];
    expect(Math.abs(first! - shared)).toBeLessThan(0.02);
  });

  it("leave two factors separable only by chance", () => {
    for (const metric of [betaVaeScore, factorVaeScore]) {
      const { value } = measure(metric, coders.rotated);
      expect(value).toBeLessThan(0.85);
      expect(value).toBeGreaterThan(0.5);
    }
  });
});

describe("codes that are independent of the factors", () => {
  it("are at chance level, one in five", () => {
    for (const metric of [betaVaeScore, factorVaeScore]) {
      const { value, stderr } = measure(metric, coders.random);
      expect(Math.abs(value - 0.2)).toBeLessThan(4 * stderr);
      // Binomial, of 500 points to judge by.
      expect(stderr).toBeCloseTo(Math.sqrt((value * (1 - value)) / 499), 6);
    }
  });

  it("have no gap, and predict at chance level", () => {
    expect(measure(mig, coders.random).value).toBeLessThan(0.02);
    const { value, stderr } = measure(sap, coders.random);
    expect(Math.abs(value)).toBeLessThan(0.05);
    expect(stderr).toBeLessThan(0.02);
    const { value: concentrated, details } = measure(dci, coders.random);
    expect(concentrated).toBeLessThan(0.1);
    const guess = sizes.reduce((sum, size) => sum + 1 / size, 0) / sizes.length;
    expect(Math.abs((details["informativeness"] as number) - guess)).toBeLessThan(0.05);
  });
});

describe("codes under irrelevant changes", () => {
  const result = (metric: Measured, coder: Coder): number => measure(metric, coder).value;

  it.each(all.map((metric) => [metric.name, metric] as const))("%s: permuted numbers", (_, metric) => {
    const permuted = changed(coders.noisy, ([a, b, c, d, e]) => [d!, a!, e!, b!, c!]);
    // Of splits that are equally good, trees take the first.
    const digits = metric === dci ? 2 : 6;
    expect(result(metric, permuted)).toBeCloseTo(result(metric, coders.noisy), digits);
  });

  it("MIG, FactorVAE score: shifted and scaled", () => {
    const moved = changed(coders.noisy, (row) => row.map((code, j) => 3 + (j + 2) * code));
    for (const metric of [mig, factorVaeScore])
      expect(result(metric, moved)).toBeCloseTo(result(metric, coders.noisy), 6);
    const shifted = changed(coders.noisy, (row) => row.map((code, j) => code + j));
    expect(result(betaVaeScore, shifted)).toBeCloseTo(result(betaVaeScore, coders.noisy), 6);
  });

  it("constant numbers are left out of votes, gaps and importances", () => {
    const { value, details } = measure(factorVaeScore, coders.scattered);
    expect(value).toBe(1);
    expect(details["activeUnits"]).toBe(5);
    expect(result(mig, coders.scattered)).toBeGreaterThan(0.96);
    expect(result(dci, coders.scattered)).toBeCloseTo(1, 2);
    const dead = measure(factorVaeScore, (factors) => factors.map((value) => 0.01 * value));
    expect(dead).toMatchObject({ value: 0, details: { activeUnits: 0 } });
  });

  it("duplicated numbers have no gap, and are still found", () => {
    expect(measure(mig, coders.duplicated).value).toBe(0);
    expect(measure(sap, coders.duplicated).value).toBe(0);
    expect(result(factorVaeScore, coders.duplicated)).toBe(1);
  });

  it("the same codes give the same results, and other samples similar ones", () => {
    for (const metric of all) expect(measure(metric, coders.noisy)).toEqual(measure(metric, coders.noisy));
    for (const metric of [betaVaeScore, factorVaeScore, mig]) {
      const rotated = [0, 1].map((seed) => measure(metric, coders.rotated, seed));
      const spread = 6 * Math.max(...rotated.map(({ stderr }) => stderr)) + 0.02;
      expect(Math.abs(rotated[0]!.value - rotated[1]!.value)).toBeLessThan(spread);
    }
  });

  it("MIG: the standard error is the spread over samples", () => {
    const results = Array.from({ length: 12 }, (_, seed) => measure(mig, coders.noisy, seed));
    const mean = results.reduce((sum, { value }) => sum + value, 0) / results.length;
    const spread = Math.sqrt(results.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (results.length - 1));
    const told = results.reduce((sum, { stderr }) => sum + stderr, 0) / results.length;
    expect(told / spread).toBeGreaterThan(0.5);
    expect(told / spread).toBeLessThan(2);
  });
});

describe("few points", () => {
  it("give a finite but inaccurate value", () => {
    for (const metric of all) {
      const { value } = metric.measure(coded(9, coders.noisy), { points: 10 });
      expect(value).toBeGreaterThanOrEqual(-1);
      expect(value).toBeLessThanOrEqual(1);
    }
  });
});

describe("invalid inputs", () => {
  const table = (shape: number[], ...numbers: number[]): NdArray<"float64"> =>
    ndarray("float64", shape, Float64Array.from(numbers));
  const ints = (shape: number[], ...numbers: number[]): NdArray<"int32"> =>
    ndarray("int32", shape, Int32Array.from(numbers));
  const rest = { names: ["a", "b"], sizes: [2, 2], key: key(0) };

  it("constant factors are left out", () => {
    const kept = factorCodes({ ...rest, codes: table([2, 1, 2], 1, 2, 3, 4), values: ints([2, 2], 0, 1, 1, 1) });
    expect(kept).toMatchObject({ names: ["a"], sizes: [2], values: { shape: [2, 1] }, codes: { shape: [2, 2] } });
    expect([...kept.values.data]).toEqual([0, 1]);
  });

  it.each([
    [table([2, 1], 1, 2), ints([2, 2], 0, 1, 0, 1), "at least one factor must vary - got 2 items with equal factors"],
    [table([3, 1], 1, 2, 3), ints([2, 2], 0, 1, 1, 1), "must be of the same items and factors - got [3, 1] and [2, 2]"],
    [table([2, 1], 1, NaN), ints([2, 2], 0, 1, 1, 1), "codes must be finite"],
  ])("are rejected %#", (codes, values, message) => {
    expect(() => factorCodes({ ...rest, codes, values })).toThrow(DataError);
    expect(() => factorCodes({ ...rest, codes, values })).toThrow(message);
  });

  it("reject a gap between fewer than two numbers", () => {
    for (const metric of [mig, sap]) {
      expect(() => measure(metric, ([a]) => [a!])).toThrow(
        `${metric.name}: codes must have at least 2 numbers - got 1`,
      );
    }
    expect(measure(dci, ([a]) => [a!]).details["completenessA"]).toBe(1);
  });
});
