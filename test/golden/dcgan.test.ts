import { describe, expect, it } from "vitest";

import type { NdArray } from "../../src/base/ndarray.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { Model } from "../../src/models/index.ts";
import { batchNorm, conv2d, convTranspose2d, sequential } from "../../src/nn/index.ts";
import { add, mean, neg, reshape, softplus, stopGradient, tanh } from "../../src/ops/index.ts";
import { adam } from "../../src/optim/index.ts";
import { stateNames } from "../../src/step/state-view.ts";
import "../tolerance.ts";
import { engines } from "./engines.ts";
import { type Result, type Wave, close, inOurLayout, readGolden, resultArray, wave } from "./golden.ts";
import { partsOf, port, runStep, watched } from "./step.ts";

interface Golden {
  readonly adam: { readonly lr: number; readonly betas: readonly [number, number]; readonly eps: number };
  readonly inputs: { readonly real: Wave; readonly z: Wave };
  readonly parameters: {
    readonly generator: Readonly<Record<string, Wave>>;
    readonly discriminator: Readonly<Record<string, Wave>>;
  };
  readonly discriminatorStep: {
    readonly loss: number;
    readonly lossReal: number;
    readonly lossFake: number;
    readonly logitsFake: Result;
    readonly gradients: Readonly<Record<string, Result>>;
    readonly updated: Readonly<Record<string, Result>>;
  };
  readonly generatorStep: { readonly loss: number; readonly gradients: Readonly<Record<string, Result>> };
  readonly running: {
    readonly generator: Readonly<Record<string, Result>>;
    readonly discriminator: Readonly<Record<string, Result>>;
  };
}

const golden = readGolden<Golden>("dcgan");
const [latent, width] = [6, 4];
const half = { kernel: 4, stride: 2, padding: 1, bias: false };

const generator = sequential([
  convTranspose2d(latent, width, { kernel: 4, bias: false }),
  batchNorm(width),
  tanh,
  convTranspose2d(width, 3, half),
  tanh,
]);
const discriminator = sequential([
  conv2d(3, width, half),
  tanh,
  conv2d(width, 2 * width, half),
  batchNorm(2 * width),
  tanh,
  conv2d(2 * width, 1, { kernel: 2, bias: false }),
  (x) => reshape(x, [-1]),
]);

/** Binary cross-entropy on logits against all ones, or all zeros. */
const real = (logits: Tensor) => mean(softplus(neg(logits)));
const fake = (logits: Tensor) => mean(softplus(logits));

/** Both players in one graph: the discriminator moves, then the generator moves against the moved one on the same fakes. */
function dcgan(): Model {
  const { lr, betas, eps } = golden.adam;
  const optimizer = () => adam({ learningRate: lr, beta1: betas[0], beta2: betas[1], epsilon: eps });
  let fakes: Tensor;
  return {
    nets: { generator, discriminator },
    maps: {},
    steps: [
      {
        name: "discriminator",
        updates: ["discriminator"],
        optimizer,
        loss: (batch, scope) => {
          const { nets } = scope;
          fakes = nets.generator!(scope.noise("z", "normal", [batch.shape[0] as number, 1, 1, latent]));
          const [lossReal, lossFake] = [
            real(nets.discriminator!(batch)),
            fake(nets.discriminator!(stopGradient(fakes))),
          ];
          return { loss: add(lossReal, lossFake), logs: { lossReal, lossFake } };
        },
      },
      {
        name: "generator",
        updates: ["generator"],
        optimizer,
        loss: (_, { nets }) => ({ loss: real(nets.discriminator!(fakes)) }),
      },
    ],
  };
}

const waves = (specs: Readonly<Record<string, Wave>>) =>
  Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, wave(spec)]));
const results = (of: Readonly<Record<string, Result>>) =>
  Object.fromEntries(Object.entries(of).map(([name, result]) => [name, resultArray(result)]));

describe("one step of PyTorch's DCGAN", () => {
  it.each(engines)(
    "has both players' losses, gradients, parameters and running statistics on the engine %s",
    async (_, engine, relative) => {
      const params = {
        generator: port(generator, waves(golden.parameters.generator)),
        discriminator: port(discriminator, waves(golden.parameters.discriminator)),
      };
      const z = inOurLayout(wave(golden.inputs.z), "image");
      const { outputs, state } = await runStep(engine, {
        model: watched(dcgan()),
        params,
        batch: inOurLayout(wave(golden.inputs.real), "image"),
        rate: golden.adam.lr,
        noise: () => z,
      });
      const { discriminatorStep, generatorStep, running } = golden;
      const scalars = {
        "discriminator/loss": discriminatorStep.loss,
        "discriminator/lossReal": discriminatorStep.lossReal,
        "discriminator/lossFake": discriminatorStep.lossFake,
        "generator/loss": generatorStep.loss,
      };
      for (const [name, value] of Object.entries(scalars))
        expect(outputs[name]!.data, name).toBeAllclose([value], { relative });

      const compare = (
        name: string,
        own: NdArray,
        net: "generator" | "discriminator",
        known: Readonly<Record<string, Result>>,
      ) => {
        const parts = partsOf(own, params[net]);
        for (const [path, value] of port(net === "generator" ? generator : discriminator, results(known))) {
          expect(parts.get(path), `${name} ${path}`).toBeAllclose(value, { relative });
        }
      };
      const gradient = (net: "generator" | "discriminator") => state[stateNames.slot(net, net, "gradient")]!;
      compare(
        "gradient of the discriminator,",
        gradient("discriminator"),
        "discriminator",
        discriminatorStep.gradients,
      );
      compare("discriminator,", state[stateNames.params("discriminator")]!, "discriminator", discriminatorStep.updated);
      compare("gradient of the generator,", gradient("generator"), "generator", generatorStep.gradients);

      for (const [net, stats] of Object.entries(running)) {
        for (const [name, value] of Object.entries(stats)) {
          const path = name.replace("running_mean", "mean").replace("running_var", "variance");
          expect(state[stateNames.stat(net, path)], `${net}.${path}`).toBeAllclose(resultArray(value), { relative });
        }
      }
    },
  );

  it("detects a generator trained against the discriminator before its update", () => {
    const { logitsFake } = golden.discriminatorStep;
    const before =
      logitsFake.values.reduce((total, logit) => total + Math.log1p(Math.exp(-logit)), 0) / logitsFake.values.length;
    expect(Math.abs(before / golden.generatorStep.loss - 1)).toBeGreaterThan(10 * close);
  });
});
