import { expect, it } from "vitest";

import { parseRunConfig } from "../../src/run/index.ts";

it("reads the config of a run of version 0.1.0, which had no cadence of evaluations", () => {
  const train = {
    seed: 0,
    logEvery: 10,
    checkpointEvery: 500,
    keep: 2,
    schedule: "linear",
    rateEnd: 0.05,
    steps: 60,
    batch: 128,
    learningRate: 0.001,
    sampleEvery: 6,
  };
  const config = { recipe: "vae", model: { latent: 20 }, data: { spec: "mnist" }, train, device: "cpu" };
  expect(parseRunConfig(config, "config.json").train).toEqual({ ...train, evalEvery: 6 });
});
