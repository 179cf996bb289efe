import { comparisonLines } from "../../src/cli/result-lines.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { OptionError, ZayaError } from "../../src/base/errors.ts";
import { type NdArray, ndarray, zeros } from "../../src/base/ndarray.ts";
import { fold, key } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { type DataSplit, type Dataset, arrayDataset, ring8, take } from "../../src/data/index.ts";
import { type Metric, metrics } from "../../src/metrics/index.ts";
import { type ConfiguredModel, classifier, gan, vae } from "../../src/models/index.ts";
import { nodeEngine, openData } from "../../src/node/index.ts";
import { Run } from "../../src/run/index.ts";
import { type Features, type OpenedModel, classifierFeatures, openTrained } from "../../src/trained/index.ts";
import { evaluate, evaluationFile, evaluator, defaultMeasurements } from "../../src/evaluation/index.ts";
import { train } from "../../src/train/index.ts";

const engine = await nodeEngine({ device: "cpu" });
const named = (name: string): Metric => metrics.find((metric) => metric.name === name)!;

async function trained(model: ConfiguredModel, data: DataSplit, steps: number): Promise<OpenedModel> {
  const store = new MemoryStore();
  for await (const _ of train(model, data, { steps, batch: 20, seed: 2 }, { engine, store }));
  return openTrained(await Run.open(store), engine);
}

let digits: DataSplit;
let points: DataSplit;
let generator: OpenedModel;
let teller: OpenedModel;
let ring: OpenedModel;
let features: Features;

beforeAll(async () => {
  digits = await openData("mnist", { limit: 300 });
  const whole = ring8.generate();
  points = { train: take(whole.train, 2000), test: take(whole.test, 400) };
  generator = await trained(vae({ hidden: [16], latent: 4 }), digits, 30);
  teller = await trained(classifier({ hidden: [8], features: 12 }), digits, 60);
  ring = await trained(gan({ hidden: [8], latent: 2 }), points, 30);
  features = await classifierFeatures(teller.trained, "teller");
});
afterAll(() => Promise.all([generator, teller, ring].map((each) => each.close())));

/** Features that count how many items they were asked for. */
function counting(inner: Features): { readonly features: Features; asked(): number } {
  let asked = 0;
  const of = (items: NdArray) => {
    asked += items.shape[0]!;
    return inner.of(items);
  };
  return { features: { ...inner, of }, asked: () => asked };
}

const samples = { samples: 200 };

const digitsSubject = (training = digits.train) => ({
  trained: generator.trained,
  data: digits.test,
  part: "test",
  key: key(1),
  training,
});

