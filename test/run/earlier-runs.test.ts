import { expect, it } from "vitest";

import { zeros } from "../../src/base/ndarray.ts";
import { arrayDataset, splitOff } from "../../src/data/index.ts";
import { vae } from "../../src/models/index.ts";
import { buildModel, planRun } from "../../src/run/plan.ts";
import { parseRunConfig } from "../../src/run/index.ts";
import { interpreter } from "../../src/runtime/index.ts";

it("reads the config of a run of version 0.1.0, which had no evaluation interval", () => {
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

it("reads the deviation of a run of version 0.1.0 without an entry as the learned one", () => {
  const gaussian = { definition: vae.definition, options: { likelihood: "gaussian" } };
  const sigmaOf = (items: number) => buildModel(gaussian, { kind: "image", shape: [4, 4, 1], items }).nets["sigma"];
  expect(sigmaOf(2000)!.stats).toBeUndefined();
  expect(sigmaOf(1999)).toBeUndefined();
});

it("records the kind of deviation in the config of a new run", async () => {
  const sigmaFor = async (count: number) => {
    const data = splitOff(arrayDataset({ name: "grey", kind: "image", items: zeros([count, 4, 4, 1], "float32") }));
    return (await planRun(vae({ likelihood: "gaussian" }), data, {}, { engine: interpreter() })).config.model["sigma"];
  };
  expect([await sigmaFor(3000), await sigmaFor(100)]).toEqual(["optimal", 1]);
});
