import { describe, expect, it } from "vitest";

import { type NdArray, type Shape, ndarray, permuted, reshaped, zeros } from "../../src/base/ndarray.ts";
import { flatten } from "../../src/base/tree.ts";
import { key } from "../../src/base/random.ts";
import { type Model, vae } from "../../src/models/index.ts";
import type { Optimizer } from "../../src/optim/index.ts";
import { stateNames } from "../../src/step/state-view.ts";
import "../tolerance.ts";
import { engines } from "./engines.ts";
import { type Result, type Wave, inOurLayout, parameterForm, readGolden, resultArray, wave } from "./golden.ts";
import { partsOf, runStep } from "./step.ts";

interface Step {
  readonly name: string;
  readonly likelihood: string;
  readonly inputs: { readonly x: Wave; readonly noise: Wave };
  readonly parameters: Readonly<Record<string, Wave>>;
  readonly outputs: { readonly loss: number; readonly recon: number; readonly kl: number };
  readonly gradients: Readonly<Record<string, Result>>;
}

const { steps } = readGolden<{ steps: readonly Step[] }>("vae");

type Named = Readonly<Record<string, NdArray<"float64">>>;

/** "Moves" parameters to their gradients. */
const gradients: Optimizer = { init: () => ({}), update: (_, grads) => ({ params: grads, slots: {} }) };

/** The golden step's model: its nets, its likelihood, and an optimizer that shows the gradients. */
function modelOf({ name, likelihood }: Step): { model: Model; item: Shape } {
  const conv = name === "conv";
  const item = conv ? [8, 8, 1] : [12];
  const options = {
    latent: conv ? 2 : 3,
    arch: conv ? "conv" : "mlp",
    hidden: conv ? [3, 4] : [8],
    activation: "tanh",
    binarize: "none",
    ...(likelihood !== "bernoulli" && {
      likelihood: "gaussian" as const,
      sigma: likelihood.includes("learned") ? ("learned" as const) : 0.5,
    }),
  } as const;
  const { definition, options: parsed } = vae(options);
  const model = definition.build(parsed, { kind: "image", shape: item });
  return { model: { ...model, steps: model.steps.map((step) => ({ ...step, optimizer: () => gradients })) }, item };
}

/**
 * PyTorch's parameters under our paths and in our layout. Both heads of the encoder are one layer here; vectors that come
 * from images or become some are ordered by row, column, channel instead of channel, row, column.
 */
function port(step: Step, values: Named, model: Model): Record<string, Map<string, NdArray<"float64">>> {
  const conv = step.name === "conv";
  const outer = (name: string): NdArray<"float64"> => inOurLayout(values[name]!, parameterForm(values[name]!));
  const heads = (kind: string): NdArray<"float64"> => {
    const [mean, logvar] = [outer(`mean.${kind}`), outer(`logvar.${kind}`)];
    return kind === "bias" ? joinLast(mean, logvar) : byPixels(joinLast(mean, logvar), 0, conv);
  };
  const encoder = [
    ...layer("encoder.0", outer),
    ...(conv ? layer("encoder.2", outer) : []),
    heads("weight"),
    heads("bias"),
  ];
  const first = layer("decoder.0", outer).map((value, i) => byPixels(value, 1 - i, conv));
  const decoder = [
    ...first,
    ...(conv ? [...layer("decoder.3", outer), ...layer("decoder.5", outer)] : layer("decoder.2", outer)),
  ];
  // Ours is the logarithm of the variance, theirs of the deviation.
  const sigma = values.logSigma && [
    ndarray(
      "float64",
      [],
      values.logSigma.data.map((value) => 2 * value),
    ),
  ];
  const nets = { encoder, decoder, ...(sigma && { sigma }) };
  return Object.fromEntries(
    Object.entries(nets).map(([net, parts]) => {
      const own = flatten(model.nets[net]!.init(key(0)));
      expect([...own.values()].map(({ shape }) => shape)).toEqual(parts.map(({ shape }) => shape));
      return [net, new Map([...own.keys()].map((path, i) => [path, parts[i]!]))];
    }),
  );
}

function layer(name: string, outer: (name: string) => NdArray<"float64">): NdArray<"float64">[] {
  return [outer(`${name}.weight`), outer(`${name}.bias`)];
}

/** Two arrays side by side along their last axis. */
function joinLast(a: NdArray<"float64">, b: NdArray<"float64">): NdArray<"float64"> {
  const [width, rows] = [a.shape.at(-1)!, a.data.length / a.shape.at(-1)!];
  const out = zeros([...a.shape.slice(0, -1), 2 * width], "float64");
  for (let row = 0; row < rows; row++) {
    out.data.set(a.data.subarray(row * width, (row + 1) * width), 2 * row * width);
    out.data.set(b.data.subarray(row * width, (row + 1) * width), (2 * row + 1) * width);
  }
  return out;
}

/** An axis of 16 = 4 channels x 2 x 2 pixels in the order of images [2, 2, 4]. */
function byPixels(value: NdArray<"float64">, axis: number, conv: boolean): NdArray<"float64"> {
  const at = value.shape.length === 1 ? 0 : axis;
  if (!conv || value.shape[at] !== 16) return value;
  const [before, after] = [value.shape.slice(0, at), value.shape.slice(at + 1)];
  const opened = reshaped(value, [...before, 4, 2, 2, ...after]);
  const order = [...before.map((_, i) => i), at + 1, at + 2, at, ...after.map((_, i) => at + 3 + i)];
  return reshaped(permuted(opened, order), value.shape);
}

describe.each(steps.map((step) => [step.name, step] as const))("one step of PyTorch's VAE, %s", (_, step) => {
  it.each(engines)("agrees in loss, terms and all gradients on the engine %s", async (__, engine, relative) => {
    const { model, item } = modelOf(step);
    const params = port(
      step,
      Object.fromEntries(Object.entries(step.parameters).map(([name, spec]) => [name, wave(spec)])),
      model,
    );
    const images = wave(step.inputs.x);
    const batch = step.name === "conv" ? inOurLayout(images, "image") : reshaped(images, [images.shape[0]!, ...item]);
    const { outputs, state } = await runStep(engine, {
      model,
      params,
      batch,
      rate: 1,
      noise: (___, shape) => reshaped(wave(step.inputs.noise), shape),
    });
    for (const name of ["loss", "recon", "kl"] as const) {
      expect(outputs[`vae/${name}`]!.data, name).toBeAllclose([step.outputs[name]], { relative });
    }
    const known = Object.fromEntries(
      Object.entries(step.gradients).map(([name, result]) => [name, resultArray(result)]),
    );
    const expected = port(step, known, model);
    for (const [net, parts] of Object.entries(expected)) {
      const own = partsOf(state[stateNames.params(net)]!, params[net]!);
      for (const [path, value] of parts) {
        // The slope in a variable twice as large is half as steep.
        const scaled = net === "sigma" ? value.data.map((slope) => slope / 4) : value.data;
        expect(own.get(path)!.data, `${net}.${path}`).toBeAllclose(scaled, { relative });
      }
    }
  });
});
