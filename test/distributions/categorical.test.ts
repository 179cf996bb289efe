import { describe, expect, it } from "vitest";

import { finiteDifference, grad } from "../../src/autodiff/index.ts";
import { type NdArray, fromNumbers, ndarray } from "../../src/base/ndarray.ts";
import { key, uniform } from "../../src/base/random.ts";
import {
  categoricalKlTerms,
  categoricalLogProb,
  gumbelNoise,
  relaxedKlTerms,
  relaxedLogDensity,
  sampleCategorical,
  sampleGumbelSoftmax,
  sampleLogGumbelSoftmax,
} from "../../src/distributions/index.ts";
import { monteCarlo } from "../../src/estimators/index.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, constant, input } from "../../src/graph/tensor.ts";
import { exp, sum } from "../../src/ops/index.ts";
import "../tolerance.ts";
import { integral } from "./integral.ts";

const run = (y: Tensor, feeds: Readonly<Record<string, NdArray>> = {}) => evaluate([y], feeds)[0]!;
const logits = [0.5, -1, 1.25];
const total = logits.reduce((sum, l) => sum + Math.exp(l), 0);
const probabilities = logits.map((l) => Math.exp(l) / total);
const fixed = (values: number[], shape = [values.length]) => constant(fromNumbers(values, shape));
const n = 30_000;

describe("gumbelNoise", () => {
  it("has the mean and variance of a Gumbel distribution, and is finite at both ends", () => {
    const drawn = run(gumbelNoise(constant(uniform(key(1), [n])))).data;
    const average = drawn.reduce((sum, value) => sum + value, 0) / n;
    const variance = drawn.reduce((sum, value) => sum + (value - average) ** 2, 0) / n;
    expect(average).toBeAllclose(0.5772156649, { relative: 0, absolute: (4 * Math.PI) / Math.sqrt(6 * n) });
    expect(variance).toBeAllclose(Math.PI ** 2 / 6, { relative: 0.05 });
    expect(run(gumbelNoise(fixed([0, 1 - 2 ** -24, 1]))).data.every(Number.isFinite)).toBe(true);
  });
});

describe("sampleCategorical", () => {
  it("draws one-hot vectors with the given probabilities", () => {
    const drawn = run(sampleCategorical(fixed(logits), constant(uniform(key(2), [n, 3]))));
    expect(drawn.shape).toEqual([n, 3]);
    probabilities.forEach((p, i) => {
      const share = drawn.data.filter((_, at) => at % 3 === i).reduce((sum, value) => sum + value, 0) / n;
      expect(share).toBeAllclose(p, { relative: 0, absolute: 4 * Math.sqrt((p * (1 - p)) / n) });
    });
    expect(drawn.data.reduce((sum, value) => sum + value, 0)).toBe(n);
  });
});

describe("Gumbel-Max", () => {
  it.each([
    ["even", Array.from({ length: 10 }, () => 0), 5],
    ["uneven", [2, 1, 0.5, 0, -0.5, -1, -1.5, -2, -3, -4], 6],
    ["certain but for one in a thousand", [7, 0, 0, 0, 0, 0, 0, 0, 0, 0], 7],
  ])("draws categories with the right frequencies: Pearson's chi-square, %s", (_, chosen, seed) => {
    const draws = 100_000;
    const counts = run(
      sum(sampleCategorical(fixed(chosen), constant(uniform(key(seed), [draws, 10]))), { axes: [0] }),
    ).data;
    const mass = chosen.reduce((all, l) => all + Math.exp(l), 0);
    const statistic = chosen.reduce((all, l, i) => {
      const expected = (draws * Math.exp(l)) / mass;
      return all + (counts[i]! - expected) ** 2 / expected;
    }, 0);
    // 9 degrees of freedom: a thousandth lies above.
    expect(statistic).toBeLessThan(27.877);
    expect(statistic).toBeGreaterThan(0.5);
  });
});

describe("sampleGumbelSoftmax", () => {
  const rows = (temperature: number) => {
    const drawn = sampleGumbelSoftmax(fixed(logits), constant(uniform(key(3), [200, 3])), fixed([temperature], []));
    const { data } = run(drawn);
    return Array.from({ length: 200 }, (_, i) => Array.from(data.subarray(3 * i, 3 * i + 3)));
  };

  it("lies inside the simplex when warm, at its corners when cold", () => {
    const [warm, cold] = [rows(5), rows(0.01)];
    for (const row of [...warm, ...cold])
      expect(row.reduce((sum, value) => sum + value, 0)).toBeAllclose(1, { relative: 1e-12 });
    expect(warm.every((row) => row.every((value) => value > 0.01 && value < 0.99))).toBe(true);
    expect(cold.filter((row) => Math.max(...row) > 0.99).length).toBeGreaterThan(180);
  });

  it("has its maximum at the category of the exact draw", () => {
    const noise = constant(uniform(key(4), [500, 3]));
    const [hard, soft] = evaluate([
      sampleCategorical(fixed(logits), noise),
      sampleGumbelSoftmax(fixed(logits), noise, fixed([0.7], [])),
    ]);
    for (let row = 0; row < 500; row++) {
      const [h, s] = [hard!, soft!].map(({ data }) => Array.from(data.subarray(3 * row, 3 * row + 3)));
      expect(h!.indexOf(1)).toBe(s!.indexOf(Math.max(...s!)));
    }
  });
});

