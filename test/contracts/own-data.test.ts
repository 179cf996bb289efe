import { setTimeout as wait } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { type NdArray, ndarray, zeros } from "../../src/base/ndarray.ts";
import { integers, key, normal, uniform } from "../../src/base/random.ts";
import { Sha256 } from "../../src/base/sha256.ts";
import { MemoryStore } from "../../src/base/store.ts";
import {
  type DataSplit,
  type Dataset,
  arrayDataset,
  loader,
  nearDuplicates,
  pairDataset,
  readExact,
  select,
  subsample,
  splitOff,
  standardised,
  summarize,
  take,
  thin,
  unaligned,
} from "../../src/data/index.ts";
import { type ConfiguredModel, cyclegan, gan, vae, wgan } from "../../src/models/index.ts";
import { nodeEngine } from "../../src/node/index.ts";
import { train } from "../../src/train/index.ts";
import { testDevice } from "../device.ts";

// What the library owes to a data set of a person's own, whose reads are answered later, the last one first: that nothing differs
// from the same items in memory.

const points = arrayDataset({
  name: "points",
  kind: "points",
  ownUnits: true,
  items: ndarray(
    "float64",
    [60, 2],
    Float64Array.from(normal(key(1), [60, 2]).data, (value) => 1e6 + value / 7),
  ),
});
const images = (seed: number): Dataset =>
  arrayDataset({ name: `images ${seed}`, kind: "image", items: uniform(key(seed), [60, 16, 16, 1]) });
const pairs = (from: (data: Dataset) => Dataset, aligned: boolean): Dataset =>
  pairDataset("pairs", { a: from(images(2)), b: from(images(3)), aligned });

/** The same items, read later: of reads that are pending together, the last one is answered first. */
function later(data: Dataset): Dataset {
  let pending = 0;
  return own(data, async (read) => {
    await wait(Math.max(0, 5 - pending++));
    pending--;
    return read();
  });
}

/** A data set that is of no class of zaya's, with the same items. */
function own(data: Dataset, delayed: <T>(read: () => Promise<T>) => Promise<T> = (read) => read()): Dataset {
  const { name, kind, shape, size, labels, skipped, fingerprint, readDouble } = data;
  return {
    name,
    kind,
    shape,
    size,
    labels,
    skipped,
    fingerprint,
    read: (indices) => delayed(() => data.read(indices)),
    ...(readDouble && { readDouble: (indices: ArrayLike<number>) => delayed(() => data.readDouble!(indices)) }),
    ...(data.pointScale && { pointScale: () => delayed(() => data.pointScale!()) }),
  };
}

const everything = (data: Dataset): Promise<NdArray> =>
  readExact(
    data,
    Array.from({ length: data.size }, (_, i) => data.size - 1 - i),
  );

/** SHA-256 of the files of a run, except those that contain times. */
async function trained(model: ConfiguredModel, data: DataSplit, steps: number): Promise<Record<string, string>> {
  const store = new MemoryStore();
  const engine = await nodeEngine({ device: testDevice });
  for await (const _ of train(model, data, { steps, batch: 8, seed: 3 }, { engine, store }));
  const kept: Record<string, string> = {};
  for (const name of await store.list("")) {
    if (/^(run|config)\.json|metrics\.jsonl|report\.html|state\.json|\.onnx$/.test(name)) continue;
    kept[name] = new Sha256().update(await store.read(name)).hex();
  }
  expect(Object.keys(kept).length).toBeGreaterThan(5);
  return kept;
}

