import { describe, expect, it } from "vitest";

import { type NdArray, ndarray, sizeOf, zeros } from "../../src/base/ndarray.ts";
import { type ConfiguredModel, type Model, cyclegan, pix2pix } from "../../src/models/index.ts";
import { type Arrays } from "../../src/runtime/index.ts";
import { stateNames } from "../../src/step/state-view.ts";
import "../tolerance.ts";
import { engines } from "./engines.ts";
import { type Result, type Wave, exact, inOurLayout, readGolden, resultArray, wave } from "./golden.ts";
import { partsOf, port, runSteps, watched } from "./step.ts";

type Waves = Readonly<Record<string, Wave>>;

type Parts = Readonly<Record<string, Readonly<Record<string, Result>>>>;

interface Golden {
  readonly options: Readonly<Record<string, number | string>>;
  readonly rate: number;
  readonly inputs: Waves;
  readonly parameters: Readonly<Record<string, Waves>>;
  readonly gradients: Parts;
  readonly after: Parts;
}

const golden = readGolden<{
  cyclegan: Golden & { readonly losses: readonly Readonly<Record<string, number>>[] };
  dag: Golden & { readonly losses: readonly Readonly<Record<string, number>>[] };
  pix2pix: Golden & { readonly losses: Readonly<Record<string, number>> };
}>("translation");

function build({ definition, options }: ConfiguredModel, { shape }: Wave): Model {
  const [, channels, height, width] = shape as [number, number, number, number];
  return definition.build(options, { kind: "pair", shape: [2, height, width, channels] });
}

function paramsOf({ parameters }: Golden, model: Model): Record<string, Map<string, NdArray<"float64">>> {
  const waves = (net: string) =>
    Object.fromEntries(Object.entries(parameters[net] ?? {}).map(([name, spec]) => [name, wave(spec)]));
  return Object.fromEntries(Object.entries(model.nets).map(([net, layer]) => [net, port(layer, waves(net))]));
}

/** In float64: rounding the batch would be the largest difference there is. */
function pairs(a: Wave, b: Wave): NdArray {
  const sides = [a, b].map((spec) => inOurLayout(wave(spec), "image"));
  const [n, ...image] = sides[0]!.shape as [number, ...number[]];
  const size = sizeOf(image);
  const out = zeros([n, 2, ...image], "float64");
  sides.forEach(({ data }, side) => {
    for (let i = 0; i < n; i++) out.data.set(data.subarray(i * size, (i + 1) * size), (2 * i + side) * size);
  });
  return out;
}

/** Vectors of every net, by its name, against PyTorch's values of their parts. */
function expectParts(
  model: Model,
  params: ReturnType<typeof paramsOf>,
  all: Parts,
  vector: (net: string) => NdArray,
  near: number,
) {
  for (const [net, known] of Object.entries(all)) {
    const parts = partsOf(vector(net), params[net]!);
    const values = Object.entries(known).map(([name, value]) => [name, resultArray(value)] as const);
    const expected = port(model.nets[net]!, Object.fromEntries(values));
    expect([...parts.keys()]).toEqual([...expected.keys()]);
    for (const [path, value] of expected) {
      // What normalisation takes away has a gradient of rounding errors alone.
      expect(parts.get(path)!, `${net}.${path}`).toBeAllclose(value, { relative: near, absolute: 1e-12 });
    }
  }
}

/** The gradient that each net was given in the last step. */
function gradientsIn(model: Model, state: Arrays): (net: string) => NdArray {
  return (net) =>
    state[stateNames.slot(model.steps.find(({ updates }) => updates.includes(net))!.name, net, "gradient")]!;
}

describe.each(engines)("translation on the %s", (_, engine, near) => {
  it.each([
    ["both generators at once, then the discriminators on what these made before", golden.cyclegan],
    ["with a head of each discriminator for each quarter turn", golden.dag],
  ])("makes CycleGAN's steps: %s", async (_about, known) => {
    const { inputs, rate, options } = known;
    const model = watched(build(cyclegan(options), inputs.a0!));
    const params = paramsOf(known, model);
    const batches = known.losses.map((_step, step) => [pairs(inputs[`a${step}`]!, inputs[`b${step}`]!)]);
    const noise = () => ndarray("float64", [2, 1], Float64Array.of(0.2, 0.7));
    const request = { model, params, rate: () => rate, noise };
    const first = await runSteps(engine, { ...request, batches: batches.slice(0, 1) });
    expectParts(model, params, known.gradients, gradientsIn(model, first.state), near);
    const { outputs, state } = await runSteps(engine, { ...request, batches });
    known.losses.forEach((losses, step) => {
      for (const [name, value] of Object.entries(losses)) {
        expect(outputs[step]![`${name}/loss`]!.data[0]!, `${name} ${step}`).toBeAllclose(value, { relative: near });
      }
    });
    // Adam makes steps of one size of gradients that are near 0, of which float32 does not know the sign.
    if (near === exact) expectParts(model, params, known.after, (net) => state[stateNames.params(net)]!, near);
  });

  it("makes a step of pix2pix, its discriminator first, with dropout", async () => {
    const { pix2pix: known } = golden;
    const { inputs, rate, options, losses } = known;
    const model = watched(build(pix2pix(options), inputs.a!));
    const params = paramsOf(known, model);
    const draws = [0, 1, 2].map((level) => wave(inputs[`draws${level}`]!));
    const { outputs, state } = await runSteps(engine, {
      model,
      params,
      batches: [[pairs(inputs.a!, inputs.b!)]],
      rate: () => rate,
      noise: (name, shape) => {
        const drawn = draws.find((level) => level.shape.join() === shape.join());
        if (drawn === undefined) throw new Error(`no draws for ${name}`);
        return drawn;
      },
    });
    for (const [name, value] of Object.entries({
      "discriminator/loss": losses.discriminator!,
      "generator/loss": losses.generator!,
      "generator/distance": losses.distance!,
    })) {
      expect(outputs[0]![name]!.data[0]!, name).toBeAllclose(value, { relative: near });
    }
    expectParts(model, params, known.gradients, gradientsIn(model, state), near);
    if (near === exact) expectParts(model, params, known.after, (net) => state[stateNames.params(net)]!, near);
  });
});
