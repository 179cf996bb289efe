import { beforeAll, describe, expect, it } from "vitest";

import { type ConfiguredModel, betaVae, gan, vae, wganGp } from "../../src/models/index.ts";
import { nodeEngine, openData } from "../../src/node/index.ts";
import type { Engine } from "../../src/runtime/index.ts";
import { type TrainOptions, type Warning } from "../../src/run/index.ts";
import { train } from "../../src/train/index.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine({ device: "cpu" });
});

interface Experiment {
  readonly data: string;
  readonly limit?: number;
  readonly model: ConfiguredModel;
  readonly options: TrainOptions;
}

/** What a run is warned of, to its end. */
async function warningsOf({ data: spec, limit, model, options }: Experiment): Promise<readonly Warning[]> {
  const data = await openData(spec, limit === undefined ? {} : { limit });
  const settings = { engine, source: { spec, ...(limit !== undefined && { limit }) } };
  const told: Warning[] = [];
  for await (const event of train(model, data, { checkpointEvery: 1_000_000, ...options }, settings)) {
    if (event.type === "warning") told.push(event);
    if (event.type === "done") {
      expect(event.result.warnings.map(({ symptom }) => symptom)).toEqual(told.map(({ symptom }) => symptom));
    }
  }
  return told;
}

const names = (warnings: readonly Warning[]): string[] => warnings.map(({ symptom }) => symptom).toSorted();

/** Players for ring8 that learn its eight modes in 2000 steps. */
const players = { latent: 2, hidden: [64, 64] };
const ring = { learningRate: 2e-3, rateEnd: 0.05, batch: 64, steps: 1500 };

// Each fails by one option. Beside it stand the symptoms, and the flag that the first of them proposes.
const failures: Record<string, readonly [Experiment, readonly string[], string, Experiment]> = {
  "biases far below 0": [
    { data: "ring8", model: gan({ ...players, initialBias: -5 }), options: { ...ring, steps: 600 } },
    ["complete-collapse", "dead-units"],
    "--initial-bias 0",
    { data: "ring8", model: gan({ ...players, initialBias: 0 }), options: { ...ring, steps: 600 } },
  ],
  "a discriminator that is too fast": [
    { data: "ring8", model: gan({ ...players, discriminatorRate: 10 }), options: { ...ring, seed: 2 } },
    ["low-fidelity", "partial-collapse"],
    "--discriminator-rate 1",
    { data: "ring8", model: gan({ ...players, discriminatorRate: 1 }), options: { ...ring, seed: 2 } },
  ],
  "a discriminator that is too slow": [
    { data: "ring8", model: gan({ ...players, discriminatorRate: 0.05 }), options: ring },
    ["low-fidelity", "no-convergence"],
    "--discriminator-rate 1",
    { data: "ring8", model: gan({ ...players, discriminatorRate: 1 }), options: ring },
  ],
  "the minimax loss beside a sure discriminator": [
    {
      data: "mnist",
      limit: 500,
      model: gan({
        arch: "mlp",
        latent: 8,
        hidden: [32],
        discriminatorHidden: [256],
        loss: "minimax",
        discriminatorRate: 30,
      }),
      options: { steps: 400 },
    },
    ["discriminator-saturation", "low-fidelity", "vanishing-gradient"],
    "--loss non-saturating",
    {
      data: "mnist",
      limit: 500,
      model: gan({
        arch: "mlp",
        latent: 8,
        hidden: [32],
        discriminatorHidden: [256],
        loss: "non-saturating",
        discriminatorRate: 30,
      }),
      options: { steps: 400 },
    },
  ],
  "a KL that weighs a hundred times": [
    { data: "mnist", limit: 500, model: betaVae({ beta: 100, hidden: [100] }), options: { steps: 250 } },
    ["posterior-collapse"],
    "--beta 1",
    { data: "mnist", limit: 500, model: betaVae({ beta: 1, hidden: [100] }), options: { steps: 250 } },
  ],
  "a deviation that is learned from sixty items": [
    {
      data: "mnist",
      limit: 60,
      model: vae({ hidden: [64], likelihood: "gaussian", sigma: "learned" }),
      options: { steps: 450, batch: 16 },
    },
    ["overfitting"],
    "--limit 600",
    {
      data: "mnist",
      limit: 600,
      model: vae({ hidden: [64], likelihood: "gaussian", sigma: "learned" }),
      options: { steps: 450, batch: 16 },
    },
  ],
  "twenty items": [
    {
      data: "mnist",
      limit: 20,
      model: vae({ latent: 2, hidden: [100], likelihood: "gaussian" }),
      options: { steps: 1000, batch: 16 },
    },
    ["memorisation"],
    "--limit 200",
    {
      data: "mnist",
      limit: 200,
      model: vae({ latent: 2, hidden: [100], likelihood: "gaussian" }),
      options: { steps: 1000, batch: 16 },
    },
  ],
};

describe.each(Object.entries(failures))("a run that fails by %s", (_, [failing, symptoms, flag, changed]) => {
  it("causes a warning of its symptom, with numbers and one flag", async () => {
    const told = await warningsOf(failing);
    expect(names(told)).toEqual(symptoms);
    expect(told[0]!.hint).toContain(`try ${flag}: `);
    for (const { evidence } of told)
      expect(evidence).toMatch(
        /\d.*\((collapse|saturation|vanishing gradient|no convergence|too many|memorised|required|low|overfitting)/,
      );
  });

  it("causes no such warning with the flag", async () => {
    const told = names(await warningsOf(changed));
    // Samples that are near no item after few steps take more of them.
    for (const symptom of symptoms.filter((name) => name !== "low-fidelity")) expect(told).not.toContain(symptom);
  });
});

const healthy: Record<string, Experiment> = {
  "a GAN that learns all modes of a ring": {
    data: "ring8",
    model: gan(players),
    options: { ...ring, steps: 2000 },
  },
  "a GAN on half circles": { data: "moons", model: gan(players), options: { ...ring, steps: 2000 } },
  "a critic with a gradient penalty": { data: "moons", model: wganGp(players), options: { ...ring, steps: 800 } },
  "a VAE of digits": { data: "mnist", limit: 1000, model: vae({ hidden: [100] }), options: { steps: 300 } },
  "a beta-VAE of digits": { data: "mnist", limit: 1000, model: betaVae({ hidden: [100] }), options: { steps: 500 } },
};

describe.each(Object.entries(healthy))("%s", (_, experiment) => {
  it("causes no warning", async () => {
    expect(await warningsOf(experiment)).toEqual([]);
  });
});
