import { describe, expect, it } from "vitest";

import { type NdArray, permuted } from "../../src/base/ndarray.ts";
import { key, uniform } from "../../src/base/random.ts";
import { range } from "../../src/base/range.ts";
import { MemoryStore } from "../../src/base/store.ts";
import type { Dataset } from "../../src/data/index.ts";
import { type ConfiguredModel, autoencoder, cyclegan, pacgan, vae } from "../../src/models/index.ts";
import { add, mean, mul, sub } from "../../src/ops/index.ts";
import { type Arrays, ortEngine } from "../../src/runtime/index.ts";
import { Run } from "../../src/run/index.ts";
import { type TrainedModel, exportModel, openTrained } from "../../src/trained/index.ts";
import { train } from "../../src/train/index.ts";
import type { ValueFacts } from "../../src/trained/file-facts.ts";
import { packsOf } from "../../src/step/packs.ts";
import { decodeOnnx, runOnnx } from "../onnx-file.ts";
import { even, handMade, images, pairsOf, splitOf, translatorOf } from "../train/hand-made.ts";

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
  it("uses images of each input's domain", async () => {
    const { maps, translators } = translatorOf(shape, { AtoB: (x) => sub(1, x), BtoA: (x) => mul(x, 2) });
    const pair = handMade({
      maps: {
        ...maps,
        ofB: { inputs: { x: shape }, outputs: ({ x }) => ({ score: mean(x!, { axes: [1, 2] }) }) },
        ofPairs: { inputs: { source: shape, x: shape }, outputs: ({ source, x }) => ({ score: add(source!, x!) }) },
        other: { inputs: { x: shape }, outputs: ({ x }) => ({ y: x! }) },
      },
      translators: {
        AtoB: { ...translators!.AtoB!, discriminator: { map: "ofB", input: "x", output: "score" } },
        BtoA: {
          ...translators!.BtoA!,
          discriminator: { map: "ofPairs", input: "x", source: "source", output: "score" },
        },
      },
    });
    const { trained, asked } = watched(pair);
    const [a, b] = [even([0.1, 0.2, 0.3], shape), even([0.6, 0.7, 0.8], shape)];
    const data = pairsOf(images("A", a), images("B", b), true);
    const entries = await exportModel(trained, data, new MemoryStore(), key(1), {
      recipe: "vae",
      paper: "",
      step: 1,
      weights: null,
      versions: {},
      data: null,
    });
    const given = (map: string, input: string) => [...asked[map]![input]!.data];
    expect(given("AtoB", "x")).toEqual(cycled(a, 64));
    expect(given("BtoA", "x")).toEqual(cycled(b, 64));
    expect(given("ofB", "x")).toEqual(cycled(b, 64));
    expect([given("ofPairs", "x"), given("ofPairs", "source")]).toEqual([cycled(a, 64), cycled(b, 64)]);
    // Of which nobody says what it takes.
    expect(new Set(given("other", "x")).size).toBeGreaterThan(1000);
    for (const { file, largestDifference } of entries) {
      for (const difference of Object.values(largestDifference!)) expect(difference, file).toBeLessThan(1e-6);
    }
  });
});

