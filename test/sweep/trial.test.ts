import { describe, expect, it } from "vitest";

import { MemoryStore } from "../../src/base/store.ts";
import { arrayDataset } from "../../src/data/index.ts";
import { key, normal } from "../../src/base/random.ts";
import type { RunConfig } from "../../src/run/index.ts";
import { SweepLog, repairLog, trialId } from "../../src/sweep/index.ts";
import type { SweepEvent } from "../../src/sweep/sweep-log.ts";

const points = (seed: number) => arrayDataset({ name: "points", kind: "points", items: normal(key(seed), [20, 2]) });
const data = { train: points(1), test: points(2) };
const config = {
  recipe: "vae",
  model: { latent: 2, hidden: [8] },
  data: { spec: "/here/points.npy" },
  train: { steps: 10, seed: 0 },
  device: "cpu",
} as unknown as RunConfig;

describe("a trial's id", () => {
  const id = trialId(config, 1, data);

  it("does not depend on the location of data, nor on the order of entries", () => {
    expect(trialId({ ...config, data: { spec: "/there/points.npy" } }, 1, data)).toBe(id);
    const { model, ...rest } = config;
    expect(trialId({ model: { hidden: [8], latent: 2 }, ...rest } as unknown as RunConfig, 1, data)).toBe(id);
    expect(model).toBeDefined();
  });

  it.each<[string, () => string]>([
    ["the seed", () => trialId({ ...config, train: { ...config.train, seed: 1 } }, 1, data)],
    ["an option", () => trialId({ ...config, model: { latent: 3, hidden: [8] } }, 1, data)],
    ["the threads", () => trialId(config, 2, data)],
    ["the items", () => trialId(config, 1, { ...data, train: points(3) })],
    ["the device", () => trialId({ ...config, device: "wasm" }, 1, data)],
  ])("is another with %s", (_, other) => {
    expect(other()).not.toBe(id);
    expect(other()).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("the log of a sweep", () => {
  const record = {
    name: "s",
    file: { recipe: "vae", data: "x", method: "grid", metric: { name: "elbo" }, parameters: {} },
    folder: "/",
    started: "2026-01-01T00:00:00.000Z",
    steps: 10,
    versions: {},
  } as unknown as Parameters<typeof SweepLog.create>[1];
  const event: SweepEvent = { type: "end", id: "a", rung: 0, status: "done", step: 10, seconds: 1, value: 0.5 };

  it("returns what was added, and discards a line that a crash has cut", async () => {
    const store = new MemoryStore();
    const log = await SweepLog.create(store, record);
    await Promise.all([log.add([event]), log.add([{ ...event, id: "b" }])]);
    await store.append("sweep.jsonl", new TextEncoder().encode('{"type":"end","id":"c"'));
    expect((await SweepLog.open(store))!.events).toEqual([event, { ...event, id: "b" }]);
    await repairLog(store);
    await (await SweepLog.open(store))!.add([{ ...event, id: "d" }]);
    expect((await SweepLog.open(store))!.events.map((one) => "id" in one && one.id)).toEqual(["a", "b", "d"]);
  });

  it("names a line that is damaged", async () => {
    const store = new MemoryStore();
    await SweepLog.create(store, record);
    await store.append("sweep.jsonl", new TextEncoder().encode(`${JSON.stringify(event)}\n{"type":\n`));
    await expect(SweepLog.open(store)).rejects.toThrow("sweep.jsonl: line 2: must be JSON");
  });
});
