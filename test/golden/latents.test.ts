import { describe, expect, it } from "vitest";

import { type NdArray, reshaped } from "../../src/base/ndarray.ts";
import { key } from "../../src/base/random.ts";
import { flatten } from "../../src/base/tree.ts";
import { type Model, categoricalVae, iwae } from "../../src/models/index.ts";
import type { Optimizer } from "../../src/optim/index.ts";
import { stateNames } from "../../src/step/state-view.ts";
import "../tolerance.ts";
import { engines } from "./engines.ts";
import { type Result, type Wave, inOurLayout, parameterForm, readGolden, resultArray, wave } from "./golden.ts";
import { partsOf, runStep } from "./step.ts";

interface Step {
  readonly name: string;
  readonly inputs: { readonly x: Wave; readonly noise: Wave };
  readonly parameters: Readonly<Record<string, Wave>>;
  readonly outputs: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, Result>>;
}

const { steps } = readGolden<{ steps: readonly Step[] }>("latents");

const shared = { hidden: [8], activation: "tanh", binarize: "none" } as const;
const categories = { ...shared, variables: 2, categories: 4, temperature: 0.75 } as const;
const configured = {
  iwae: iwae({ ...shared, latent: 3, importanceSamples: 3 }),
  "gumbel-softmax": categoricalVae(categories),
  "straight-through": categoricalVae({ ...categories, estimator: "straight-through" }),
  "relaxed KL": categoricalVae({ ...categories, temperature: 0.25, temperatureFloor: 0.25, kl: "relaxed" }),
};

/** "Moves" parameters to their gradients. */
const gradients: Optimizer = { init: () => ({}), update: (_, grads) => ({ params: grads, slots: {} }) };

function modelOf(name: string): Model {
  const { definition, options } = configured[name as keyof typeof configured];
  const model = definition.build(options, { kind: "image", shape: [12] });
  return { ...model, steps: model.steps.map((step) => ({ ...step, optimizer: () => gradients })) };
}

/** PyTorch's parameters under our paths and in our layout: layer by layer, weight before bias on either side. */
function port(model: Model, theirs: Readonly<Record<string, NdArray<"float64">>>) {
  return Object.fromEntries(
    Object.keys(model.nets).map((net) => {
      const own = flatten(model.nets[net]!.init(key(0)));
      const parts = Object.keys(theirs)
        .filter((name) => name.startsWith(`${net}.`))
        .map((name) => inOurLayout(theirs[name]!, parameterForm(theirs[name]!)));
      expect([...own.values()].map(({ shape }) => shape)).toEqual(parts.map(({ shape }) => shape));
      return [net, new Map([...own.keys()].map((path, i) => [path, parts[i]!]))];
    }),
  );
}

describe.each(steps.map((step) => [step.name, step] as const))("one step of PyTorch's, %s", (name, step) => {
  it.each(engines)("agrees in loss, terms and all gradients on the engine %s", async (_, engine, relative) => {
    const model = modelOf(name);
    const given = Object.entries(step.parameters).map(([path, spec]) => [path, wave(spec)] as const);
    const params = port(model, Object.fromEntries(given));
    const { outputs, state } = await runStep(engine, {
      model,
      params,
      batch: wave(step.inputs.x),
      rate: 1,
      noise: (__, shape) => reshaped(wave(step.inputs.noise), shape),
    });
    for (const [part, value] of Object.entries(step.outputs)) {
      expect(outputs[`${model.steps[0]!.name}/${part}`]!.data, part).toBeAllclose([value], { relative });
    }
    const known = Object.entries(step.gradients).map(([path, result]) => [path, resultArray(result)] as const);
    for (const [net, parts] of Object.entries(port(model, Object.fromEntries(known)))) {
      const own = partsOf(state[stateNames.params(net)]!, params[net]!);
      for (const [path, value] of parts) {
        expect(own.get(path)!.data, `${net}.${path}`).toBeAllclose(value.data, { relative });
      }
    }
  });
});