it("an exported translator agrees with the run, within 1e-4", async () => {
  const engine = ortEngine({ device: "cpu", threads: 1 });
  const domain = (name: string, seed: number) => images(name, uniform(key(seed), [6, 16, 16, 3]));
  const data = splitOf(pairsOf(domain("A", 1), domain("B", 2), false));
  const store = new MemoryStore();
  const options = { steps: 3, batch: 2, seed: 1, sampleEvery: 100, learningRate: 1e-2 };
  for await (const _ of train(cyclegan({ ngf: 2, blocks: 1 }), data, options, { engine, store }));
  const { trained, close } = await openTrained(await Run.open(store), engine);
  for (const direction of ["AtoB", "BtoA"] as const) {
    const source = await data.test.sides![direction === "AtoB" ? "a" : "b"].read(range(0, 6));
    const own = await trained.translate(source, direction);
    const [made] = await runOnnx(await store.read(`export/${direction}.onnx`), {
      image: permuted(source, [0, 3, 1, 2]),
    });
    const other = permuted(made!.translation!, [0, 2, 3, 1]);
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

it("a discriminator of packs of images takes them channels first, and is compared on real ones", async () => {
  const engine = ortEngine({ device: "cpu", threads: 1 });
  const items = images("A", uniform(key(1), [24, 4, 6, 3]));
  const store = new MemoryStore();
  const model = pacgan({ arch: "mlp", hidden: [4], latent: 2, packing: 2 });
  const options = { steps: 2, batch: 4, seed: 1, sampleEvery: 100 };
  for await (const _ of train(model, splitOf(items), options, { engine, store }));
  const { trained, close } = await openTrained(await Run.open(store), engine);
  const x = packsOf(await items.read(range(0, 10)), 2);
  const { score } = await trained.map("discriminator", { pack: x });
  const [made] = await runOnnx(await store.read("export/discriminator.onnx"), { pack: permuted(x, [0, 1, 4, 2, 3]) });
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

describe("an exported file", () => {
  const ofModel = async (model: ConfiguredModel, data: Dataset) => {
    const store = new MemoryStore();
    const engine = ortEngine({ device: "cpu", threads: 1 });
    const options = { steps: 2, batch: 4, seed: 1, sampleEvery: 100 };
    const settings = { engine, store, versions: { zaya: "0.0.1" } };
    for await (const _ of train(model, splitOf(data), options, settings));
    const card = JSON.parse(new TextDecoder().decode(await store.read("export/model.json"))) as {
      files: Record<string, { inputs: Record<string, ValueFacts>; outputs: Record<string, ValueFacts> }>;
    } & Record<string, unknown>;
    return { store, card };
  };

  it("describes its inputs and outputs in ONNX's terms, in its metadata, and in model.json", async () => {
    const { store, card } = await ofModel(vae({ hidden: [4], latent: 3 }), images("A", uniform(key(1), [24, 4, 6, 3])));
    expect(card).toMatchObject({ producer: "zaya", recipe: "vae", step: 2, versions: { zaya: "0.0.1" } });
    expect(card.data).toEqual({ name: "A", kind: "image", shape: [4, 6, 3] });
    expect(Object.keys(card.files)).toEqual(["encoder.onnx", "decoder.onnx"]);
    const { model, signature } = decodeOnnx(await store.read("export/decoder.onnx"));
    const { inputs, outputs } = card.files["decoder.onnx"]!;
    expect(signature).toEqual({ inputs: { z: ["n", 3] }, outputs: { image: ["n", 3, 4, 6] } });
    expect([inputs.z!.shape, outputs.image!.shape]).toEqual([
      ["n", 3],
      ["n", 3, 4, 6],
    ]);
    expect(inputs.z!.prior).toBe("standard normal");
    expect(outputs.image).toMatchObject({ layout: "NCHW", range: [0, 1] });
    const metadata = Object.fromEntries(model.metadataProps.map(({ key: name, value }) => [name, value]));
    expect(JSON.parse(metadata.inputs!)).toEqual(inputs);
    expect(JSON.parse(metadata.outputs!)).toEqual(outputs);
    expect(metadata).toMatchObject({
      recipe: "vae",
      step: "2",
      data: "A",
      versions: '{"zaya":"0.0.1"}',
      "Image.BitmapPixelFormat": "Rgb8",
      "Image.NominalPixelRange": "Normalized_0_1",
    });
    expect(model.docString).toContain("decoder of a vae, step 2, by zaya: z to image. Kingma");
    const [image] = model.graph!.output;
    expect(image!.docString).toBe("images, red, green, blue, from 0 black to 1 white");
    expect(image!.type!.denotation).toBe("IMAGE");
    const tensor = image!.type!.value.value as { shape?: { dim: { denotation: string }[] } };
    expect(tensor.shape!.dim.map(({ denotation }) => denotation)).toEqual([
      "DATA_BATCH",
      "DATA_CHANNEL",
      "DATA_FEATURE",
      "DATA_FEATURE",
    ]);
    expect(model.graph!.input[0]!.docString).toBe("latents, standard normal");
  });

  it("of codes that cannot be sampled says so; the sampler next to it generates items", async () => {
    const { card } = await ofModel(
      autoencoder({ hidden: [4], latent: 3 }),
      images("A", uniform(key(1), [24, 4, 6, 1])),
    );
    expect(card.files["decoder.onnx"]!.inputs.z!.prior).toBeNull();
    expect(card.files["sampler.onnx"]!.inputs.noise!.prior).toBe("standard normal");
  });
});
