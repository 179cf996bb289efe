import { beforeAll, describe, expect, it } from "vitest";

import { key, uniform } from "../../src/base/random.ts";
import { arrayDataset } from "../../src/data/array-dataset.ts";
import { monteCarlo } from "../../src/estimators/index.ts";
import { nodeEngine } from "../../src/node/index.ts";
import {
  type Sweep,
  exactGradient,
  gumbelTemperatureRow as row,
  toy,
  toyGradients,
  valuesOf,
} from "../../src/repro/gumbel-temperature.ts";
import type { Engine } from "../../src/runtime/index.ts";
import { integral } from "../distributions/integral.ts";
import "../tolerance.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine({ device: "cpu" });
});

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Mean and variance of the gradient by quadrature: y = sigmoid(x / t), x = theta plus a logistic number. */
function moments(estimator: "soft" | "straight", t: number): { mean: number; variance: number } {
  const density = (x: number) => sigmoid(x - toy.theta) * (1 - sigmoid(x - toy.theta));
  const gradient = (x: number) => {
    const y = sigmoid(x / t);
    const seen = estimator === "soft" ? y : x > 0 ? 1 : 0;
    return (4 * (seen - toy.target) ** 3 * y * (1 - y)) / t;
  };
  // Apart on either side of the tie, where the straight-through gradient jumps.
  const reach = 40 * Math.max(t, 1);
  const whole = (f: (x: number) => number) => integral(f, -reach, -1e-12, 40_000) + integral(f, 1e-12, reach, 40_000);
  const mean = whole((x) => gradient(x) * density(x));
  return { mean, variance: whole((x) => gradient(x) ** 2 * density(x)) - mean ** 2 };
}

describe("gradients of a choice of two", () => {
  it.each([2, 0.5, 0.1])("at temperature %s have the mean and variance of the integrals", async (t) => {
    for (const estimator of ["soft", "straight"] as const) {
      const gradients = await toyGradients({ engine }, estimator, t, 100_000);
      const exact = moments(estimator, t);
      const { mean, stderr } = monteCarlo(gradients);
      expect(Math.abs(mean - exact.mean)).toBeLessThan(4 * stderr);
      const squares = monteCarlo(gradients.map((value) => (value - exact.mean) ** 2));
      expect(Math.abs(squares.mean - exact.variance)).toBeLessThan(4 * squares.stderr);
    }
  });

  it("lose their bias as the temperature decreases, except straight-through ones; the variance grows as 1 / t", () => {
    const { mean, variance } = moments("soft", 0.005);
    expect(mean).toBeAllclose(exactGradient(toy), { relative: 0.01 });
    expect(variance / moments("soft", 0.01).variance).toBeCloseTo(2, 1);
    // p (1 - p) times the mean of the slopes at both ends, 4 (1 - target)^3 and -4 target^3.
    const p = sigmoid(toy.theta);
    const left = p * (1 - p) * 2 * ((1 - toy.target) ** 3 - toy.target ** 3);
    expect(moments("straight", 0.005).mean).toBeAllclose(left, { relative: 0.01 });
  });
});

describe("the criterion of gumbel-temperature", () => {
  const estimates = (values: number[]) => values.map((value) => ({ value, stderr: 0.001 }));
  const rising = estimates([1, 4, 16, 80, 800]);
  const sweep = (changes: Partial<Sweep> = {}): Sweep => ({
    bias: estimates([-0.1, -0.05, 0.02, 0.01, 0]),
    toyVariance: rising,
    modelVariance: rising,
    modelNorm: [1, 2, 3, 4, 5],
    ...changes,
  });
  const straight = sweep({ bias: estimates([0.1, 0.2, 0.1, 0.1, 0.1]) });

  const isMet = (sweeps: Parameters<typeof valuesOf>[0]): boolean => row.verdict(valuesOf(sweeps), "full").passed;

  it("requires increasing variances, a decreasing bias, and one that remains", () => {
    expect(isMet({ soft: sweep(), straight })).toBe(true);
    const flat = estimates([1, 4, 16, 80, 80]);
    expect(isMet({ soft: sweep({ modelVariance: flat }), straight })).toBe(false);
    expect(isMet({ soft: sweep(), straight: { ...straight, toyVariance: flat } })).toBe(false);
    expect(isMet({ soft: sweep({ bias: estimates([0.1, 0.05, -0.06, 0, 0]) }), straight })).toBe(false);
    expect(isMet({ soft: sweep(), straight: sweep() })).toBe(false);
  });

  it("is met by the row itself, on few images", async () => {
    const items = (count: number) =>
      arrayDataset({ name: "noise", kind: "image", items: uniform(key(count), [count, 6, 6, 1]) });
    const open = async () => ({ train: items(400), test: items(100) });
    const { values, pictures } = await row.run({
      scale: "quick",
      engine,
      open,
      say: () => undefined,
      diagnosed: () => undefined,
    });
    expect(row.verdict(values, "quick").passed).toBe(true);
    expect(values["softNormTau0.01"]!).toBeGreaterThan(values["softNormTau0.5"]!);
    // Between neighbours at the cold end, where ties are what counts.
    expect(values.softModelExponentCold!).toBeGreaterThan(-1.4);
    expect(values.softModelExponentCold!).toBeLessThan(-0.6);
    expect(Object.keys(pictures!)).toEqual(["variance", "bias"]);
  });
});