describe("streamed data", () => {
  it.each<[what: string, (data: Dataset) => Dataset]>([
    ["chosen", (data) => select(data, Int32Array.of(5, 1, 59, 1))],
    ["chosen twice", (data) => select(take(data, 20), Int32Array.of(19, 3))],
    ["a share", (data) => thin(data, 0.3)],
    ["some", (data) => subsample(data, 10)],
    ["split off", (data) => splitOff(data).test],
  ])("equal those in memory: %s", async (_, choose) => {
    for (const data of [points, images(2)]) {
      expect(await everything(choose(later(data)))).toEqual(await everything(choose(data)));
    }
  });

  it("equal those in memory as pairs, aligned or not, and in batches", async () => {
    for (const aligned of [true, false]) {
      const [late, held] = [pairs(later, aligned), pairs((data) => data, aligned)];
      expect(await everything(late)).toEqual(await everything(held));
      const [batches, same] = [late, held].map((data) => loader(data, 7, key(4)));
      const [first, next] = [batches!.at(3), batches!.at(4)];
      expect(await first).toEqual(await same!.at(3));
      expect(await next).toEqual(await same!.at(4));
    }
    expect(await everything(unaligned(pairs(later, true) as never))).toEqual(
      await everything(pairs((data) => data, true)),
    );
  });

  it("are summarised, compared and standardised as in memory", async () => {
    expect(await summarize(later(points))).toEqual(await summarize(points));
    expect(await nearDuplicates(later(images(2)))).toEqual(await nearDuplicates(images(2)));
    const { train: late } = splitOff(later(points));
    const { train: held } = splitOff(points);
    expect(await late.pointScale!()).toEqual(await held.pointScale!());
    const scale = await late.pointScale!();
    expect(await everything(standardised(late, scale))).toEqual(await everything(standardised(held, scale)));
  });

  it.each<[what: string, ConfiguredModel, (from: (data: Dataset) => Dataset) => Dataset, steps: number]>([
    ["a VAE of images", vae({ latent: 2, hidden: [8] }), (from) => from(images(2)), 12],
    ["a GAN of points in their own units", gan({ latent: 2, hidden: [8] }), (from) => from(points), 220],
    [
      "a critic of several updates a step, and more before",
      wgan({ latent: 2, hidden: [8], criticSteps: 3, criticWarmup: 4 }),
      (from) => from(points),
      30,
    ],
    ["a CycleGAN", cyclegan({ ngf: 2, ndf: 2, blocks: 1, discriminatorLayers: 1 }), (from) => pairs(from, false), 4],
  ])(
    "train %s to the same bytes",
    async (_, model, data, steps) => {
      const files = await trained(model, splitOff(data(later)), steps);
      expect(files).toEqual(await trained(model, splitOff(data((items) => own(items))), steps));
    },
    120_000,
  );

  const pixels = (seed: number): Dataset =>
    arrayDataset({
      name: `pixels ${seed}`,
      kind: "image",
      items: ndarray("uint8", [60, 16, 16, 1], Uint8Array.from(integers(key(seed), 60 * 256, 256))),
    });

  it.each<[what: string, ConfiguredModel, data: Dataset, steps: number]>([
    ["a VAE", vae({ latent: 2, hidden: [8] }), pixels(2), 12],
    ["a critic with updates before", wgan({ latent: 2, hidden: [8], criticWarmup: 4, arch: "mlp" }), pixels(2), 4],
  ])("train %s on float32 numbers to the same files as on the corresponding bytes", async (_, model, data, steps) => {
    const { train: items, test } = splitOff(data);
    expect(items.readBytes).toBeDefined();
    const files = await trained(model, { train: items, test }, steps);
    expect(await trained(model, { train: own(items), test: own(test) }, steps)).toEqual(files);
  });

  it("have no bytes if they spread a data set in memory and override its read method", async () => {
    const dark: Dataset = {
      ...pixels(2),
      ...own(pixels(2)),
      read: async (indices) => zeros([indices.length, 16, 16, 1]),
    };
    expect(dark.readBytes).toBeUndefined();
  });

  it("end training with their own error when they can no longer be read", async () => {
    let reads = 0;
    const broken: Dataset = {
      ...later(images(2)),
      read: async (indices) => {
        if (++reads > 20) throw new Error("the disk is gone");
        return images(2).read(indices);
      },
    };
    const store = new MemoryStore();
    const settings = { engine: await nodeEngine({ device: testDevice }), store };
    const events = train(vae({ latent: 2, hidden: [8] }), splitOff(broken), { steps: 50, batch: 8 }, settings);
    await expect(async () => {
      for await (const _ of events);
    }).rejects.toThrow("the disk is gone");
    expect(JSON.parse(Buffer.from(await store.read("run.json")).toString())).toMatchObject({ status: "failed" });
  });
});
