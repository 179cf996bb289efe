import { describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { type NdArray, castTo, reshaped } from "../../src/base/ndarray.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import { conv2d, linear, spectralNorm } from "../../src/nn/index.ts";
import { hinge, leastSquares, minimax, nonSaturating, wasserstein } from "../../src/objectives/index.ts";
import { mul, sum } from "../../src/ops/index.ts";
import { type Engine, interpreter } from "../../src/runtime/index.ts";
import { OpenContext } from "../nn/context.ts";
import "../tolerance.ts";
import { engines } from "./engines.ts";
import {
  type Form,
  type Result,
  type Wave,
  inOurLayout,
  parameterForm,
  readGolden,
  resultArray,
  wave,
} from "./golden.ts";

interface Loss {
  readonly discriminator: number;
  readonly generator: number;
  readonly gradients: Readonly<Record<string, Result>>;
}

interface Spectral {
  readonly inputs: Readonly<Record<"weight" | "bias" | "x" | "u" | "cotangent", Wave>>;
  readonly outputs: readonly Result[];
  readonly gradients: readonly Readonly<Record<"weight" | "bias", Result>>[];
  readonly u: readonly Result[];
}

const objectives = { minimax, nonSaturating, leastSquares, hinge, wasserstein };

const golden = readGolden<{
  losses: { inputs: Readonly<Record<"real" | "fake", Wave>>; losses: Readonly<Record<keyof typeof objectives, Loss>> };
  spectral: Readonly<Record<"linear" | "conv", Spectral>>;
}>("adversarial");

async function compute(
  engine: Engine,
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, NdArray>>,
) {
  const compiled = await engine.compile({ outputs });
  const results = await compiled.run(feeds);
  await compiled.release();
  return results;
}

describe.each(engines)("on the engine %s", (_, engine, relative) => {
  it.each(Object.entries(golden.losses.losses))(
    "the losses %s and their gradients agree with PyTorch",
    async (name, known) => {
      const { discriminator, generator } = objectives[name as keyof typeof objectives];
      const feeds = { real: wave(golden.losses.inputs.real), fake: wave(golden.losses.inputs.fake) };
      const [real, fake] = [input("real", [7, 1]), input("fake", [7, 1])];
      const losses = { discriminator: discriminator(real, fake), generator: generator(fake) };
      const [ofReal, ofFake] = grad(losses.discriminator, [real, fake]);
      const [ofGenerator] = grad(losses.generator, [fake]);
      const results = await compute(
        engine,
        {
          ...losses,
          "discriminator/real": ofReal!,
          "discriminator/fake": ofFake!,
          "generator/fake": ofGenerator!,
        },
        feeds,
      );
      for (const player of ["discriminator", "generator"] as const)
        expect(results[player]!.data, player).toBeAllclose([known[player]], { relative });
      for (const [slope, value] of Object.entries(known.gradients))
        expect(results[slope], slope).toBeAllclose(resultArray(value), { relative });
    },
  );

  it.each([
    ["linear", linear(5, 4), "plain"],
    ["conv", conv2d(2, 3, { kernel: 4, stride: 2, padding: 1 }), "image"],
  ] as const)("spectral normalisation of %s agrees with PyTorch over two passes", async (name, layer, items) => {
    const { inputs, outputs, gradients, u } = golden.spectral[name];
    const forms: Record<string, Form> = { x: items, cotangent: items };
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([key, spec]) => {
        const value = wave(spec);
        return [key, inOurLayout(value, forms[key] ?? parameterForm(value))];
      }),
    ) as Record<keyof typeof inputs, NdArray<"float64">>;
    const normed = spectralNorm(layer);
    const start = reshaped(castTo(feeds.u, "float32"), [1, feeds.u.shape[0]!]);
    const context = new OpenContext(true, { u: start });
    const params = { weight: input("weight", feeds.weight.shape), bias: input("bias", feeds.bias.shape) };
    const wanted: Record<string, Tensor> = {};
    const expected: Record<string, NdArray> = {};
    for (const pass of [0, 1]) {
      const y = normed.apply(params, input("x", feeds.x.shape), context);
      const slopes = grad(sum(mul(y, input("cotangent", feeds.cotangent.shape))), [params.weight, params.bias]);
      wanted[`y ${pass}`] = y;
      expected[`y ${pass}`] = inOurLayout(resultArray(outputs[pass]!), items);
      for (const [i, part] of (["weight", "bias"] as const).entries()) {
        wanted[`d ${part} ${pass}`] = slopes[i]!;
        const slope = resultArray(gradients[pass]![part]);
        expected[`d ${part} ${pass}`] = inOurLayout(slope, parameterForm(slope));
      }
      wanted[`u ${pass}`] = context.stat("u");
      expected[`u ${pass}`] = reshaped(resultArray(u[pass]!), start.shape);
    }
    const results = await compute(engine, wanted, feeds);
    for (const [what, value] of Object.entries(expected)) {
      expect(results[what], what).toBeAllclose(value, { relative });
    }
  });
});

it("spectral normalisation finds the largest singular value, and leaves its vector unchanged in inference", async () => {
  // diag(3, 2, 0.5), whose singular values are its entries.
  const matrix = { dtype: "float64", shape: [3, 3], data: Float64Array.of(3, 0, 0, 0, 2, 0, 0, 0, 0.5) } as const;
  const layer = spectralNorm(linear(3, 3, { bias: false }));
  const weight = input("weight", [3, 3]);
  const identity = { dtype: "float64", shape: [3, 3], data: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) } as const;
  const context = new OpenContext(true, layer.stats);
  let y = weight;
  for (let pass = 0; pass < 40; pass++) y = layer.apply({ weight }, input("x", [3, 3]), context);
  const { normed, u } = await compute(
    interpreter(),
    { normed: y, u: context.stat("u") },
    { weight: matrix, x: identity },
  );
  expect(normed!.data).toBeAllclose([1, 0, 0, 0, 2 / 3, 0, 0, 0, 0.5 / 3], { relative: 1e-9, absolute: 1e-9 });
  expect(Math.abs(u!.data[0]!)).toBeCloseTo(1, 6);
  const inferring = new OpenContext(false, layer.stats);
  layer.apply({ weight }, input("x", [3, 3]), inferring);
  expect(inferring.updates.size).toBe(0);
});