describe("categoricalLogProb", () => {
  it("is the logarithm of the probability, summed over several variables of an item", () => {
    const x = fixed([1, 0, 0, 0, 0, 1], [1, 2, 3]);
    const value = categoricalLogProb(fixed([...logits, ...logits], [1, 2, 3]), x);
    expect(value.shape).toEqual([1]);
    expect(run(value).data).toBeAllclose([Math.log(probabilities[0]!) + Math.log(probabilities[2]!)], {
      relative: 1e-9,
    });
  });
});

describe("categoricalKlTerms", () => {
  it("is the sum over categories, 0 for the uniform distribution and log k for a certain one", () => {
    const expected = probabilities.reduce((sum, p) => sum + p * Math.log(p * 3), 0);
    const rows = fixed([...logits, 2, 2, 2, 90, 0, 0], [3, 3]);
    expect(run(categoricalKlTerms(rows)).data).toBeAllclose([expected, 0, Math.log(3)], { relative: 1e-7 });
  });
});

describe("relaxedLogDensity", () => {
  it("integrates to one over the simplex of two categories", () => {
    for (const temperature of [0.75, 1.5]) {
      const t = constant(ndarray("float32", [], Float32Array.of(temperature)));
      const pieces = 4000;
      // In u = log(y / (1 - y)), where the density of y times y (1 - y) has no singular ends.
      const y = (u: number) => 1 / (1 + Math.exp(-u));
      const points = Float64Array.from({ length: pieces + 1 }, (_, i) => -60 + (120 * i) / pieces);
      const logY = Float64Array.from([...points].flatMap((u) => [-Math.log1p(Math.exp(-u)), -Math.log1p(Math.exp(u))]));
      const density = run(relaxedLogDensity(fixed([0.5, -0.75]), input("y", [pieces + 1, 2]), t), {
        y: ndarray("float64", [pieces + 1, 2], logY),
      }).data;
      const at = (u: number) => Math.round(((u + 60) * pieces) / 120);
      const mass = integral((u) => Math.exp(density[at(u)]!) * y(u) * (1 - y(u)), -60, 60, pieces);
      expect(mass).toBeAllclose(1, { relative: 1e-5 });
    }
  });

  it("equals the density written out as products, with separate logits for each item", () => {
    const rows = [
      { l: [1.5, -0.5, 0.25, 0], y: [0.1, 0.2, 0.3, 0.4] },
      { l: [0, 1, -2, 0.5], y: [0.7, 0.1, 0.15, 0.05] },
    ];
    const temperature = 0.75;
    // Gamma(k) t^(k-1) (sum p_i y_i^-t)^-k prod p_i y_i^(-t-1), with Gamma(4) = 6
    const expected = rows.map(({ l, y }) => {
      const mass = l.reduce((all, each) => all + Math.exp(each), 0);
      const powers = y.map((value, i) => (Math.exp(l[i]!) / mass) * value ** -temperature);
      const product = powers.reduce((all, power, i) => all * (power / y[i]!), 1);
      const total = powers.reduce((all, power) => all + power, 0);
      return Math.log(6 * temperature ** 3 * total ** -4 * product);
    });
    const of = (values: number[][]) => fixed(values.flat(), [2, 4]);
    const logY = of(rows.map(({ y }) => y.map(Math.log)));
    const found = run(relaxedLogDensity(of(rows.map(({ l }) => l)), logY, fixed([temperature], [])));
    expect(found.shape).toEqual([2]);
    expect(found.data).toBeAllclose(expected, { relative: 1e-6 });
  });

  it("has a gradient that agrees with finite differences", () => {
    const [l, t] = [input("l", [3]), input("t", [])];
    const logY = constant(fromNumbers([0.2, 0.5, 0.3].map(Math.log), [1, 3]));
    const feeds = { l: fromNumbers(logits), t: fromNumbers([0.8], []) };
    const value = sum(relaxedLogDensity(l, logY, t));
    for (const [name, tensor] of Object.entries({ l, t })) {
      expect(run(grad(value, [tensor])[0]!, feeds), name).toBeAllclose(finiteDifference(value, feeds, name), {
        relative: 1e-7,
      });
    }
  });
});

