import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { integers, key, normal } from "../../src/base/random.ts";
import { boostedTrees } from "../../src/numeric/boosted-trees.ts";
import { linearSvm } from "../../src/numeric/linear-svm.ts";
import { logisticRegression } from "../../src/numeric/logistic-regression.ts";
import { minimize } from "../../src/numeric/newton.ts";
import { rankFeatures } from "../../src/numeric/feature-ranks.ts";
import "../tolerance.ts";

describe("minimize", () => {
  it("finds the minimum of x^4 + e^y - y from afar, where full steps diverge", () => {
    const found = minimize(
      Float64Array.of(3, -6),
      ([x, y]) => ({
        loss: x! ** 4 + Math.exp(y!) - y!,
        gradient: Float64Array.of(4 * x! ** 3, Math.exp(y!) - 1),
        second: [12 * x! ** 2, Math.exp(y!)],
      }),
      ({ gradient, second }) => gradient.map((entry, i) => entry / second[i]!),
      1e-12,
    );
    expect(found).toBeAllclose([0, 0], { relative: 0, absolute: 1e-3 });
  });
});

describe("logisticRegression", () => {
  it("has zero gradient in every weight: W = sum over items of (label - p) x, and residuals sum to 0", () => {
    const [n, d, classes] = [120, 3, 4];
    const x = Float64Array.from(normal(key(1), [n, d]).data);
    const labels = integers(key(2), n, classes);
    const { weights } = logisticRegression(ndarray("float64", [n, d], x), labels, classes);
    const left = weights.data.map((w, i) => (i % (d + 1) === d ? 0 : w));
    for (let i = 0; i < n; i++) {
      const row = [...x.subarray(i * d, (i + 1) * d), 1];
      const scores = Array.from({ length: classes }, (_, c) =>
        Math.exp(row.reduce((sum, value, j) => sum + value * weights.data[c * (d + 1) + j]!, 0)),
      );
      const total = scores.reduce((a, b) => a + b);
      scores.forEach((score, c) =>
        row.forEach((value, j) => (left[c * (d + 1) + j]! += (score / total - Number(labels[i] === c)) * value)),
      );
    }
    expect(left).toBeAllclose(new Float64Array(left.length), { relative: 0, absolute: 1e-6 });
  });

  it("separates linearly separable classes", () => {
    const x = ndarray("float64", [6, 1], Float64Array.of(-3, -2.5, 0, 0.2, 5, 6));
    const labels = Int32Array.of(0, 0, 2, 2, 1, 1);
    expect([...logisticRegression(x, labels, 3).predict(x)]).toEqual([...labels]);
  });
});

describe("linearSvm", () => {
  it("finds the boundary between two classes, even if one is rare", () => {
    const values = Float64Array.from({ length: 200 }, (_, i) => (i < 10 ? 2 + i / 100 : -2 - i / 100));
    const labels = Int32Array.from(values, (value) => (value > 0 ? 4 : 1));
    const classify = linearSvm(values, labels, 1);
    expect([...classify(Float64Array.of(2, 1, -1, -2))]).toEqual([4, 4, 1, 1]);
  });

  it("is symmetric under reflection", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: -3, max: 3, noNaN: true }), fc.nat(2)), { minLength: 3 }),
        (pairs) => {
          const values = Float64Array.from(pairs, ([value]) => value);
          const labels = Int32Array.from(pairs, ([, label]) => label);
          const mirrored = values.map((value) => -value);
          expect([...linearSvm(mirrored, labels, 0.1)(mirrored)]).toEqual([...linearSvm(values, labels, 0.1)(values)]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("predicts only classes that it has seen", () => {
    expect([...linearSvm(Float64Array.of(1, 2), Int32Array.of(3, 3), 1)(Float64Array.of(-9, 9))]).toEqual([3, 3]);
  });
});

describe("boostedTrees", () => {
  const grid = Array.from({ length: 64 }, (_, i) => [i % 4, (i >> 2) % 4, (i >> 4) % 4]);
  const features = ndarray("float64", [64, 3], Float64Array.from(grid.flat()));

  it("learns an interaction of two features, and identifies them", () => {
    const labels = Int32Array.from(
      grid,
      ([a, b]) => Number(a! >= 2) + Number(b! >= 2) - 2 * Number(a! >= 2 && b! >= 2),
    );
    const { importances, predict } = boostedTrees(features, labels);
    expect([...predict(features)]).toEqual([...labels]);
    expect(importances[2]).toBeLessThan(0.02);
    expect(importances.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it("splits half way between values, even if a bin is empty in a node", () => {
    const labels = Int32Array.from(grid, ([a]) => (a! >= 2 ? 7 : 5));
    const { predict, importances } = boostedTrees(features, labels);
    const near = ndarray("float64", [2, 3], Float64Array.of(1.49, 0, 0, 1.51, 0, 0));
    expect([...predict(near)]).toEqual([5, 7]);
    expect([...importances]).toEqual([1, 0, 0]);
  });

  it("does not split if all labels or all features are equal", () => {
    const same = boostedTrees(features, new Int32Array(64).fill(2));
    expect([...same.importances]).toEqual([0, 0, 0]);
    expect([...same.predict(features)]).toEqual(Array.from({ length: 64 }, () => 2));
    const flat = boostedTrees(ndarray("float64", [4, 1], new Float64Array(4)), Int32Array.of(0, 1, 1, 1));
    expect([...flat.predict(ndarray("float64", [1, 1], Float64Array.of(3)))]).toEqual([1]);
    expect([...flat.importances]).toEqual([0]);
  });
});

describe("rankFeatures", () => {
  it("replaces each value by its rank among the distinct ones", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 600 }), (values) => {
        const [{ ranks, values: distinct }] = rankFeatures(
          ndarray("float64", [values.length, 1], Float64Array.from(values)),
        ) as [ReturnType<typeof rankFeatures>[number]];
        // 0 and -0 are one value.
        expect([...ranks].map((rank) => distinct[rank]! + 0)).toEqual(values.map((value) => value + 0));
        for (let rank = 1; rank < distinct.length; rank++) expect(distinct[rank]!).toBeGreaterThan(distinct[rank - 1]!);
      }),
      { numRuns: 50 },
    );
  });
});
