import { describe, expect, it } from "vitest";

import { finiteDifference, grad } from "../../src/autodiff/index.ts";
import { type NdArray, fromNumbers } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import {
  normalEntropy,
  normalKl,
  normalKlTerms,
  normalLogProb,
  perItem,
  sampleNormal,
  standardNormalLogProb,
} from "../../src/distributions/index.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, constant, input } from "../../src/graph/tensor.ts";
import { sum } from "../../src/ops/index.ts";
import "../tolerance.ts";
import { integral } from "./integral.ts";

const run = (y: Tensor, feeds: Readonly<Record<string, NdArray>> = {}) => evaluate([y], feeds)[0]!;
const fixed = (values: number[], shape = [values.length]) => constant(fromNumbers(values, shape));

const [mean, logVariance] = [0.75, -0.5];
const variance = Math.exp(logVariance);
const density = (x: number, m = mean, v = variance) => Math.exp(-((x - m) ** 2) / (2 * v)) / Math.sqrt(2 * Math.PI * v);
const one = { mean: fixed([mean], [1, 1]), logVariance: fixed([logVariance], [1, 1]) };
/** Another one, and both side by side: items of two dimensions. */
const other = { mean: fixed([-0.25], [1, 1]), logVariance: fixed([0.25], [1, 1]) };

describe("normalLogProb", () => {
  it("is the logarithm of the density, summed over an item", () => {
    const x = [-2, 0, 0.75, 3];
    const grid = normalLogProb({ mean: fixed([mean]), logVariance: fixed([logVariance]) }, fixed(x, [4, 1]));
    expect(grid.shape).toEqual([4]);
    expect(run(grid).data).toBeAllclose(
      x.map((value) => Math.log(density(value))),
      { relative: 1e-7 },
    );
    const pairs = normalLogProb({ mean: fixed([mean]), logVariance: fixed([logVariance]) }, fixed(x, [2, 2]));
    expect(run(pairs).data).toBeAllclose(
      [0, 2].map((i) => Math.log(density(x[i]!)) + Math.log(density(x[i + 1]!))),
      { relative: 1e-7 },
    );
  });

  it("accepts one variance for all, and draws of a batch before the batch", () => {
    const x = normal(key(1), [5, 2, 3]);
    const m = normal(key(2), [2, 3]);
    const both = normalLogProb({ mean: constant(m), logVariance: fixed([logVariance], []) }, constant(x), 2);
    expect(both.shape).toEqual([5, 2]);
    const expected = Array.from({ length: 10 }, (_, i) =>
      [0, 1, 2].reduce((total, d) => total + Math.log(density(x.data[3 * i + d]!, m.data[3 * (i % 2) + d]!)), 0),
    );
    expect(run(both).data).toBeAllclose(expected, { relative: 1e-6 });
  });

  it("of the standard normal is that of mean 0 and variance 1", () => {
    const x = constant(normal(key(3), [4, 3]));
    const zero = { mean: fixed([0], []), logVariance: fixed([0], []) };
    expect(run(standardNormalLogProb(x))).toBeAllclose(run(normalLogProb(zero, x)), { relative: 1e-12 });
    expect(standardNormalLogProb(constant(normal(key(3), [5, 4, 3])), 2).shape).toEqual([5, 4]);
  });

  it("has gradients that agree with finite differences", () => {
    const tensors = { m: input("m", [2, 3]), v: input("v", [2, 3]), x: input("x", [2, 3]) };
    const feeds = Object.fromEntries(Object.keys(tensors).map((name, i) => [name, normal(key(i), [2, 3])]));
    const total = sum(normalLogProb({ mean: tensors.m, logVariance: tensors.v }, tensors.x));
    Object.entries(tensors).forEach(([name, tensor]) => {
      expect(run(grad(total, [tensor])[0]!, feeds), name).toBeAllclose(finiteDifference(total, feeds, name), {
        relative: 1e-7,
      });
    });
  });
});

describe("normalEntropy", () => {
  it("is minus the mean of the log density", () => {
    const expected = integral((x) => -density(x) * Math.log(density(x)), -12, 12);
    expect(run(normalEntropy(one)).data).toBeAllclose([expected], { relative: 1e-6 });
  });
});

describe("the divergence", () => {
  it("from the standard normal is that of the integral, dimension by dimension", () => {
    const expected = integral((x) => density(x) * Math.log(density(x) / density(x, 0, 1)), -12, 12);
    expect(run(normalKlTerms(one)).data).toBeAllclose([expected], { relative: 1e-6 });
    expect(normalKlTerms({ mean: input("m", ["n", 4]), logVariance: input("v", ["n", 4]) }).shape).toEqual(["n", 4]);
  });

  it("between two normals is that of the integral, and zero of one from itself", () => {
    const q = (x: number) => density(x, -0.25, Math.exp(0.25));
    const expected = integral((x) => density(x) * Math.log(density(x) / q(x)), -12, 12);
    expect(run(normalKl(one, other)).data).toBeAllclose([expected], { relative: 1e-6 });
    expect(run(normalKl(one, one)).data[0]).toBe(0);
    const standard = { mean: fixed([0], [1, 1]), logVariance: fixed([0], [1, 1]) };
    expect(run(normalKl(one, standard))).toBeAllclose(run(perItem(normalKlTerms(one))), { relative: 1e-9 });
  });

  it("agrees with draws: the mean of log p - log q", () => {
    const n = 20_000;
    const z = sampleNormal(one, constant(normal(key(5), [n, 1])));
    const ratios = evaluate([normalLogProb(one, z), normalLogProb(other, z)]);
    const terms = Array.from(ratios[0]!.data, (value, i) => value - ratios[1]!.data[i]!);
    const average = terms.reduce((total, value) => total + value, 0) / n;
    const deviation = Math.sqrt(terms.reduce((total, value) => total + (value - average) ** 2, 0) / n);
    expect(average).toBeAllclose(run(normalKl(one, other)).data[0]!, {
      relative: 0,
      absolute: (4 * deviation) / Math.sqrt(n),
    });
  });
});

describe("sampleNormal", () => {
  it("has the requested mean and deviation, and propagates both gradients", () => {
    const n = 20_000;
    const [m, v] = [input("m", [1]), input("v", [1])];
    const noise = normal(key(6), [n, 1]);
    const z = sampleNormal({ mean: m, logVariance: v }, constant(noise));
    const feeds = { m: fromNumbers([mean]), v: fromNumbers([logVariance]) };
    const drawn = run(z, feeds).data;
    const average = drawn.reduce((total, value) => total + value, 0) / n;
    expect(average).toBeAllclose(mean, { relative: 0, absolute: 4 * Math.sqrt(variance / n) });
    expect(drawn.reduce((total, value) => total + (value - average) ** 2, 0) / n).toBeAllclose(variance, {
      relative: 4 * Math.sqrt(2 / n),
    });
    const [dm, dv] = evaluate(grad(sum(z), [m, v]), feeds);
    expect(dm!.data[0]).toBe(n);
    const expected = noise.data.reduce((total, value) => total + 0.5 * Math.exp(logVariance / 2) * value, 0);
    expect(dv!.data[0]).toBeAllclose(expected, { relative: 1e-6, absolute: 1e-6 });
  });
});
