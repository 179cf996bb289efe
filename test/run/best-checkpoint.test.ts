import { createHash } from "node:crypto";

import { beforeAll, describe, expect, it } from "vitest";

import { MemoryStore } from "../../src/base/store.ts";
import { type DataSplit, ring8, take } from "../../src/data/index.ts";
import { type ConfiguredModel, gan, vae } from "../../src/models/index.ts";
import { nodeEngine, openData } from "../../src/node/index.ts";
import type { Engine } from "../../src/runtime/index.ts";
import { type MetricLine, type TrainOptions, Run, checkpointFolders, listCheckpoints } from "../../src/run/index.ts";
import { openTrained } from "../../src/trained/index.ts";
import { resume, train } from "../../src/train/index.ts";

let engine: Engine;
let few: DataSplit;
beforeAll(async () => {
  engine = await nodeEngine({ device: "cpu" });
  // So few that a net of this size learns them by heart within some hundred steps.
  few = await openData("mnist", { limit: 40 });
});

const overfits = vae({ hidden: [64], latent: 8, binarize: "none" });
const options = {
  steps: 240,
  batch: 20,
  learningRate: 1e-2,
  schedule: "constant",
  evalEvery: 10,
  sampleEvery: 1000,
  seed: 2,
  checkpointEvery: 100,
} as const;

async function finish(model: ConfiguredModel, data: DataSplit, given: TrainOptions): Promise<MemoryStore> {
  const store = new MemoryStore();
  for await (const _ of train(model, data, given, { engine, store }));
  return store;
}

async function followed(store: MemoryStore, name: string): Promise<MetricLine[]> {
  return (await (await Run.open(store)).metrics()).filter(
    (line) => line.name === name && line.split === "test" && line.step > 0,
  );
}

const bestOf = async (store: MemoryStore) =>
  (await listCheckpoints(store, checkpointFolders.best)).map(({ step }) => step);

/** Digests of what is kept of the best checkpoint, by name. */
async function digests(store: MemoryStore): Promise<[string, string][]> {
  const names = (await store.list(checkpointFolders.best)).filter((name) => name.endsWith(".safetensors"));
  const digest = async (name: string) =>
    createHash("sha256")
      .update(await store.read(name))
      .digest("hex");
  return Promise.all(names.map(async (name): Promise<[string, string]> => [name, await digest(name)]));
}

describe("the best checkpoint", () => {
  let whole: MemoryStore;
  beforeAll(async () => {
    whole = await finish(overfits, few, options);
  });

  it("is that of the step with the best bound on held-out items, though the run went on", async () => {
    const lines = await followed(whole, "elbo");
    expect(lines.map(({ step }) => step)).toEqual(Array.from({ length: 24 }, (_, i) => 10 * (i + 1)));
    const best = lines.reduce((a, b) => (b.value! < a.value! ? b : a));
    // The run learns its items by heart: it has to get worse again, or the newest would do.
    expect(best.step).toBeLessThan(200);
    expect(lines.at(-1)!.value!).toBeGreaterThan(best.value! + 1);
    expect(await bestOf(whole)).toEqual([best.step]);

    const run = await Run.open(whole);
    const opened = await openTrained(run, engine, "ema", "best");
    const last = await openTrained(run, engine);
    expect([opened.step, last.step]).toEqual([best.step, 240]);
    const again = await finish(overfits, few, { ...options, steps: best.step });
    const straight = await openTrained(await Run.open(again), engine);
    const item = await few.test.read([0]);
    expect((await opened.trained.encode(item)).data).toEqual((await straight.trained.encode(item)).data);
    for (const { close } of [opened, last, straight]) await close();
  });

  it("is the same for a run interrupted before or after it, any number of times", async () => {
    const [best] = await bestOf(whole);
    for (const stops of [[best! - 5], [best! + 5], [5, best!, best! + 3, 205]]) {
      const store = new MemoryStore();
      let first = true;
      for (const at of [...stops, Infinity]) {
        const stop = new AbortController();
        const settings = { engine, store, signal: stop.signal };
        const events = first ? train(overfits, few, options, settings) : resume(await Run.open(store), few, settings);
        first = false;
        for await (const event of events) if (event.type === "step" && event.step === at) stop.abort();
      }
      expect(await digests(store)).toEqual(await digests(whole));
    }
  });

  it("of what a crash left after the latest checkpoint is the best one when that was saved", async () => {
    const store = new MemoryStore();
    const crashed = train(overfits, few, options, { engine, store });
    // Nobody asks for more: as if the process were gone.
    for await (const event of crashed) if (event.type === "step" && event.step === 145) break;
    const saved = (await followed(store, "elbo")).filter(({ step }) => step <= 100);
    const stop = new AbortController();
    const events = resume(await Run.open(store), few, { engine, signal: stop.signal });
    for await (const event of events) if (event.type === "step") stop.abort();
    expect(await bestOf(store)).toEqual([saved.reduce((a, b) => (b.value! < a.value! ? b : a)).step]);
  });

  it("of a GAN on points is the one nearest to held-out points", async () => {
    const ring = ring8.generate();
    const data = { train: take(ring.train, 2000), test: take(ring.test, 500) };
    const store = await finish(gan({ hidden: [16] }), data, {
      steps: 40,
      batch: 50,
      sampleEvery: 5,
      learningRate: 2e-2,
    });
    const lines = await followed(store, "distance/emd");
    expect(lines).toHaveLength(8);
    expect(await bestOf(store)).toEqual([lines.reduce((a, b) => (b.value! < a.value! ? b : a)).step]);
  });

  it("is not replaced by a worse one if the lines with its value are lost", async () => {
    const [best] = await bestOf(whole);
    const store = new MemoryStore();
    const stop = new AbortController();
    const events = train(overfits, few, options, { engine, store, signal: stop.signal });
    for await (const event of events) if (event.type === "step" && event.step === best! + 5) stop.abort();
    const kept = await digests(store);
    await store.remove("metrics.jsonl");
    for await (const _ of resume(await Run.open(store), few, { engine }));
    expect(await bestOf(store)).toEqual([best]);
    expect(await digests(store)).toEqual(kept);
  });

  it("is rejected if another file is in its place", async () => {
    const store = new MemoryStore();
    for (const name of await whole.list("")) await store.write(name, await whole.read(name));
    await store.remove(checkpointFolders.best);
    const refused = async () => openTrained(await Run.open(store), engine, "ema", "best");
    await expect(refused()).rejects.toThrow(
      "elbo was not evaluated on held-out items, or checkpoints/best/ was removed",
    );
    for (const file of ["params.safetensors", "state.json"]) {
      await store.write(`${checkpointFolders.best}/${file}`, await whole.read(`checkpoints/000240/${file}`));
    }
    await expect(refused()).rejects.toThrow(
      "checkpoints/best/params.safetensors has been moved from where zaya saved it",
    );
    await store.write(`${checkpointFolders.best}/000240/state.json`, await whole.read("checkpoints/000240/state.json"));
    await expect(refused()).rejects.toThrow("checkpoints/best/000240/params.safetensors is missing");
  });

  it("is reported as missing, with the reason", async () => {
    const store = await finish(gan({ hidden: [16], arch: "mlp" }), few, { steps: 4, batch: 20 });
    const run = await Run.open(store);
    await expect(openTrained(run, engine, "ema", "best")).rejects.toThrow(
      "gan computes no metric on held-out items of such data during training",
    );
    await expect(openTrained(run, engine, "ema", 3)).rejects.toThrow("the run has no checkpoint of step 3");
  });
});
