import { expect } from "vitest";

import type { NdArray, Shape } from "../../src/base/ndarray.ts";
import type { ConfiguredModel, Model } from "../../src/models/index.ts";
import { type Arrays } from "../../src/runtime/index.ts";
import { stateNames } from "../../src/step/state-view.ts";
import "../tolerance.ts";
import { type Result, type Wave, resultArray, wave } from "./golden.ts";
import { partsOf, port } from "./step.ts";

// What the tests of golden steps of games share.

export type Waves = Readonly<Record<string, Wave>>;
export type Results = Readonly<Record<string, Result>>;

export interface Game {
  readonly latent: number;
  readonly inputs: Waves;
  readonly parameters: Readonly<Record<string, Waves>>;
}

export const tanh = { activation: "tanh", discriminatorActivation: "tanh", ema: 0 } as const;
export const points = { kind: "points", shape: [2] } as const;

export function build(configured: ConfiguredModel, data: { kind: "image" | "points"; shape: Shape }): Model {
  return configured.definition.build(configured.options, data);
}

const waves = (specs: Waves) => Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, wave(spec)]));
const arrays = (results: Results) =>
  Object.fromEntries(Object.entries(results).map(([name, result]) => [name, resultArray(result)]));

export function paramsOf({ parameters }: Game, model: Model): Record<string, Map<string, NdArray<"float64">>> {
  return Object.fromEntries(
    Object.keys(model.nets).map((net) => [net, port(model.nets[net]!, waves(parameters[net]!))]),
  );
}

/** Compares vectors of a net with PyTorch's values, part by part. */
export function comparison(model: Model, params: ReturnType<typeof paramsOf>, relative: number) {
  return (what: string, vector: NdArray, net: string, known: Results) => {
    const parts = partsOf(vector, params[net]!);
    // Of a part whose exact value is zero only rounding is left: a bias before batch normalisation, say.
    const absolute = relative * Math.max(...Array.from(vector.data, Math.abs));
    for (const [path, value] of port(model.nets[net]!, arrays(known)))
      expect(parts.get(path), `${what}, ${net}.${path}`).toBeAllclose(value, { relative, absolute });
  };
}

export function expectScalars(outputs: Arrays, known: Readonly<Record<string, number>>, relative: number): void {
  for (const [name, value] of Object.entries(known))
    expect(outputs[name]!.data, name).toBeAllclose([value], { relative });
}

export function gradientOf(state: Arrays, step: string, net: string): NdArray {
  return state[stateNames.slot(step, net, "gradient")]!;
}