describe("relaxedKlTerms", () => {
  const three = [1.5, -0.5, 0.25];
  const at = (temperature: number) => fixed([temperature], []);

  /** Mean and standard error over draws from logits, on the engine's path: drawn and judged in log space. */
  function divergence(own: number[], temperature: number, draws: number) {
    const noise = constant(uniform(key(8), [draws, own.length]));
    const logY = sampleLogGumbelSoftmax(fixed(own), noise, at(temperature));
    return monteCarlo(run(relaxedKlTerms(fixed(own), logY, at(temperature))).data);
  }

  it("equals the logarithm of the ratio of both densities, written out as products", () => {
    const temperature = 0.75;
    const draws = 400;
    const noise = constant(uniform(key(6), [draws, 3]));
    const logY = sampleLogGumbelSoftmax(fixed(three), noise, at(temperature));
    const [terms, y] = evaluate([relaxedKlTerms(fixed(three), logY, at(temperature)), exp(logY)]);
    // Gamma(k) t^(k-1) (sum p_i y_i^-t)^-k prod p_i y_i^(-t-1)
    const density = (p: number[], row: number[]) => {
      const total = row.reduce((all, value, i) => all + p[i]! * value ** -temperature, 0);
      const product = row.reduce((all, value, i) => all * p[i]! * value ** (-temperature - 1), 1);
      return 2 * temperature ** 2 * total ** -3 * product;
    };
    const mass = three.reduce((all, l) => all + Math.exp(l), 0);
    const q = three.map((l) => Math.exp(l) / mass);
    const expected = Array.from({ length: draws }, (_, i) => {
      const row = Array.from(y!.data.subarray(3 * i, 3 * i + 3));
      return Math.log(density(q, row) / density([1 / 3, 1 / 3, 1 / 3], row));
    });
    expect(terms!.data).toBeAllclose(expected, { relative: 1e-6 });
  });

  it("is on average the closed form of two categories: that of logistic variables, m coth(m / 2) - 2", () => {
    for (const m of [0.5, 2, 6]) {
      const { mean, stderr } = divergence([m, 0], 0.6, n);
      const exact = m / Math.tanh(m / 2) - 2;
      expect(Math.abs(mean - exact)).toBeLessThan(4 * stderr);
      // More than the categories diverge by, and without their bound.
      expect(mean).toBeGreaterThan(run(categoricalKlTerms(fixed([m, 0]))).data[0]!);
    }
  });

  it("near equal logits is k^2 / (k + 1) times the divergence of the categories", () => {
    const small = [0.03, -0.03, 0.015, -0.015, 0, 0, 0.02, -0.02, 0.01, -0.01];
    const noise = constant(uniform(key(8), [10_000, 10]));
    // Of logits and of their negatives by the same noise: what is linear in them, and most of the noise, cancels.
    const [up, down] = evaluate(
      [small, small.map((value) => -value)].map((own) =>
        relaxedKlTerms(fixed(own), sampleLogGumbelSoftmax(fixed(own), noise, at(1)), at(1)),
      ),
    );
    const { mean, stderr } = monteCarlo(Float64Array.from(up!.data, (value, i) => (value + down!.data[i]!) / 2));
    const categories = run(categoricalKlTerms(fixed(small))).data[0]!;
    expect(stderr / categories).toBeLessThan(0.1);
    expect(Math.abs(mean - (100 / 11) * categories)).toBeLessThan(4 * stderr);
  });

  it("of the same noise is the same at every temperature, the coldest too", () => {
    const noise = constant(uniform(key(7), [50, 3]));
    const [warm, ...others] = evaluate(
      [1, 2, 0.1, 0.001].map((t) =>
        relaxedKlTerms(fixed(three), sampleLogGumbelSoftmax(fixed(three), noise, at(t)), at(t)),
      ),
    );
    for (const other of others) expect(other).toBeAllclose(warm!, { relative: 1e-5 });
  });

  it("has a gradient that agrees with finite differences, also through the draw", () => {
    const [l, t, noise] = [input("l", [3]), input("t", []), constant(uniform(key(9), [4, 3]))];
    const value = sum(relaxedKlTerms(l, sampleLogGumbelSoftmax(l, noise, t), t));
    const feeds = { l: fromNumbers(three), t: fromNumbers([0.3], []) };
    expect(run(grad(value, [l])[0]!, feeds)).toBeAllclose(finiteDifference(value, feeds, "l"), { relative: 1e-6 });
    expect(run(grad(value, [t])[0]!, feeds)).toBeAllclose([0], { relative: 0, absolute: 1e-6 });
  });
});