describe("metrics of samples, of a trained model", () => {
  const inFeatures = ["fid", "kid", "precision", "recall", "density", "coverage", "diversity"];

  it.each([...inFeatures, "sharpness", "memorisation"])("%s records everything it depends on", async (name) => {
    const result = await evaluator({ ...digitsSubject(), features })(named(name), samples);
    const { value, interval, floor, n, protocol } = result;
    expect(Number.isFinite(value)).toBe(true);
    expect(interval[0]).toBeLessThanOrEqual(value);
    expect(interval[1]).toBeGreaterThanOrEqual(value);
    expect(floor).toBeTypeOf("number");
    expect([200, 300]).toContain(n);
    expect(protocol).toMatchObject({
      samples: 200,
      reference: 300,
      part: "test",
      fingerprint: digits.test.fingerprint,
    });
    if (inFeatures.includes(name)) {
      expect(protocol.features).toEqual({
        id: features.id,
        resize: "bilinear, antialiased, to 28 x 28",
        dimensions: 12,
      });
      expect(features.id).toMatch(/^teller@[0-9a-f]{16}$/);
      expect(evaluationFile(result, { step: 30, seed: 1, weights: null })).toContain(
        `features=${features.id.slice(7)}`,
      );
    } else expect(protocol.features).toBeUndefined();
    expect(await evaluator({ ...digitsSubject(), features })(named(name), samples)).toEqual(result);
  });

  it("gathers shared inputs once", async () => {
    const counted = counting(features);
    const measure = evaluator({ ...digitsSubject(), features: counted.features });
    for (const name of inFeatures) await measure(named(name), samples);
    // Samples, reference, and training items in place of samples.
    expect(counted.asked()).toBe(200 + 300 + 200);
    await measure(named("kid"), { samples: 100 });
    expect(counted.asked()).toBe(700 + 100 + 100);
  });

  it("does not depend on which metrics were measured before", async () => {
    const subject = { trained: generator.trained, data: digits.test, part: "test", key: key(1), features };
    const alone = await evaluator(subject)(named("kid"), samples);
    const measure = evaluator(subject);
    await measure(named("fid"), samples);
    await measure(named("density"), samples);
    expect(await measure(named("kid"), samples)).toEqual(alone);
  });

  it("has floors that are the values of real items", async () => {
    const measure = evaluator({ ...digitsSubject(), features });
    const fid = await measure(named("fid"), { samples: 300 });
    expect(fid.floor).toBeLessThan(fid.value / 4);
    const coverage = await measure(named("coverage"), { samples: 300 });
    expect(coverage.floor).toBeGreaterThan(0.8);
    const sharpness = await measure(named("sharpness"), { samples: 300 });
    expect(sharpness.floor).toBeGreaterThan(0.9);
    expect(sharpness.floor).toBeLessThan(1.1);
    expect(sharpness.value).toBeLessThan(0.7);
  });

  it("reports the number of real items of its floor if there are fewer than samples", async () => {
    const few = { ...digitsSubject(take(digits.train, 40)), features };
    const result = await evaluator(few)(named("kid"), { samples: 100 });
    expect(result).toMatchObject({ n: 100, floorItems: 40 });
    expect(comparisonLines(result)[0]).toMatch(/ 40 real items get /);
  });

  it("gives the reason if there are too few real items for a floor", async () => {
    const { value, floor, floorRefusal } = await evaluator({ ...digitsSubject(take(digits.train, 9)), features })(
      named("fid"),
      samples,
    );
    expect(value).toBeGreaterThan(0);
    expect(floor).toBeUndefined();
    expect(floorRefusal).toMatch(/^fid: needs more items than features, 12 - got 9 samples and \d+ real items$/);
  });

  it("has no floor without the training items", async () => {
    const result = await evaluate(named("sharpness"), generator.trained, digits.test, "test", key(1), samples);
    expect(result).not.toHaveProperty("floor");
  });

  it("detects a model that reproduces its training items", async () => {
    // Data that are the model's own samples, so that these are copies.
    const copies = await ring.trained.sample(fold(key(1), "samples"), 200);
    const learnt = arrayDataset({ name: "copies", kind: "points", items: copies as NdArray<"float32"> });
    const subject = { trained: ring.trained, data: points.test, part: "test", key: key(1) };
    const memoriser = await evaluator({ ...subject, training: learnt })(named("memorisation"), samples);
    expect(memoriser).toMatchObject({ value: 1, details: { copies: 200, ofSamples: 0 } });
    const learner = await evaluator({ ...subject, training: points.train })(named("memorisation"), samples);
    expect(learner.details.copies).toBe(0);
  });

  it("uses points directly, and counts their modes", async () => {
    const subject = { trained: ring.trained, data: points.test, part: "test", key: key(1), training: points.train };
    const measure = evaluator(subject);
    const fid = await measure(named("fid"), samples);
    expect(fid.protocol.features).toEqual({ id: "identity", resize: "none", dimensions: 2 });
    const modes = await measure(named("modes"), { samples: 1000 });
    expect(modes).toMatchObject({ floor: 8, unit: "of 8 modes", protocol: { samples: 1000, reference: 1000 } });
    expect(modes.details.sharePerMode).toHaveLength(8);
    expect(modes.floorDetails!.highQuality).toBeGreaterThan(0.97);
  });

  it("counts stacked digits with a classifier, and reports the result for noise", async () => {
    const stacked = await openData("stacked-mnist", { limit: 100 });
    const model = await trained(vae({ hidden: [8], latent: 2 }), stacked, 5);
    const subject = { trained: model.trained, data: stacked.test, part: "test", key: key(1), training: stacked.train };
    const { value, floor, unit, details } = await evaluator({ ...subject, features })(named("modes"), { samples: 50 });
    await model.close();
    expect(unit).toBe("of 1000 modes");
    expect(value).toBeLessThanOrEqual(50);
    expect(floor).toBeGreaterThan(10);
    expect(details.highQuality).toBe(1);
    expect(details.modesOfNoise).toBeGreaterThanOrEqual(1);
  });

  it("computes the accuracy of a classifier, also at the end of training", async () => {
    expect(defaultMeasurements(teller.trained.model, digits.test).map(({ metric }) => metric.name)).toEqual([
      "accuracy",
    ]);
    const { value, details } = await evaluate(named("accuracy"), teller.trained, digits.test, "test", key(1));
    expect(value).toBeGreaterThan(0.4);
    expect(details.noisePerClass).toHaveLength(10);
  });
});

