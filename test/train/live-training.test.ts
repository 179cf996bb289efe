import { describe, expect, it } from "vitest";

import { MemoryStore } from "../../src/base/store.ts";
import { type GeneratedDataset, ring8, shapes } from "../../src/data/index.ts";
import { type ConfiguredModel, gan, vae, wgan } from "../../src/models/index.ts";
import { type TrainOptions, parseMetricLine, planRun } from "../../src/run/index.ts";
import { wasmEngine } from "../../src/runtime/index.ts";
import { LiveTraining, train } from "../../src/train/index.ts";

const points = (ring8 as GeneratedDataset).generate();
const engine = wasmEngine();
const live = async (model: ConfiguredModel, data: typeof points, training: TrainOptions) =>
  LiveTraining.open(await planRun(model, data, training, { engine }));

/** What `train` has logged at its last step, by name. */
async function logged(model: ConfiguredModel, data: typeof points, training: TrainOptions) {
  const store = new MemoryStore();
  for await (const _ of train(model, data, training, { engine, store }));
  const lines = new TextDecoder()
    .decode(await store.read("metrics.jsonl"))
    .trim()
    .split("\n");
  const found = new Map<string, number | null>();
  for (const line of lines) {
    const { name, step, split, value } = parseMetricLine(line, "metrics.jsonl");
    if (step === training.steps && split !== "train") found.set(name, value);
    if (step === training.steps && split === "train" && !found.has(name)) found.set(name, value);
  }
  return found;
}

describe("LiveTraining", () => {
  it.each([
    ["a GAN", gan({ hidden: [16, 16], activation: "relu" })],
    ["a WGAN with additional critic updates", wgan({ hidden: [16, 16], criticWarmup: 10 })],
  ])("has the numbers of train, at any time of a longer run: %s", async (_name, model) => {
    const training = { batch: 32, seed: 7, schedule: "constant", logEvery: 1, sampleEvery: 30 } as const;
    const expected = await logged(model, points, { ...training, steps: 30 });
    const run = await live(model, points, { ...training, steps: 1000 });
    let losses = {};
    while (run.step < 30) losses = await run.next();
    const found = { ...losses, ...(await run.health()), ...(await run.samples()) };
    expect(Object.keys(found)).toEqual(expect.arrayContaining(["generator/loss", "modes/covered", "distance/emd"]));
    for (const [name, value] of Object.entries(found)) expect([name, expected.get(name)]).toEqual([name, value]);
    await run.release();
  });

  it("measures a VAE as train does", async () => {
    const [model, data] = [vae({ latent: 2, hidden: [16] }), shapes.generate(16)];
    const training = { batch: 16, seed: 3, steps: 12, evalEvery: 12 } as const;
    const expected = await logged(model, data, training);
    const run = await live(model, data, training);
    while (run.step < run.steps) await run.next();
    const results = await run.evaluate();
    expect(results.map(({ label }) => label)).toContain("elbo");
    for (const { label, value } of results) expect([label, expected.get(label)]).toEqual([label, value]);
    await expect(run.next()).rejects.toThrow("the training run has 12 steps, all of which are done");
    await run.release();
  });

  it("updates a single net", async () => {
    const run = await live(gan({ hidden: [8] }), points, { steps: 100, batch: 16, seed: 1 });
    const paramsOf = async (net: string) =>
      Object.entries(await run.trained.state.read())
        .filter(([name]) => name.includes(net))
        .map(([name, { data }]) => [name, Array.from(data)]);
    const before = { generator: await paramsOf("generator"), discriminator: await paramsOf("discriminator") };
    expect(before.generator.length).toBeGreaterThan(0);
    await run.update("discriminator");
    expect(await paramsOf("generator")).toEqual(before.generator);
    expect(await paramsOf("discriminator")).not.toEqual(before.discriminator);
    expect(run.step).toBe(0);
    await run.update("generator");
    expect(await paramsOf("generator")).not.toEqual(before.generator);
    await expect(run.update("critic")).rejects.toThrow("got critic");
    await run.release();
  });
});
