import sharp from "sharp";
import { describe, expect, it } from "vitest";

import { monteCarlo } from "../../src/numeric/monte-carlo.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { fold, key, normal } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { type Dataset, arrayDataset, pairDataset, subsample, subsampleIndices } from "../../src/data/index.ts";
import type { Model } from "../../src/models/index.ts";
import { mul, slice } from "../../src/ops/index.ts";
import { interpreter } from "../../src/runtime/index.ts";
import { TrainedModel } from "../../src/trained/index.ts";
import { recordedDistance } from "../../src/evaluation/distance-record.ts";
import { recordedOverfit } from "../../src/evaluation/overfit-record.ts";
import { writeReals } from "../../src/report/sample-pictures.ts";

/** Standard normal points in the plane, by their first coordinate: the first of them are the leftmost. */
function sortedPoints(n: number, seed: number): Dataset {
  const { data } = normal(key(seed), [n, 2]);
  const order = Array.from({ length: n }, (_, i) => i).toSorted((a, b) => data[2 * a]! - data[2 * b]!);
  const items = ndarray("float32", [n, 2], Float32Array.from(order.flatMap((i) => [data[2 * i]!, data[2 * i + 1]!])));
  return arrayDataset({ name: "sorted", kind: "points", items });
}

/** Draws the distribution of the points itself; the score of a point is its first coordinate. */
function perfect(): TrainedModel {
  const model: Model = {
    nets: {},
    steps: [],
    maps: {
      generator: { inputs: { z: [2] }, outputs: ({ z }) => ({ samples: mul(z!, 1) }) },
      discriminator: { inputs: { x: [2] }, outputs: ({ x }) => ({ score: slice(x!, 1, 0, 1) }) },
    },
    generator: { map: "generator", input: "z", output: "samples", noise: "normal", shape: [2] },
    discriminator: { map: "discriminator", input: "x", output: "score", boundary: null },
  };
  const engine = interpreter();
  return new TrainedModel(model, {}, engine, engine.createState({}), { step: 0, steps: 1 });
}

/** Images of one grey each, one number a picture, from black to white. */
const greys = arrayDataset({
  name: "greys",
  kind: "image",
  items: ndarray(
    "float32",
    [400, 2, 2, 1],
    Float32Array.from({ length: 1600 }, (_, i) => Math.floor(i / 4) / 399),
  ),
});

describe("ordered data", () => {
  it("have the same distance to their own distribution as data in random order", async () => {
    const { "distance/emd": found } = await recordedDistance(perfect(), sortedPoints(2000, 1), key(4));
    const { "distance/emd": shuffled } = await recordedDistance(
      perfect(),
      arrayDataset({ name: "shuffled", kind: "points", items: normal(key(7), [2000, 2]) }),
      key(4),
    );
    expect(found).toBeGreaterThan(0.5 * shuffled!);
    expect(found).toBeLessThan(1.5 * shuffled!);
  });

  it("give a critic that does not depend on training items the same score on both splits", async () => {
    const data = { train: sortedPoints(20_000, 1), test: sortedPoints(1000, 2) };
    const found = await recordedOverfit(perfect(), data, key(5));
    const stderr = Math.sqrt(2 / 500);
    expect(Math.abs(found["overfit/scores/train"]! - found["overfit/scores/heldOut"]!)).toBeLessThan(4 * stderr);
  });

  it("are shown across their whole range", async () => {
    const store = new MemoryStore();
    await writeReals(store, greys);
    const shown = new Set(
      await sharp(await store.read("samples/reals.png"))
        .raw()
        .toBuffer(),
    );
    expect(shown.size).toBeGreaterThan(40);
    expect(Math.max(...shown)).toBeGreaterThan(230);
  });
});

describe("a subsample", () => {
  const values = async (data: Dataset) =>
    Array.from((await data.read(Int32Array.from({ length: data.size }, (_, i) => i))).data);

  it("is distinct, reproducible, and representative", async () => {
    const places = subsampleIndices(greys, 100);
    expect(new Set(places).size).toBe(100);
    expect(subsampleIndices(greys, 100)).toEqual(places);
    expect(subsampleIndices(greys, 100, fold(key(0), "other"))).not.toEqual(places);
    // The mean of 100 of 400 evenly spread numbers, drawn without replacement.
    const stderr = Math.sqrt((400 ** 2 / 12 / 100) * 0.75);
    expect(Math.abs(monteCarlo(places).mean - 199.5)).toBeLessThan(4 * stderr);
    expect(await values(subsample(greys, 7))).toEqual(Array.from((await greys.read(subsampleIndices(greys, 7))).data));
  });

  it("is the whole set, unchanged, if there are no more items", () => {
    expect(subsample(greys, 400)).toBe(greys);
    expect(subsample(greys, 1000)).toBe(greys);
    expect(new Set(subsampleIndices(greys, 1000)).size).toBe(400);
  });

  it("keeps aligned domains together, and takes equally many of each otherwise", async () => {
    const other = subsample(greys, 50);
    const aligned = subsample(pairDataset("twice", { a: greys, b: greys, aligned: true }), 9).sides!;
    expect(await values(aligned.a)).toEqual(await values(aligned.b));
    const { a, b } = subsample(pairDataset("two", { a: greys, b: other, aligned: false }), 40).sides!;
    expect([a.size, b.size]).toEqual([40, 40]);
  });
});
