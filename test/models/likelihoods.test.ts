import { describe, expect, it } from "vitest";

import { key } from "../../src/base/random.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import { grad } from "../../src/autodiff/index.ts";
import { normal, uniform } from "../../src/base/random.ts";
import { normalKlTerms, normalLogProb } from "../../src/distributions/index.ts";
import { add, log, matmul, mean, mul, neg, slice, square, sub, sum, tanh } from "../../src/ops/index.ts";
import { constant } from "../../src/graph/tensor.ts";
import { scalar } from "../../src/base/ndarray.ts";

// One small VAE, written out: 6 pixels, 2 latents, linear encoder, tanh decoder, the same noise for every loss.

const [n, d, latent] = [5, 6, 2];
const x = input("x", [n, d]);
const noise = input("noise", [n, latent]);
const encoder = input("encoder", [d, 2 * latent]);
const decoder = input("decoder", [latent, d]);
const feeds = {
  x: uniform(key(1), [n, d]),
  noise: normal(key(2), [n, latent]),
  encoder: normal(key(3), [d, 2 * latent]),
  decoder: normal(key(4), [latent, d]),
};

const both = matmul(x, encoder);
const q = { mean: slice(both, 1, 0, latent), logVariance: slice(both, 1, latent, 2 * latent) };
const z = add(q.mean, mul(noise, 0.3));
const out = tanh(matmul(z, decoder));
const kl = mean(sum(normalKlTerms(q), { axes: [1] }));
const squares = sum(square(sub(x, out)), { axes: [1] });
const gaussian = (sigma2: number): Tensor =>
  add(neg(mean(normalLogProb({ mean: out, logVariance: constant(scalar(Math.log(sigma2))) }, x))), kl);

function gradients(loss: Tensor): number[] {
  return evaluate(grad(loss, [encoder, decoder]), feeds).flatMap(({ data }) => Array.from(data));
}

function expectSame(a: number[], b: number[]): void {
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i]!, 6));
}

describe("squared error and the gaussian likelihood", () => {
  it.each([0.1, 0.5, 2])("have the same gradients at weight 1 / (2 sigma^2), sigma^2 = %s", (sigma2) => {
    expectSame(gradients(add(mul(mean(squares), 1 / (2 * sigma2)), kl)), gradients(gaussian(sigma2)));
  });

  it("differ at any other weight", () => {
    const [a, b] = [gradients(add(mean(squares), kl)), gradients(gaussian(2))];
    expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))).toBeGreaterThan(0.05);
  });

  it("the mean over pixels is sigma^2 = D / 2: the KL weighs D times as much as with the sum", () => {
    const perPixel = gradients(add(mul(mean(squares), 1 / d), kl));
    expectSame(perPixel, gradients(gaussian(d / 2)));
    expectSame(
      perPixel.map((value) => value * d),
      gradients(add(mean(squares), mul(kl, d))),
    );
  });

  it("beta and sigma^2 are a single degree of freedom: beta = 2 sigma^2", () => {
    const sigma2 = 0.3;
    const weighted = gradients(add(mean(squares), mul(kl, 2 * sigma2)));
    expectSame(
      weighted,
      gradients(gaussian(sigma2)).map((value) => value * 2 * sigma2),
    );
  });

  it("the best sigma^2 is the mean squared error", () => {
    const logVariance = input("logVariance", []);
    const loss = neg(mean(normalLogProb({ mean: out, logVariance }, x)));
    const mse = evaluate([mul(mean(squares), 1 / d)], feeds)[0]!.data[0]!;
    const at = { ...feeds, logVariance: scalar(Math.log(mse)) };
    expect(evaluate(grad(loss, [logVariance]), at)[0]!.data[0]).toBeCloseTo(0, 5);
    const best = evaluate([loss, log(constant(scalar(mse)))], at)[0]!.data[0]!;
    expect(best).toBeCloseTo((d / 2) * (Math.log(2 * Math.PI * mse) + 1), 5);
  });
});