describe("metrics of samples reject", () => {
  const refusal = async (
    name: string,
    model: OpenedModel,
    data: Dataset,
    extra: { readonly features?: Features; readonly training?: Dataset } = {},
  ): Promise<ZayaError> => {
    const subject = { trained: model.trained, data, part: "test", key: key(1), ...extra };
    const error = await evaluator(subject)(named(name), named(name).options.parse(samplesFor(name))).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ZayaError);
    return error as ZayaError;
  };
  const samplesFor = (name: string) => (name === "accuracy" ? {} : samples);

  it("images without features, and explain how to get them", async () => {
    const error = await refusal("fid", generator, digits.test);
    expect(error.message).toBe("fid: images need --features, the feature space to compare them in");
    expect(error.hint).toContain("(zaya train classifier --data DATA --out runs/classifier)");
  });

  it("points for metrics of images", async () => {
    expect((await refusal("sharpness", ring, points.test)).message).toBe(
      "sharpness: needs images - got points in ring8",
    );
  });

  it("data whose modes are not known, and stacked digits without their classifier", async () => {
    expect((await refusal("modes", generator, digits.test)).message).toContain("must declare modes");
    const stacked = arrayDataset({ name: "stacked", kind: "image", items: zeros([20, 28, 28, 3], "float32") });
    const declared = { ...stacked, modes: { kind: "digits", channels: 3, classes: 10 } } as unknown as Dataset;
    Object.assign(declared, { read: stacked.read.bind(stacked) });
    expect((await refusal("modes", generator, declared)).message).toContain("must be a classifier of the 10 digits");
  });

  it("memorisation without the training items", async () => {
    expect((await refusal("memorisation", generator, digits.test)).message).toContain(
      "needs the training items of the model",
    );
  });

  it("models without samples, and accuracy of models that do not classify", async () => {
    expect((await refusal("sharpness", teller, digits.test)).message).toContain("the model does not generate samples");
    expect(await refusal("accuracy", generator, digits.test)).toBeInstanceOf(OptionError);
    const unlabelled = arrayDataset({ name: "plain", kind: "image", items: zeros([3, 28, 28, 1], "float32") });
    expect((await refusal("accuracy", teller, unlabelled)).message).toContain("the data must have labels");
  });

  it("features of items that they do not fit, and features that are not finite", async () => {
    const colour = arrayDataset({ name: "colour", kind: "image", items: zeros([60, 28, 28, 3], "float32") });
    const model = await trained(vae({ hidden: [8], latent: 2 }), { train: colour, test: colour }, 2);
    const error = await refusal("kid", model, colour, { features });
    await model.close();
    expect(error.message).toBe("teller takes items of [28, 28, 1] - got [28, 28, 3]");
    const broken: Features = {
      ...features,
      of: async (items) => {
        const vectors = await features.of(items);
        vectors.data[15] = Number.NaN;
        return vectors;
      },
    };
    expect((await refusal("fid", generator, digits.test, { features: broken })).message).toBe(
      `features must be finite numbers - got NaN in feature 3 of item 1, of ${features.id}`,
    );
    const blind: Features = {
      ...features,
      of: async (items) => {
        const vectors = await features.of(items);
        return ndarray(
          "float32",
          vectors.shape,
          Float32Array.from(vectors.data, (_, i) => i % vectors.shape[1]!),
        );
      },
    };
    expect((await refusal("fid", generator, digits.test, { features: blind })).message).toMatch(
      /features must differ between items, but those of all \d+ real items are equal/,
    );
  });

  it("runs that are not classifiers as features", async () => {
    await expect(classifierFeatures(generator.trained, "vae")).rejects.toThrow(
      "the run must be a classifier - got vae, a run of another recipe",
    );
  });
});
