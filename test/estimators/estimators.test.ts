import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fold, key, normal } from "../../src/base/random.ts";
import {
  addValues,
  emptyMean,
  logMarginal,
  mergeMeans,
  monteCarlo,
  standardError,
  varianceOf,
} from "../../src/estimators/index.ts";
import "../tolerance.ts";

const numbers = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 40 });

describe("monteCarlo", () => {
  it("returns the mean and its standard error", () => {
    const { mean, stderr, n } = monteCarlo([1, 2, 3, 4]);
    expect([mean, n]).toEqual([2.5, 4]);
    expect(stderr).toBeCloseTo(Math.sqrt(5 / 3 / 4), 12);
  });

  it("merges parts, however split, to the result of the whole", () => {
    fc.assert(
      fc.property(numbers, fc.nat(), (values, at) => {
        const cut = at % values.length;
        const parts = [values.slice(0, cut), values.slice(cut)].map((part) => addValues(emptyMean, part));
        const [merged, whole] = [mergeMeans(parts[0]!, parts[1]!), addValues(emptyMean, values)];
        expect(merged.count).toBe(whole.count);
        expect(merged.mean).toBeCloseTo(whole.mean, 8);
        expect(varianceOf(merged)).toBeCloseTo(varianceOf(whole), 4);
      }),
    );
  });

  it("has an error that falls with the square root of the count, and covers the truth", () => {
    // E[x^2] = 1 for a standard normal, with variance 2.
    const of = (n: number) =>
      addValues(
        emptyMean,
        normal(fold(key(1), n), [n]).data.map((x) => x * x),
      );
    for (const n of [1_000, 100_000]) {
      const sample = of(n);
      expect(standardError(sample)).toBeCloseTo(Math.sqrt(2 / n), 2 + Math.log10(n) / 2 - 1);
      expect(Math.abs(sample.mean - 1)).toBeLessThan(4 * standardError(sample));
    }
  });

  it("rejects an empty list", () => {
    expect(() => monteCarlo([])).toThrow("at least one value");
  });
});

describe("logMarginal", () => {
  // z ~ N(0, 1), x | z ~ N(z, 1): p(x) = N(x; 0, 2), p(z | x) = N(x / 2, 1 / 2).
  const x = 1.3;
  const logNormal = (value: number, mean: number, variance: number) =>
    -0.5 * (Math.log(2 * Math.PI * variance) + (value - mean) ** 2 / variance);
  const truth = logNormal(x, 0, 2);
  const weights = (draws: Float32Array, mean: number, variance: number) =>
    Float64Array.from(draws, (noise) => {
      const z = mean + Math.sqrt(variance) * noise;
      return logNormal(x, z, 1) + logNormal(z, 0, 1) - logNormal(z, mean, variance);
    });
  const draws = (count: number, at: number) => normal(fold(key(2), at), [count]).data;

  it("is exact, without error, when the draws come from the posterior", () => {
    const found = logMarginal(weights(draws(50, 0), x / 2, 0.5));
    expect(found.value).toBeCloseTo(truth, 10);
    expect(found.stderr).toBeCloseTo(0, 6);
    expect(found.effectiveSamples).toBeCloseTo(50, 6);
  });

  it("covers the truth by prior sampling, with fewer effective draws", () => {
    const found = logMarginal(weights(draws(20_000, 1), 0, 1));
    expect(Math.abs(found.value - truth)).toBeLessThan(4 * found.stderr);
    expect(found.effectiveSamples).toBeLessThan(20_000);
  });

  it("lies below the truth on average, by about its stated bias", () => {
    const k = 20;
    const estimates = Array.from({ length: 4000 }, (_, i) => logMarginal(weights(draws(k, 10 + i), 0, 1)));
    const { mean, stderr } = monteCarlo(estimates.map(({ value }) => value));
    const stated = monteCarlo(estimates.map(({ bias }) => bias)).mean;
    expect(mean).toBeLessThan(truth - 4 * stderr);
    expect(mean - truth).toBeGreaterThan(2 * stated);
    expect(mean - truth).toBeLessThan(stated / 2);
  });

  it("does not overflow, and shifts with its weights", () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: -5e3, max: 5e3, noNaN: true }), (values, shift) => {
        const [plain, moved] = [values, values.map((value) => value + shift)].map(logMarginal);
        expect(moved!.value).toBeCloseTo(plain!.value + shift, 6);
        expect(moved!.effectiveSamples).toBeCloseTo(plain!.effectiveSamples, 4);
      }),
    );
  });

  it("of two weights agrees with the delta method", () => {
    const { value, stderr, bias, effectiveSamples } = logMarginal([Math.log(1), Math.log(3)]);
    // Mean 2, variance 2: relative variance 1 / 2, over two samples 1 / 4.
    expect([value, stderr, bias, effectiveSamples]).toBeAllclose([Math.log(2), 0.5, -0.125, 1.6], { relative: 1e-12 });
    expect(logMarginal([0.5])).toEqual({ value: 0.5, stderr: Number.NaN, bias: Number.NaN, effectiveSamples: 1 });
  });

  it("returns -Infinity for weights that are all 0, and rejects an empty list", () => {
    expect(logMarginal([-Infinity, -Infinity]).value).toBe(-Infinity);
    expect(() => logMarginal([])).toThrow("at least one weight");
  });
});
