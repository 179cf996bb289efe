import { describe, expect, it } from "vitest";

import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { elbo, gradientVariance, nll } from "../../src/metrics/index.ts";

const array = (shape: number[], values: number[]): NdArray => ndarray("float64", shape, Float64Array.from(values));

describe("elbo", () => {
  const inputs = {
    recon: array([3], [10, 20, 30]),
    klPerLatent: array([3, 2], [1, 0, 2, 0, 3, 0]),
    mean: array([3, 2], [-1, 5, 0, 5, 1, 5]),
    dimensions: 4,
  };

  it("averages its terms", () => {
    const { value, stderr, n, details } = elbo.measure(inputs, {});
    expect([value, n]).toEqual([22, 3]);
    expect(stderr).toBeCloseTo(11 / Math.sqrt(3), 12);
    expect(details).toMatchObject({ recon: 20, kl: 2, activeUnits: 1, klPerLatent: [2, 0] });
    expect(details.bitsPerDim).toBeCloseTo(22 / Math.LN2 / 4, 12);
  });

  it("does not depend on the order of items, nor its value on duplicating them", () => {
    const order = [2, 0, 1];
    const rows = (a: NdArray, picks: number[]) => {
      const width = a.data.length / 3;
      return array(
        [picks.length, ...a.shape.slice(1)],
        picks.flatMap((i) => Array.from(a.data.subarray(i * width, (i + 1) * width))),
      );
    };
    const pick = (picks: number[]) => ({
      recon: rows(inputs.recon, picks),
      klPerLatent: rows(inputs.klPerLatent, picks),
      mean: rows(inputs.mean, picks),
      dimensions: 4,
    });
    expect(elbo.measure(pick(order), {}).value).toBeCloseTo(22, 12);
    const twice = elbo.measure(pick([0, 1, 2, 0, 1, 2]), {});
    expect(twice.value).toBeCloseTo(22, 12);
    expect(twice.stderr).toBeLessThan(elbo.measure(inputs, {}).stderr);
  });
});

describe("nll", () => {
  it("is the weight itself where all are equal", () => {
    const values = array([2, 3], [-5, -5, -5, -7, -7, -7]);
    const { value, details } = nll.measure({ values, dimensions: 2 }, { samples: 3 });
    expect(value).toBeCloseTo(6, 12);
    expect(details.effectiveSamples).toBeCloseTo(3, 12);
  });

  it("finds the likelihood of a model whose likelihood is known", () => {
    // z ~ N(0, 1), x | z ~ N(z, 1), draws from the prior: the weights are p(x | z), and p(x) = N(x; 0, 2).
    const [n, k] = [200, 2000];
    const x = normal(key(1), [n]).data.map((value) => value * Math.SQRT2);
    const z = normal(key(2), [n, k]).data;
    const values = array(
      [n, k],
      Array.from(z, (draw, i) => -0.5 * (Math.log(2 * Math.PI) + (x[Math.floor(i / k)]! - draw) ** 2)),
    );
    const truth = Array.from(x, (value) => 0.5 * (Math.log(4 * Math.PI) + value ** 2 / 2));
    const { value } = nll.measure({ values, dimensions: 1 }, { samples: k });
    expect(value).toBeCloseTo(truth.reduce((sum, each) => sum + each, 0) / n, 1);
  });
});

describe("gradient-variance", () => {
  const own = {
    mean: array([2], [3, 4]),
    variance: array([2], [1, 4]),
    halfDistances: Float64Array.of(4, 6),
    draws: 1000,
  };
  const options = { net: "encoder", draws: 1000, batch: 1 };

  it("is the trace of the covariance", () => {
    const { value, details } = gradientVariance.measure({ own }, options);
    expect(value).toBe(5);
    expect(details).toMatchObject({ parameters: 2, meanVariance: 2.5, medianSignalToNoise: 3 });
    const norm = Math.sqrt(25 - 5 / 1000);
    expect(details.gradientNorm).toBeCloseTo(norm, 12);
    expect(details.signalToNoise).toBeCloseTo(norm / Math.sqrt(5), 12);
    expect(details.drawNorm).toBeCloseTo(Math.sqrt(norm ** 2 + 5), 12);
  });

  it("measures another estimator next to it", () => {
    const beside = { ...own, variance: array([2], [4, 16]), halfDistances: Float64Array.of(16, 24) };
    const { value, details } = gradientVariance.measure({ own, beside }, options);
    expect([value, details.besideVariance, details.ratio]).toEqual([5, 20, 4]);
    expect(details).toMatchObject({ medianSignalToNoise: 3, besideMedianSignalToNoise: 1.5 });
  });
});
