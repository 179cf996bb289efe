import { describe, expect, it } from "vitest";

import { type NdArray, permuted } from "../../src/base/ndarray.ts";
import { key, uniform } from "../../src/base/random.ts";
import { range } from "../../src/base/range.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { cyclegan, pacgan } from "../../src/models/index.ts";
import { add, mean, mul, sub } from "../../src/ops/index.ts";
import { type Arrays, ortEngine } from "../../src/runtime/index.ts";
import { Run, type TrainedModel, exportModel, openTrained, train } from "../../src/train/index.ts";
import { packsOf } from "../../src/train/packs.ts";
import { runOnnx } from "../onnx-file.ts";
import { even, handMade, images, pairsOf, splitOf, translatorOf } from "./hand-made.ts";

const shape = [4, 4, 1];

/** Notes what a model's maps are asked for. */
function watched(trained: TrainedModel): { readonly trained: TrainedModel; readonly asked: Record<string, Arrays> } {
  const asked: Record<string, Arrays> = {};
  const map = trained.map.bind(trained);
  trained.map = (name, inputs) => ((asked[name] = inputs), map(name, inputs));
  return { trained, asked };
}

/** So many items, gone through again and again. */
const cycled = (items: NdArray, count: number): number[] =>
  Array.from({ length: (count * items.data.length) / items.shape[0]! }, (_, i) => items.data[i % items.data.length]!);

describe("the comparison of exported files with the model", () => {
  it("is made on images of the domain that each input is of", async () => {
    const { maps, translators } = translatorOf(shape, { AtoB: (x) => sub(1, x), BtoA: (x) => mul(x, 2) });
    const pair = handMade({
      maps: {
        ...maps,
        ofB: { inputs: { x: shape }, outputs: ({ x }) => ({ score: mean(x!, { axes: [1, 2] }) }) },
        ofPairs: { inputs: { source: shape, x: shape }, outputs: ({ source, x }) => ({ score: add(source!, x!) }) },
        other: { inputs: { x: shape }, outputs: ({ x }) => ({ y: x! }) },
      },
      translators: {
        AtoB: { ...translators!.AtoB!, judge: { map: "ofB", input: "x", output: "score" } },
        BtoA: { ...translators!.BtoA!, judge: { map: "ofPairs", input: "x", source: "source", output: "score" } },
      },
    });
    const { trained, asked } = watched(pair);
    const [a, b] = [even([0.1, 0.2, 0.3], shape), even([0.6, 0.7, 0.8], shape)];
    const data = pairsOf(images("A", a), images("B", b), true);
    const entries = await exportModel(trained, data, new MemoryStore(), key(1), {});
    const given = (map: string, input: string) => [...asked[map]![input]!.data];
    expect(given("AtoB", "x")).toEqual(cycled(a, 64));
    expect(given("BtoA", "x")).toEqual(cycled(b, 64));
    expect(given("ofB", "x")).toEqual(cycled(b, 64));
    expect([given("ofPairs", "x"), given("ofPairs", "source")]).toEqual([cycled(a, 64), cycled(b, 64)]);
    // Of which nobody says what it takes.
    expect(new Set(given("other", "x")).size).toBeGreaterThan(1000);
    for (const { file, largestDifference } of entries) {
      for (const difference of Object.values(largestDifference)) expect(difference, file).toBeLessThan(1e-6);
    }
  });
});

it("an exported translator gives the floats of the run's, within 1e-4", async () => {
  const engine = ortEngine({ device: "cpu", threads: 1 });
  const domain = (name: string, seed: number) => images(name, uniform(key(seed), [6, 16, 16, 3]));
  const data = splitOf(pairsOf(domain("A", 1), domain("B", 2), false));
  const store = new MemoryStore();
  const options = { steps: 3, batch: 2, seed: 1, sampleEvery: 100, learningRate: 1e-2 };
  for await (const _ of train(cyclegan({ ngf: 2, blocks: 1 }), data, options, { engine, store }));
  const { trained, close } = await openTrained(await Run.open(store), engine);
  for (const direction of ["AtoB", "BtoA"] as const) {
    const source = data.test.sides![direction === "AtoB" ? "a" : "b"].read(range(0, 6));
    const own = await trained.translate(source, direction);
    const [made] = await runOnnx(await store.read(`export/${direction}.onnx`), { x: permuted(source, [0, 3, 1, 2]) });
    const other = permuted(made!.y!, [0, 2, 3, 1]);
    expect(other.shape).toEqual(own.shape);
    const apart = (one: NdArray, two: NdArray) =>
      Math.max(...one.data.map((value, i) => Math.abs(value - two.data[i]!)));
    expect(apart(own, other)).toBeLessThan(1e-4);
    // Which is more than that the nets do nothing, or nothing that depends on the image.
    expect(apart(own, source)).toBeGreaterThan(0.1);
    expect(new Set(own.data).size).toBeGreaterThan(1000);
  }
  await close();
});

it("a discriminator of packs of images takes them with channels first, and is compared on real ones", async () => {
  const engine = ortEngine({ device: "cpu", threads: 1 });
  const items = images("A", uniform(key(1), [24, 4, 6, 3]));
  const store = new MemoryStore();
  const model = pacgan({ arch: "mlp", hidden: [4], latent: 2, packing: 2 });
  const options = { steps: 2, batch: 4, seed: 1, sampleEvery: 100 };
  for await (const _ of train(model, splitOf(items), options, { engine, store }));
  const { trained, close } = await openTrained(await Run.open(store), engine);
  const x = packsOf(items.read(range(0, 10)), 2);
  const { score } = await trained.map("discriminator", { x });
  const [made] = await runOnnx(await store.read("export/discriminator.onnx"), { x: permuted(x, [0, 1, 4, 2, 3]) });
  expect(made!.score!.shape).toEqual([5, 1]);
  expect(new Set(score!.data).size).toBe(5);
  for (const [i, value] of score!.data.entries()) expect(made!.score!.data[i]).toBeCloseTo(value, 5);
  const parity = JSON.parse(new TextDecoder().decode(await store.read("export/parity.json"))) as {
    file: string;
    largestDifference: Record<string, number>;
  }[];
  const entry = parity.find(({ file }) => file === "export/discriminator.onnx")!;
  expect(entry.largestDifference.score).toBeLessThan(1e-5);
  await close();
});
