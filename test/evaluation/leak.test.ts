import { afterAll, beforeAll, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { fold, key, uniform } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { type DataSplit, arrayDataset } from "../../src/data/index.ts";
import { leak } from "../../src/metrics/index.ts";
import { type ConfiguredModel, classifier, gan } from "../../src/models/index.ts";
import { ortEngine } from "../../src/runtime/index.ts";
import { Run } from "../../src/run/index.ts";
import { type OpenedModel, classifierFeatures, openTrained } from "../../src/trained/index.ts";
import { type Evaluation, evaluator } from "../../src/evaluation/index.ts";
import { train } from "../../src/train/index.ts";

const engine = ortEngine({ device: "cpu", threads: 1 });

/** Noise that is bright at the top, more to the right: no two ways to turn or mirror them look alike. */
function slopes(seed: number, count: number): NdArray<"float32"> {
  const noise = uniform(key(seed), [count, 8, 8, 1]);
  return ndarray(
    "float32",
    noise.shape,
    noise.data.map((value, i) => 0.3 * value + 0.5 * (1 - (Math.floor(i / 8) % 8) / 7) + (0.2 * (i % 8)) / 7),
  );
}

const part = (seed: number, count: number) =>
  arrayDataset({ name: "slopes", kind: "image", items: slopes(seed, count) });
const data: DataSplit = { train: part(1, 400), test: part(2, 100) };

async function trained(model: ConfiguredModel, steps: number) {
  const store = new MemoryStore();
  let test: Readonly<Record<string, Evaluation>> = {};
  const options = { steps, batch: 20, seed: 2, sampleEvery: 10_000 };
  for await (const event of train(model, data, options, { engine, store })) {
    if (event.type === "done") test = event.result.test;
  }
  return { opened: await openTrained(await Run.open(store), engine), test };
}

let teller: OpenedModel;
let generator: OpenedModel;
let predicted: Readonly<Record<string, Evaluation>>;
beforeAll(async () => {
  ({ opened: teller, test: predicted } = await trained(
    classifier({ task: "transform", hidden: [8], features: 16 }),
    60,
  ));
  ({ opened: generator } = await trained(gan({ arch: "mlp", hidden: [8], latent: 2 }), 20));
});
afterAll(() => Promise.all([teller.close(), generator.close()]));

it("a classifier of transformations needs no labels, and is evaluated on all transformations", () => {
  expect(predicted.accuracy!.n).toBe(4 * 100);
  expect(predicted.accuracy!.value).toBeGreaterThan(0.99);
  expect(predicted.accuracy!.details.accuracyPerClass).toHaveLength(4);
});

it("leak is the fraction of samples classified as rotated, next to that of real test items", async () => {
  const features = await classifierFeatures(teller.trained, "turns");
  const subject = { trained: generator.trained, data: data.test, part: "test", key: key(1), training: data.train };
  const result = await evaluator({ ...subject, features })(leak, { samples: 150 });
  const drawn = await generator.trained.sample(fold(key(1), "samples"), 150);
  const orientation = await features.transforms!.of(drawn);
  expect(result.value).toBe(orientation.filter((each) => each !== 0).length / 150);
  expect(result.details["as 90 degrees"]).toBe(orientation.filter((each) => each === 1).length / 150);
  expect(result.n).toBe(150);
  expect(result.floor).toBeLessThan(0.02);
  expect(result.protocol).toMatchObject({ samples: 150, reference: 100, features: { dimensions: 4 } });
});

it("leak counts all classes except the first", () => {
  const names = ["identity", "left-right", "up-down"];
  const { value, details, interval } = leak.measure({ predicted: Int32Array.of(0, 1, 0, 2, 1, 0, 0, 0), names }, {});
  expect(value).toBe(3 / 8);
  expect(details).toEqual({ "as identity": 5 / 8, "as left-right": 2 / 8, "as up-down": 1 / 8 });
  expect(interval![0]).toBeGreaterThan(0);
  expect(leak.measure({ predicted: new Int32Array(50), names }, {}).value).toBe(0);
});

it("leak is rejected without a classifier of transformations; one of labels does not suffice", async () => {
  const subject = { trained: generator.trained, data: data.test, part: "test", key: key(1), training: data.train };
  await expect(evaluator(subject)(leak)).rejects.toThrow("a classifier of transformations - got none");
  const labels = Int32Array.from({ length: 100 }, (_, i) => i % 4);
  const labelled = arrayDataset({ name: "labelled", kind: "image", items: slopes(3, 100), labels });
  const store = new MemoryStore();
  const options = { steps: 2, batch: 20, sampleEvery: 10_000 };
  const split = { train: labelled, test: labelled };
  for await (const _ of train(classifier({ hidden: [4], features: 4 }), split, options, { engine, store }));
  const other = await openTrained(await Run.open(store), engine);
  const features = await classifierFeatures(other.trained, "labels");
  await expect(evaluator({ ...subject, features })(leak)).rejects.toThrow(/transformations - got labels@/);
  await other.close();
});

it("sets of transformations are for a classifier of them alone", () => {
  const { definition, options } = classifier({ transforms: ["flip"] });
  const attempt = () => definition.build(options, { kind: "image", shape: [8, 8, 1], classes: 2 });
  expect(attempt).toThrow(OptionError);
  expect(attempt).toThrow("--transforms is for --task transform - got flip with --task class");
});
