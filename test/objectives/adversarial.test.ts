import { describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import {
  type AdversarialLoss,
  gradientPenalty,
  hinge,
  leastSquares,
  minimax,
  nonSaturating,
  wasserstein,
} from "../../src/objectives/index.ts";
import { matmul } from "../../src/ops/index.ts";

const scores = [-3, -1.5, -0.4, 0, 0.7, 1.3, 4];
const shape = [scores.length, 1];
const [real, fake] = [input("real", shape), input("fake", shape)];
const column = (values: readonly number[]) => ndarray("float64", [values.length, 1], Float64Array.from(values));

function at(y: Tensor, realScores: readonly number[], fakeScores: readonly number[]): number[] {
  return [...evaluate([y], { real: column(realScores), fake: column(fakeScores) })[0]!.data];
}

/** The discriminator's loss of two items, one real and one generated. */
function lossOf({ discriminator }: AdversarialLoss, realScore: number, fakeScore: number): number {
  const [one, other] = [input("real", [1, 1]), input("fake", [1, 1])];
  return at(discriminator(one, other), [realScore], [fakeScore])[0]!;
}

const losses = { minimax, nonSaturating, leastSquares, hinge, wasserstein };
const bounded = Object.entries(losses).filter(([, { boundary }]) => boundary !== null);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe("zero-sum", () => {
  it.each(Object.entries(losses))(
    "%s says whether the generator's gradient is the discriminator's, negated",
    (_, loss) => {
      const of = (y: Tensor) => at(grad(y, [fake])[0]!, scores, scores);
      const [own, opposed] = [of(loss.generator(fake)), of(loss.discriminator(real, fake))];
      const largest = Math.max(...own.map((value, i) => Math.abs(value + opposed[i]!)));
      expect(largest < 1e-12).toBe(loss.zeroSum);
    },
  );
});

describe("decision boundary", () => {
  it.each(bounded)("%s is symmetric about its score", (_, loss) => {
    const { score } = loss.boundary!;
    // Terms of the real item and of the generated one trade places.
    for (const [a, b] of [
      [0.3, 2],
      [-1.7, 0.6],
    ] as const) {
      expect(lossOf(loss, score + a, score + b)).toBeCloseTo(lossOf(loss, score - b, score - a), 12);
    }
  });

  it("has the margin at which a logit predicts 0.88, and a squared error or a hinge is 0", () => {
    for (const loss of [minimax, nonSaturating]) expect(sigmoid(loss.boundary!.margin)).toBeCloseTo(0.881, 3);
    for (const loss of [leastSquares, hinge]) {
      const { score, margin } = loss.boundary!;
      expect(lossOf(loss, score + margin, score - margin)).toBe(0);
      expect(lossOf(loss, score + 0.9 * margin, score - margin)).toBeGreaterThan(0);
      expect(lossOf(loss, score + margin, score - 0.9 * margin)).toBeGreaterThan(0);
    }
  });

  it("does not exist where only differences of scores matter", () => {
    expect(wasserstein.boundary).toBeNull();
    expect(lossOf(wasserstein, 3, 1)).toBe(lossOf(wasserstein, 13, 11));
  });
});

describe("values", () => {
  it("of the logistic loss at the optimal discriminator are log 4 - 2 JS", () => {
    // p = (3/4, 1/4), q = (1/4, 3/4), as four items each; the optimal logits are log p / q.
    const logits = { a: Math.log(3), b: -Math.log(3) };
    const [one, other] = [input("real", [4, 1]), input("fake", [4, 1])];
    const items = [
      [logits.a, logits.a, logits.a, logits.b],
      [logits.a, logits.b, logits.b, logits.b],
    ] as const;
    const js = 0.75 * Math.log(0.75 / 0.5) + 0.25 * Math.log(0.25 / 0.5);
    const loss = at(minimax.discriminator(one, other), ...items)[0]!;
    expect(loss).toBeCloseTo(Math.log(4) - 2 * js, 12);
    expect(at(nonSaturating.discriminator(one, other), ...items)[0]).toBe(loss);
  });

  it("of the generators' losses agree with the papers", () => {
    const of = (loss: AdversarialLoss) => at(loss.generator(input("fake", [1, 1])), [0], [0.7])[0];
    expect(of(minimax)).toBeCloseTo(Math.log(1 - sigmoid(0.7)), 12);
    expect(of(nonSaturating)).toBeCloseTo(-Math.log(sigmoid(0.7)), 12);
    expect(of(leastSquares)).toBeCloseTo(0.5 * 0.3 ** 2, 12);
    expect(of(hinge)).toBeCloseTo(-0.7, 12);
    expect(of(wasserstein)).toBeCloseTo(-0.7, 12);
  });

  it("of the gradient penalty of a linear critic are (|w| - 1)^2, wherever the points lie", () => {
    const weights = input("weights", [2, 1]);
    const penalty = gradientPenalty(
      (x) => matmul(x, weights),
      input("a", [2, 2]),
      input("b", [2, 2]),
      input("places", [2, 1]),
    );
    const [{ data } = { data: [] }] = evaluate([penalty], {
      weights: column([3, 4]),
      a: ndarray("float64", [2, 2], Float64Array.of(1, 2, 3, 4)),
      b: ndarray("float64", [2, 2], Float64Array.of(-1, 0, 9, 4)),
      places: column([0.5, 0.9]),
    });
    expect(data[0]).toBeCloseTo(16, 10);
  });
});
