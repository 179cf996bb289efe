import { beforeAll, describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { full, scalar, zeros } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { normalLogProb, sampleNormal } from "../../src/distributions/index.ts";
import {
  type GradientEstimator,
  leaveOneOut,
  monteCarlo,
  noBaseline,
  pathwise,
  scoreFunction,
} from "../../src/estimators/index.ts";
import { constant, input } from "../../src/graph/tensor.ts";
import { nodeEngine } from "../../src/node/index.ts";
import { square, sum } from "../../src/ops/index.ts";
import type { Engine } from "../../src/runtime/index.ts";

// z ~ N(theta, 1), f = z^2: the gradient of E f is 2 theta, and the variances are known in closed form.

const n = 100_000;
const theta = 1;

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine({ device: "cpu" });
});

/** One gradient a copy of theta, from `samples` draws each. */
async function gradients(estimator: GradientEstimator, samples = 1): Promise<Float64Array> {
  const mean = input("theta", [n, 1]);
  const q = { mean, logVariance: constant(scalar(0)) };
  const z = estimator.draws(sampleNormal(q, input("noise", [samples, n, 1])));
  const costs = sum(square(z), { axes: [2] });
  const surrogate = estimator.surrogate(costs, normalLogProb(q, z, 2));
  const compiled = await engine.compile({ outputs: { gradient: grad(sum(surrogate), [mean])[0]!, surrogate } });
  const noise = normal(key(4), [samples, n, 1]);
  const { gradient, surrogate: value } = await compiled.run({ theta: full([n, 1], theta), noise });
  await compiled.release();
  // Its value is the cost, whatever its gradient is.
  expect(monteCarlo(value!.data).mean).toBeCloseTo(theta ** 2 + 1, 1);
  return Float64Array.from(gradient!.data);
}

const cases: [string, GradientEstimator, number, number][] = [
  ["pathwise", pathwise, 1, 4],
  ["score function", scoreFunction(noBaseline), 1, theta ** 4 + 14 * theta ** 2 + 15],
  ["score function with the best constant", scoreFunction(() => theta ** 2 + 3), 1, 8 * theta ** 2 + 6],
];

describe.each(cases)("%s", (_, estimator, samples, variance) => {
  it("is unbiased and has the closed-form variance", async () => {
    const values = await gradients(estimator, samples);
    const { mean, stderr } = monteCarlo(values);
    expect(Math.abs(mean - 2 * theta)).toBeLessThan(4 * stderr);
    const squares = monteCarlo(values.map((value) => (value - 2 * theta) ** 2));
    expect(Math.abs(squares.mean - variance)).toBeLessThan(4 * squares.stderr);
  });
});

describe("leave-one-out", () => {
  it("is unbiased, with less variance than no baseline at equal draws", async () => {
    const [plain, better] = [
      await gradients(scoreFunction(noBaseline), 4),
      await gradients(scoreFunction(leaveOneOut), 4),
    ];
    const { mean, stderr } = monteCarlo(better);
    expect(Math.abs(mean - 2 * theta)).toBeLessThan(4 * stderr);
    const spread = (values: Float64Array) => monteCarlo(values.map((value) => (value - 2 * theta) ** 2)).mean;
    expect(spread(plain)).toBeCloseTo(30 / 4, 0);
    // (1/N) Var((f - Ef) s) + (Var f Var s + Cov(f, s)^2) / (N (N - 1)), with N = 4: 18 / 4 + (6 + 4) / 12.
    expect(spread(better)).toBeCloseTo(18 / 4 + 10 / 12, 0);
    expect(spread(better)).toBeLessThan(0.8 * spread(plain));
  });

  it("subtracts from each draw the mean of the others", async () => {
    const costs = input("costs", [3, 1]);
    const compiled = await engine.compile({ outputs: { baseline: sum(leaveOneOut(costs) as never, { axes: [1] }) } });
    const { baseline } = await compiled.run({ costs: { ...zeros([3, 1]), data: Float32Array.of(1, 2, 6) } });
    expect(Array.from(baseline!.data)).toEqual([4, 3.5, 1.5]);
    await compiled.release();
  });
});
