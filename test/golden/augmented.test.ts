import { describe, expect, it } from "vitest";

import { reshaped } from "../../src/base/ndarray.ts";
import { gan, wganGp } from "../../src/models/index.ts";
import "../tolerance.ts";
import { engines } from "./engines.ts";
import {
  type Game,
  type Results,
  build,
  comparison,
  expectScalars,
  gradientOf,
  paramsOf,
  points,
  tanh,
} from "./game.ts";
import { close, inOurLayout, readGolden, wave } from "./golden.ts";
import { runStep, watched } from "./step.ts";

interface Player {
  readonly loss: number;
  readonly gradients: Results;
}

interface Images extends Game {
  readonly rate: number;
  readonly discriminator: Player;
  readonly generator: Player & { readonly ofMain: Results };
}

interface Points extends Game {
  readonly rate: number;
  readonly penalty: number;
  readonly critic: Player;
  readonly generator: Player;
}

const golden = readGolden<{ lambdaU: number; lambdaV: number; images: Images; points: Points }>("augmented");
const { lambdaU, lambdaV } = golden;
const dag = { augment: "dag", lambdaU, lambdaV } as const;

describe.each(engines)("on the engine %s, PyTorch's DAG with a head for each quarter turn", (_, engine, relative) => {
  it("of a GAN on images: both losses, with the generator's gradient through the turns", async () => {
    const { latent, inputs, rate, discriminator, generator } = golden.images;
    const nets = { arch: "dcgan", hidden: [3, 4], latent, discriminatorNorm: "none" } as const;
    const model = watched(build(gan({ ...nets, ...tanh, ...dag }), { kind: "image", shape: [8, 8, 2] }));
    const params = paramsOf(golden.images, model);
    const { outputs, state } = await runStep(engine, {
      model,
      params,
      batch: inOurLayout(wave(inputs.batch!), "image"),
      rate,
      noise: () => wave(inputs.z!),
    });
    expectScalars(outputs, { "discriminator/loss": discriminator.loss, "generator/loss": generator.loss }, relative);
    const compare = comparison(model, params, relative);
    compare("gradient", gradientOf(state, "discriminator", "discriminator"), "discriminator", discriminator.gradients);
    compare("gradient", gradientOf(state, "generator", "generator"), "generator", generator.gradients);
  });

  it("of WGAN-GP on points: a penalty for each head", async () => {
    const { latent, inputs, rate, penalty, critic, generator } = golden.points;
    const nets = { hidden: [5], discriminatorHidden: [5, 4], latent } as const;
    const model = watched(build(wganGp({ ...nets, penalty, criticSteps: 1, ...tanh, ...dag }), points));
    const params = paramsOf(golden.points, model);
    const noise = (name: string) => (name === "z" ? "z" : `places ${name.split("@")[1] ?? 0}`);
    const { outputs, state } = await runStep(engine, {
      model,
      params,
      batch: wave(inputs.batch!),
      rate,
      noise: (name, shape) => reshaped(wave(inputs[noise(name)]!), shape),
    });
    expectScalars(outputs, { "critic/loss": critic.loss, "generator/loss": generator.loss }, relative);
    const compare = comparison(model, params, relative);
    compare("gradient", gradientOf(state, "critic", "discriminator"), "discriminator", critic.gradients);
    compare("gradient", gradientOf(state, "generator", "generator"), "generator", generator.gradients);
  });
});

it("would detect fakes of the further heads that propagate no gradient to the generator", () => {
  const { gradients, ofMain } = golden.images.generator;
  const flat = (of: Results) => Object.values(of).flatMap(({ values }) => values);
  const [all, main] = [flat(gradients), flat(ofMain)];
  const apart = Math.max(...all.map((value, i) => Math.abs(value - main[i]!)));
  expect(apart / Math.max(...all.map(Math.abs))).toBeGreaterThan(1000 * close);
});
