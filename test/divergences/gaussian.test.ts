import { describe, expect, it } from "vitest";

import { type Gaussian, gaussianKl, gaussianW2, normalKl1d } from "../../src/divergences/index.ts";
import { fold, key, normal } from "../../src/base/random.ts";

const of = (mean: readonly number[], covariance: readonly number[]): Gaussian => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
});

describe("normal distributions of vectors", () => {
  it("are additive over independent coordinates, however their covariance is given", () => {
    const [p, q] = [of([1, -2], [4, 9]), of([3, 0], [1, 16])];
    const [full, other] = [of([1, -2], [4, 0, 0, 9]), of([3, 0], [1, 0, 0, 16])];
    const kl =
      normalKl1d({ mean: 1, deviation: 2 }, { mean: 3, deviation: 1 }) +
      normalKl1d({ mean: -2, deviation: 3 }, { mean: 0, deviation: 4 });
    for (const [a, b] of [
      [p, q],
      [full, other],
      [p, other],
      [full, q],
    ] as const) {
      expect(gaussianKl(a, b)).toBeCloseTo(kl, 12);
      expect(gaussianW2(a, b)).toBeCloseTo(Math.sqrt(4 + 4 + 1 + 1), 12);
    }
  });

  it("are invariant under rotations", () => {
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const turned = ({ mean: [a, b], covariance: [u, v] }: Gaussian) =>
      of(
        [c * a! - s * b!, s * a! + c * b!],
        [c * c * u! + s * s * v!, c * s * (u! - v!), c * s * (u! - v!), s * s * u! + c * c * v!],
      );
    const [p, q] = [of([1, -2], [4, 9]), of([3, 0], [1, 16])];
    expect(gaussianKl(turned(p), turned(q))).toBeCloseTo(gaussianKl(p, q), 12);
    expect(gaussianW2(turned(p), turned(q))).toBeCloseTo(gaussianW2(p, q), 12);
  });

  it("W2 takes singular covariances, and is 0 for equal sides", () => {
    const d = 12;
    const factor = normal(fold(key(1), "factor"), [d, 4]).data;
    const covariance = Array.from({ length: d * d }, (_, e) => {
      const [i, j] = [Math.floor(e / d), e % d];
      return [0, 1, 2, 3].reduce((sum, k) => sum + factor[4 * i + k]! * factor[4 * j + k]!, 0);
    });
    const zero = Array.from({ length: d }, () => 0);
    expect(gaussianW2(of(zero, covariance), of(zero, covariance))).toBeLessThan(1e-6);
    // The root of four times a covariance is twice its root.
    const stretched = covariance.map((value) => 4 * value);
    const trace = zero.reduce((sum, _, i) => sum + covariance[i * d + i]!, 0);
    expect(gaussianW2(of(zero, covariance), of(zero, stretched))).toBeCloseTo(Math.sqrt(trace), 6);
    expect(gaussianW2(of([0, 0], [0, 0]), of([3, 4], [0, 0]))).toBe(5);
    expect(() => gaussianKl(of(zero, covariance), of(zero, covariance))).toThrow("positive definite");
  });

  it("reject mismatched arguments", () => {
    expect(() => gaussianKl(of([0], [1]), of([0, 0], [1, 1]))).toThrow("means of the same length - got 1 and 2");
    expect(() => gaussianW2(of([0, 0], [1, 1, 1]), of([0, 0], [1, 1]))).toThrow(
      "must be [2] or [2, 2] - got 3 numbers",
    );
    expect(() => gaussianW2(of([0], [-1]), of([0], [1]))).toThrow("at least 0 - got -1");
    expect(() => gaussianKl(of([0], [0]), of([0], [1]))).toThrow("positive definite");
    expect(() => gaussianKl(of([Number.NaN], [1]), of([0], [1]))).toThrow("must be finite");
  });
});
