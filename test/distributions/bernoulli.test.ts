import { describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { fromNumbers } from "../../src/base/ndarray.ts";
import { key, uniform } from "../../src/base/random.ts";
import { bernoulliEntropy, bernoulliLogProb, sampleBernoulli } from "../../src/distributions/index.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, constant, input } from "../../src/graph/tensor.ts";
import { emitOnnx } from "../../src/onnx/index.ts";
import { sub, sum } from "../../src/ops/index.ts";
import { runOnnx } from "../onnx-file.ts";
import "../tolerance.ts";

const run = (y: Tensor, feeds = {}) => evaluate([y], feeds)[0]!;
const fixed = (values: number[], shape = [values.length]) => constant(fromNumbers(values, shape));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const logits = [-3, -0.5, 0, 2];

describe("bernoulliLogProb", () => {
  it("is log p of ones and log (1 - p) of zeros, summed over an item", () => {
    const x = [1, 0, 1, 0];
    const expected = logits.map((l, i) => Math.log(x[i] === 1 ? sigmoid(l) : 1 - sigmoid(l)));
    expect(run(bernoulliLogProb(fixed(logits, [4, 1]), fixed(x, [4, 1]))).data).toBeAllclose(expected, {
      relative: 1e-12,
    });
    const images = bernoulliLogProb(fixed(logits, [1, 2, 2, 1]), fixed(x, [1, 2, 2, 1]));
    expect(images.shape).toEqual([1]);
    expect(run(images).data).toBeAllclose([expected.reduce((total, value) => total + value, 0)], { relative: 1e-12 });
  });

  it("is the expectation over binary draws for grey x", () => {
    const [l, grey] = [1.5, 0.25];
    const expected = grey * Math.log(sigmoid(l)) + (1 - grey) * Math.log(1 - sigmoid(l));
    expect(run(bernoulliLogProb(fixed([l], [1, 1]), fixed([grey], [1, 1]))).data).toBeAllclose([expected], {
      relative: 1e-7,
    });
  });

  it("stays finite for certain pixels, also in float32, and has the gradient x - p", async () => {
    const l = input("l", [6, 1]);
    const x = constant(fromNumbers([1, 0, 1, 0, 1, 0], [6, 1]));
    const value = bernoulliLogProb(l, x);
    const outputs = { value, slope: grad(sum(value), [l])[0]! };
    const feeds = { l: fromNumbers([200, -200, -200, 200, 0.5, 0.5], [6, 1]) };
    const expected = [0, 0, -200, -200, Math.log(sigmoid(0.5)), Math.log(1 - sigmoid(0.5))];
    const slopes = [0, 0, 1, -1, 1 - sigmoid(0.5), -sigmoid(0.5)];
    const [results] = await runOnnx(emitOnnx(outputs, { target: "training" }), feeds);
    for (const of of [evaluate(Object.values(outputs), feeds), Object.values(results!)]) {
      expect(of[0]!.data).toBeAllclose(expected, { relative: 1e-6 });
      expect(of[1]!.data).toBeAllclose(slopes, { relative: 1e-6 });
    }
  });

  it("counts draws before the batch", () => {
    expect(bernoulliLogProb(input("l", [5, 2, 3]), input("x", [2, 3]), 2).shape).toEqual([5, 2]);
  });
});

describe("bernoulliEntropy", () => {
  it("is the closed form", () => {
    const expected = logits.map(
      (l) => -sigmoid(l) * Math.log(sigmoid(l)) - (1 - sigmoid(l)) * Math.log(1 - sigmoid(l)),
    );
    expect(run(bernoulliEntropy(fixed(logits, [4, 1]))).data).toBeAllclose(expected, { relative: 1e-12 });
  });
});

describe("sampleBernoulli", () => {
  const n = 20_000;
  it("is 1 with the requested probability, never for 0 and always for 1", () => {
    const probabilities = [0, 0.2, 0.5, 1];
    const drawn = run(sampleBernoulli(fixed(probabilities), constant(uniform(key(1), [n, 4])))).data;
    probabilities.forEach((p, i) => {
      const share = drawn.filter((_, at) => at % 4 === i).reduce((total, value) => total + value, 0) / n;
      expect(share).toBeAllclose(p, { relative: 0, absolute: 4 * Math.sqrt((p * (1 - p)) / n) });
    });
  });

  it("passes no gradient", () => {
    const p = input("p", [3]);
    const [g] = grad(sum(sub(sampleBernoulli(p, input("u", [3])), 1)), [p]);
    expect([...run(g!).data]).toEqual([0, 0, 0]);
  });
});
