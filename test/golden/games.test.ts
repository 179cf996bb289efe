import { describe, expect, it } from "vitest";

import { type NdArray, ndarray, reshaped } from "../../src/base/ndarray.ts";
import { type Model, unrolledGan, veegan, wgan, wganGp } from "../../src/models/index.ts";
import type { Arrays } from "../../src/runtime/index.ts";
import { layoutOf } from "../../src/step/layout.ts";
import { stateNames } from "../../src/step/state-view.ts";
import "../tolerance.ts";
import { engines } from "./engines.ts";
import {
  type Game,
  type Results,
  type Waves,
  build,
  comparison,
  expectScalars,
  gradientOf,
  paramsOf,
  points,
  tanh,
} from "./game.ts";
import { close, inOurLayout, readGolden, wave } from "./golden.ts";
import { port, runStep, runSteps, vectorOf, watched } from "./step.ts";

interface WganGp extends Game {
  readonly penalty: number;
  readonly rate: number;
  readonly critic: {
    readonly loss: number;
    readonly penalty: number;
    readonly gradients: Results;
    readonly updated: Results;
  };
  readonly generator: { readonly loss: number; readonly gradients: Results };
}

interface Wgan extends Game {
  readonly clip: number;
  readonly rates: readonly number[];
  readonly losses: readonly { readonly critic: number; readonly generator: number }[];
  readonly after: Readonly<Record<"generator" | "discriminator", Results>>;
}

interface Unrolled extends Game {
  readonly unroll: number;
  readonly done: number;
  readonly betas: readonly [number, number];
  readonly rate: { readonly first: number; readonly fall: number };
  readonly moments: Readonly<Record<string, Waves>>;
  readonly runs: readonly {
    readonly loss: "minimax" | "non-saturating";
    readonly secondOrder: "on" | "off";
    readonly generator: { readonly loss: number; readonly gradients: Results };
    readonly discriminator: { readonly loss: number; readonly updated: Results };
  }[];
}

interface Veegan extends Game {
  readonly rate: number;
  readonly discriminator: { readonly loss: number; readonly gradients: Results; readonly updated: Results };
  readonly generator: {
    readonly loss: number;
    readonly distance: number;
    readonly gradients: Readonly<Record<string, Results>>;
  };
}

const golden = readGolden<{ wganGp: WganGp; wgan: Wgan; unrolled: Unrolled; veegan: Veegan }>("games");

