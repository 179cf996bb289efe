import { createHash } from "node:crypto";

import { beforeAll, describe, expect, it } from "vitest";

import { MemoryStore } from "../../src/base/store.ts";
import type { DataSplit } from "../../src/data/index.ts";
import { type ConfiguredModel, adagan, vae } from "../../src/models/index.ts";
import { nodeEngine, openData } from "../../src/node/index.ts";
import type { Engine } from "../../src/runtime/index.ts";
import {
  type TrainOptions,
  Run,
  checkpointFolders,
  lengthen,
  listCheckpoints,
  rateWords,
} from "../../src/run/index.ts";
import { resume, train } from "../../src/train/index.ts";

let engine: Engine;
let few: DataSplit;
beforeAll(async () => {
  engine = await nodeEngine({ device: "cpu" });
  few = await openData("mnist", { limit: 60 });
});

const model = vae({ hidden: [8], latent: 2 });
const cadence = { logEvery: 10, evalEvery: 15, sampleEvery: 20, checkpointEvery: 20 };
const options = { batch: 10, schedule: "constant", seed: 4, ...cadence } as const;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Trains until a step, as if somebody stopped it there. */
async function trained(configured: ConfiguredModel, given: TrainOptions, until = Infinity): Promise<MemoryStore> {
  const store = new MemoryStore();
  const stop = new AbortController();
  for await (const event of train(configured, few, given, { engine, store, signal: stop.signal })) {
    if (event.type === "step" && event.step === until) stop.abort();
  }
  return store;
}

async function goOn(store: MemoryStore, steps: number): Promise<void> {
  await lengthen(await Run.open(store), few, { steps });
  for await (const _ of resume(await Run.open(store), few, { engine }));
}

/** All numbers that a run has logged, and digests of its parameters and pictures. */
async function contents(store: MemoryStore) {
  const lines = (await (await Run.open(store)).metrics()).map(({ seconds: _, ...line }) => line);
  const names = (await store.list("checkpoints")).filter((name) => name.endsWith(".safetensors"));
  const pictures = await store.list("samples");
  const digest = async (name: string) =>
    createHash("sha256")
      .update(await store.read(name))
      .digest("hex");
  const files = await Promise.all([...names, ...pictures].map(async (name) => [name, await digest(name)]));
  return { lines, files };
}

describe("a run that is lengthened", () => {
  let whole: Awaited<ReturnType<typeof contents>>;
  beforeAll(async () => {
    whole = await contents(await trained(model, { ...options, steps: 120 }));
  });

  it.each([
    ["it was done, at a step of every cadence", 60, Infinity],
    ["it was done, at a step of some", 40, Infinity],
    ["it was stopped on its way", 60, 33],
  ])("ends as if planned with that length: %s", async (_, steps, until) => {
    const store = await trained(model, { ...options, steps }, until);
    await goOn(store, 120);
    expect(await contents(store)).toEqual(whole);
    const { config, state } = await Run.open(store);
    expect(config.lengthened).toEqual([{ at: Math.min(steps, until), from: steps, to: 120 }]);
    expect([config.train.steps, state.status, state.step]).toEqual([120, "done", 120]);
  });

  it("does so as well if it is interrupted again, and lengthened twice", async () => {
    const store = await trained(model, { ...options, steps: 40 });
    await lengthen(await Run.open(store), few, { steps: 60 });
    const stop = new AbortController();
    for await (const event of resume(await Run.open(store), few, { engine, signal: stop.signal })) {
      // Before anything was saved: it begins at the old end again.
      if (event.type === "phase" && event.phase === "train") break;
    }
    for await (const event of resume(await Run.open(store), few, { engine, signal: stop.signal })) {
      if (event.type === "step" && event.step === 47) stop.abort();
    }
    await goOn(store, 120);
    expect(await contents(store)).toEqual(whole);
    expect((await Run.open(store)).config.lengthened).toHaveLength(2);
  });

  it("is logged like one planned with that length if it ended between two evaluations", async () => {
    const store = await trained(model, { ...options, steps: 50 });
    await goOn(store, 120);
    expect((await contents(store)).lines).toEqual(whole.lines);
    const best = async (run: MemoryStore) =>
      (await listCheckpoints(run, checkpointFolders.best)).map(({ step }) => step);
    expect(await best(store)).toHaveLength(1);
  });

  it("stretches a decaying schedule, and says so", async () => {
    const store = await trained(model, { ...options, schedule: "linear", steps: 40 });
    const config = await lengthen(await Run.open(store), few, { steps: 80 });
    // Half way from 1e-3 to 5e-5.
    expect(rateWords(config!.train, 40)).toBe(
      "the linear learning-rate schedule is stretched: 0.000525 now, 0.00005 at the end",
    );
    // Six batches a pass.
    expect((await lengthen(await Run.open(store), few, { epochs: 16 }))!.train.steps).toBe(96);
    expect(rateWords({ ...config!.train, schedule: "constant" }, 40)).toBe("the learning rate stays at 0.001");
  });

  it("rejects a length that it has passed, and training in stages another one; nothing is changed", async () => {
    const store = await trained(model, { ...options, steps: 40 });
    const before = await store.read("config.json");
    await expect(lengthen(await Run.open(store), few, { steps: 30 })).rejects.toThrow(
      "the new length must be more than the 40 steps done",
    );
    expect(await lengthen(await Run.open(store), few, { steps: 40 })).toBe(null);
    expect(await store.read("config.json")).toEqual(before);
    const staged = await trained(adagan({ arch: "mlp", hidden: [4], components: 2 }), { steps: 9, batch: 10 });
    await expect(lengthen(await Run.open(staged), few, { steps: 30 })).rejects.toThrow("adagan trains in stages");
  });

  it.each<[string, (store: MemoryStore) => Promise<void>, string]>([
    [
      "something is in the way of a checkpoint",
      (store) => store.write("checkpoints/000060", bytes("mine")),
      "must be free",
    ],
    [
      "a file is in the place of the best one",
      (store) => store.write("checkpoints/best", bytes("mine")),
      "a file is in the place of the folder of the best checkpoint",
    ],
    ["its lines are broken", (store) => store.write("metrics.jsonl", bytes("{}\n")), "line 1"],
    [
      "no checkpoint is whole",
      (store) => store.write("checkpoints/000040/params.safetensors", bytes("x")),
      "must have an intact checkpoint",
    ],
  ])("is rejected before anything is written if %s", async (what, harm, reason) => {
    const store = await trained(model, { ...options, steps: 40, keep: 1 });
    if (what.includes("best")) await store.remove("checkpoints/best");
    await harm(store);
    const files = async () => Promise.all((await store.list("")).map(async (name) => [name, await store.read(name)]));
    const before = await files();
    await expect(Run.open(store).then((run) => lengthen(run, few, { steps: 80 }))).rejects.toThrow(reason);
    expect(await files()).toEqual(before);
  });

  it("is rejected before anything is written if its steps do not fit into the memory here", async () => {
    const store = await trained(model, { ...options, steps: 40 });
    const before = await store.read("config.json");
    await expect(lengthen(await Run.open(store), few, { steps: 80 }, 1000)).rejects.toThrow("memory");
    expect(await store.read("config.json")).toEqual(before);
  });
});
