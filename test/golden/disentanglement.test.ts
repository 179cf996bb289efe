import { describe, expect, it } from "vitest";

import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { key } from "../../src/base/random.ts";
import { meanDistances } from "../../src/metrics/beta-vae-score.ts";
import { concentration, predictFactor, weighted } from "../../src/metrics/dci.ts";
import { factorCodes } from "../../src/metrics/factor-codes.ts";
import type { FactorGroups } from "../../src/metrics/factor-groups.ts";
import { majorityVotes } from "../../src/metrics/factor-vae-score.ts";
import { logisticRegression } from "../../src/numeric/logistic-regression.ts";
import { informationGaps, mig } from "../../src/metrics/mig.ts";
import { hitsOf } from "../../src/metrics/sap.ts";
import { type Result, readGolden, resultArray } from "./golden.ts";
import "../tolerance.ts";

interface Groups {
  readonly factors: readonly number[];
  readonly items: Result;
}

interface Golden {
  readonly codes: Result;
  readonly factors: Result;
  readonly sizes: readonly number[];
  readonly mig: { readonly gaps: Result; readonly score: number };
  readonly sap: { readonly accuracy: Result; readonly score: number };
  readonly dci: {
    readonly importances: Result;
    readonly accuracies: Result;
    readonly disentanglement: number;
    readonly completeness: number;
    readonly informativeness: number;
  };
  readonly factorVae: {
    readonly train: Groups;
    readonly test: Groups;
    readonly correct: readonly number[];
    readonly active: number;
  };
  readonly betaVae: {
    readonly factors: readonly number[];
    readonly first: Result;
    readonly second: Result;
    readonly features: Result;
    readonly weights: Result;
    readonly intercepts: Result;
    readonly predicted: readonly number[];
  };
}

const golden = readGolden<Golden>("disentanglement");
const whole = ({ shape, values }: Result): NdArray<"int32"> => ndarray("int32", shape, Int32Array.from(values));

const codes = resultArray(golden.codes);
const values = whole(golden.factors);
const [n, d] = codes.shape as [number, number];
const inputs = factorCodes({ codes, values, names: ["a", "b", "c"], sizes: golden.sizes, key: key(0) });
const [train, test] = [300, 150];

describe("disentanglement metrics against numpy, scipy and scikit-learn", () => {
  it("MIG", () => {
    expect(informationGaps(codes, values, n)()).toBeAllclose(golden.mig.gaps.values, { relative: 1e-8 });
    expect(mig.measure(inputs, { points: n }).value).toBeCloseTo(golden.mig.score, 8);
  });

  it("SAP: every classifier is right as often", () => {
    const accuracy = Array.from({ length: 3 }, (_, k) =>
      hitsOf(inputs, k, train, test).map((hits) => hits.reduce((sum, hit) => sum + hit, 0) / test),
    );
    for (let j = 0; j < d; j++) {
      for (let k = 0; k < 3; k++)
        expect(accuracy[k]![j], `code ${j}, factor ${k}`).toBeCloseTo(golden.sap.accuracy.values[3 * j + k]!, 8);
    }
  });

  it("DCI: importances and accuracies of the trees, and what is made of them", () => {
    const predicted = [0, 1, 2].map((k) => predictFactor(inputs, k, train, test));
    const importances = Float64Array.from(
      { length: 3 * d },
      (_, i) => predicted[i % 3]!.importances[(i - (i % 3)) / 3]!,
    );
    // Of splits that are equally good it takes one by chance, and here the first wins: other seeds there move as far.
    expect(importances).toBeAllclose(golden.dci.importances.values, { relative: 0.004 });
    predicted.forEach(({ accuracy }, k) => expect(accuracy).toBeCloseTo(golden.dci.accuracies.values[k]!, 1));

    const theirs = Array.from({ length: 3 }, (_, k) =>
      Float64Array.from({ length: d }, (_, j) => golden.dci.importances.values[3 * j + k]!),
    );
    const byCode = Array.from({ length: d }, (_, j) => Float64Array.from(theirs, (share) => share[j]!));
    expect(weighted(byCode)).toBeCloseTo(golden.dci.disentanglement, 6);
    expect(weighted(theirs)).toBeCloseTo(golden.dci.completeness, 6);
    expect(concentration(Float64Array.of(1, 0, 0))).toBeCloseTo(1, 6);
  });

  it("FactorVAE score: each vote of the same groups", () => {
    const groups = ({ factors, items }: Groups): FactorGroups => ({
      factors: Int32Array.from(factors),
      items: whole(items),
    });
    const { train: learnt, test: tested, correct, active } = golden.factorVae;
    const found = majorityVotes(codes, groups(learnt), groups(tested), 3);
    expect([...found.correct]).toEqual(correct);
    expect(found.active).toBe(active);
  });

  it("beta-VAE score: distances of the same pairs, and the classifier's weights", () => {
    const { factors, first, second, features, weights, intercepts, predicted } = golden.betaVae;
    const labels = Int32Array.from(factors);
    const distances = meanDistances(codes, { factors: labels, first: whole(first), second: whole(second) });
    expect(distances).toBeAllclose(features.values, { relative: 1e-8 });
    const classifier = logisticRegression(distances, labels, 3);
    const entries = [...classifier.weights.data];
    const own = entries.filter((_, i) => i % (d + 1) < d);
    const free = entries.filter((_, i) => i % (d + 1) === d);
    const mean = free.reduce((sum, b) => sum + b, 0) / free.length;
    expect(own).toBeAllclose(weights.values, { relative: 1e-5 });
    expect(free.map((b) => b - mean)).toBeAllclose(intercepts.values, { relative: 1e-5 });
    expect([...classifier.predict(distances)]).toEqual(predicted);
  });
});