describe.each(engines)("on the engine %s, PyTorch's", (_, engine, relative) => {
  it("WGAN-GP: a critic step through the gradient of convolutions, then the generator's", async () => {
    const { latent, inputs, rate, penalty, critic, generator } = golden.wganGp;
    const options = { arch: "dcgan", hidden: [3, 4], latent, penalty, criticSteps: 1, ...tanh } as const;
    const model = watched(build(wganGp(options), { kind: "image", shape: [8, 8, 2] }));
    const params = paramsOf(golden.wganGp, model);
    const noise = { z: wave(inputs.z!), places: wave(inputs.places!) };
    const { outputs, state } = await runStep(engine, {
      model,
      params,
      batch: inOurLayout(wave(inputs.batch!), "image"),
      rate,
      noise: (name, shape) => reshaped(noise[name as keyof typeof noise], shape),
    });
    expectScalars(
      outputs,
      { "critic/loss": critic.loss, "critic/penalty": critic.penalty, "generator/loss": generator.loss },
      relative,
    );
    const compare = comparison(model, params, relative);
    compare("gradient", gradientOf(state, "critic", "discriminator"), "discriminator", critic.gradients);
    compare("moved", state[stateNames.params("discriminator")]!, "discriminator", critic.updated);
    compare("gradient", gradientOf(state, "generator", "generator"), "generator", generator.gradients);
  });

  it("WGAN: RMSprop and clipping over three steps with two critic updates each, with a decaying rate", async () => {
    const { latent, clip, rates, inputs, losses, after } = golden.wgan;
    const options = {
      latent,
      clip,
      hidden: [5],
      discriminatorHidden: [5, 4],
      criticSteps: 2,
      criticWarmup: 1,
      ...tanh,
    };
    const model = build(wgan(options), points);
    const params = paramsOf(golden.wgan, model);
    const { outputs, state } = await runSteps(engine, {
      model,
      params,
      batches: losses.map((__, step) => [0, 1].map((turn) => wave(inputs[`batch ${step} ${turn}`]!))),
      rate: (step) => rates[step]!,
      noise: (name, ___, step) => wave(inputs[`z ${step} ${name === "z" ? 0 : 1}`]!),
    });
    // Together: the critic's loss is a difference of scores that are as large as the generator's.
    losses.forEach(({ critic, generator }, step) => {
      const own = ["critic/loss", "generator/loss"].map((name) => outputs[step]![name]!.data[0]!);
      expect(own, `losses of step ${step}`).toBeAllclose([critic, generator], { relative });
    });
    const compare = comparison(model, params, relative);
    for (const net of ["generator", "discriminator"] as const)
      compare("moved", state[stateNames.params(net)]!, net, after[net]);
  });

  it.each(golden.unrolled.runs.map((run) => [`${run.loss}, second order ${run.secondOrder}`, run] as const))(
    "unrolled GAN: through three steps of an Adam with nonzero moments, and one real step (%s)",
    async (__, { loss, secondOrder, generator, discriminator }) => {
      const { latent, unroll, done, betas, rate, inputs, moments } = golden.unrolled;
      const nets = { hidden: [4], discriminatorHidden: [4, 3] };
      const configured = unrolledGan({ latent, unroll, loss, secondOrder, ...nets, ...tanh, beta1: betas[0] });
      const model = watched(build(configured, points));
      const params = paramsOf(golden.unrolled, model);
      const { outputs, state } = await runSteps(engine, {
        model,
        params,
        batches: [[wave(inputs.batch!)]],
        rate: (count) => rate.first - rate.fall * count,
        done,
        moments: Object.assign(
          {},
          ...Object.keys(model.nets).map((net) => momentsOf(model, net, moments[net]!, betas)),
        ),
        noise: () => wave(inputs.z!),
      });
      expectScalars(
        outputs[0]!,
        { "generator/loss": generator.loss, "discriminator/loss": discriminator.loss },
        relative,
      );
      const compare = comparison(model, params, relative);
      compare("gradient", gradientOf(state, "generator", "generator"), "generator", generator.gradients);
      compare("moved", state[stateNames.params("discriminator")]!, "discriminator", discriminator.updated);
    },
  );

  it("VEEGAN: both losses and their gradients in all three nets", async () => {
    const { latent, rate, inputs, discriminator, generator } = golden.veegan;
    const model = watched(build(veegan({ latent, hidden: [5, 4], ...tanh }), points));
    const params = paramsOf(golden.veegan, model);
    const batch = wave(inputs.batch!);
    const { outputs, state } = await runStep(engine, { model, params, batch, rate, noise: () => wave(inputs.z!) });
    expectScalars(
      outputs,
      {
        "discriminator/loss": discriminator.loss,
        "generator/loss": generator.loss,
        "generator/distance": generator.distance,
      },
      relative,
    );
    const compare = comparison(model, params, relative);
    compare("gradient", gradientOf(state, "discriminator", "discriminator"), "discriminator", discriminator.gradients);
    // Moved once: the generator's step leaves it alone.
    compare("moved", state[stateNames.params("discriminator")]!, "discriminator", discriminator.updated);
    for (const net of ["generator", "reconstructor"])
      compare("gradient", gradientOf(state, "generator", net), net, generator.gradients[net]!);
  });
});

it("detects missing second-order terms, or a missing term on real items", () => {
  const [both, first, ...others] = golden.unrolled.runs.map(({ generator }) =>
    Object.values(generator.gradients).flatMap(({ values }) => values),
  );
  const apart = (a: readonly number[], b: readonly number[]) =>
    Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / Math.max(...a.map(Math.abs));
  expect(apart(both!, first!)).toBeGreaterThan(100 * close);
  expect(apart(others[0]!, others[1]!)).toBeGreaterThan(100 * close);
});

/** Live moments under our names: ours are sums of gradients and squares, before the factors 1 - beta. */
function momentsOf(model: Model, net: string, specs: Waves, [beta1, beta2]: readonly [number, number]): Arrays {
  const vector = (kind: string, share: number): NdArray => {
    const own = Object.entries(specs).filter(([name]) => name.startsWith(`${kind}.`));
    const values = port(model.nets[net]!, Object.fromEntries(own.map(([name, of]) => [name.slice(2), wave(of)])));
    const { shape, data } = vectorOf(values, layoutOf(values as never));
    return ndarray(
      "float64",
      shape,
      data.map((value) => value / share),
    );
  };
  return {
    [stateNames.slot(net, net, "gradients")]: vector("m", 1 - beta1),
    [stateNames.slot(net, net, "squares")]: vector("v", 1 - beta2),
  };
}
