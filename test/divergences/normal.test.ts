import { describe, expect, it } from "vitest";

import { normalJs1d, normalJs1dGradient, normalKl1d, normalW1d } from "../../src/divergences/index.ts";
import { integral } from "../distributions/integral.ts";

const at = (mean: number, deviation = 1) => ({ mean, deviation });
const shifts = [0, 0.1, 0.5, 1, 2, 3, 5, 8, 12];

describe("normal distributions on the line", () => {
  it("KL is m^2 / 2 and W1 is |m| for a shift of m", () => {
    for (const m of shifts) {
      expect(normalKl1d(at(0), at(m))).toBeCloseTo(m ** 2 / 2, 12);
      expect(normalW1d(at(0), at(m))).toBe(m);
      expect(normalW1d(at(m), at(0))).toBe(m);
    }
    expect(normalKl1d(at(1, 2), at(3, 5))).toBeCloseTo(Math.log(5 / 2) + (4 + 4) / 50 - 0.5, 14);
  });

  it("W1 of equal means is the difference of deviations times E|z|", () => {
    expect(normalW1d(at(0, 3), at(0, 1))).toBeCloseTo(2 * Math.sqrt(2 / Math.PI), 12);
    expect(normalW1d(at(1e6, 3), at(0, 1))).toBeCloseTo(1e6, 6);
  });

  it("JS is 0 at no shift, rises to log 2, and is symmetric", () => {
    const values = shifts.map((m) => normalJs1d(at(0), at(m)));
    expect(values[0]).toBeCloseTo(0, 15);
    for (let i = 1; i < values.length; i++) expect(values[i]).toBeGreaterThan(values[i - 1]!);
    expect(normalJs1d(at(0), at(60))).toBeCloseTo(Math.LN2, 14);
    expect(normalJs1d(at(0), at(1, 0.01))).toBeCloseTo(normalJs1d(at(1, 0.01), at(0)), 13);
    // Small shifts: a quarter of KL, as Fisher's information says.
    expect(normalJs1d(at(0), at(1e-3)) / (1e-6 / 2)).toBeCloseTo(1 / 4, 5);
  });

  it("JS does not miss a narrow distribution within a wide one", () => {
    for (const deviation of [1e-1, 1e-2, 1e-3]) {
      const density = (x: number, s: number) => Math.exp(-0.5 * (x / s) ** 2) / (s * Math.sqrt(2 * Math.PI));
      const term = (x: number) => {
        const [p, q] = [density(x, 1), density(x, deviation)];
        return (p * Math.log((2 * p) / (p + q)) + (q > 0 ? q * Math.log((2 * q) / (p + q)) : 0)) / 2;
      };
      const inner = 20 * deviation;
      const expected = integral(term, -inner, inner, 40_000) + 2 * integral(term, inner, 12, 40_000);
      expect(normalJs1d(at(0), at(0, deviation))).toBeCloseTo(expected, 10);
    }
  });

  it("the gradient of JS is that of finite differences, and vanishes far away", () => {
    for (const [m, deviation] of [
      [0, 1],
      [0.5, 1],
      [2, 1],
      [5, 1],
      [1, 0.2],
      [-3, 2],
    ] as const) {
      const h = 1e-4;
      const js = (mean: number) => normalJs1d(at(0), at(mean, deviation));
      const slope = (8 * (js(m + h) - js(m - h)) - (js(m + 2 * h) - js(m - 2 * h))) / (12 * h);
      expect(normalJs1dGradient(at(0), at(m, deviation))).toBeCloseTo(slope, 9);
    }
    expect(normalJs1dGradient(at(0), at(12))).toBeLessThan(1e-6);
    expect(normalJs1dGradient(at(0), at(12))).toBeGreaterThan(0);
  });

  it("rejects an invalid normal distribution", () => {
    expect(() => normalKl1d(at(0, 0), at(0))).toThrow("deviation above 0 - got 0 and 0");
    expect(() => normalJs1d(at(Number.NaN), at(0))).toThrow("got NaN and 1");
    expect(() => normalW1d(at(0), at(0, -1))).toThrow("got 0 and -1");
  });
});
