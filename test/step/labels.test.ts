import { describe, expect, it } from "vitest";
import { z } from "zod";

import { DataError, OptionError } from "../../src/base/errors.ts";
import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { fold, key, uniform } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { type DataSplit, arrayDataset, batchIndices } from "../../src/data/index.ts";
import { constant } from "../../src/graph/tensor.ts";
import { type ConfiguredModel, type Model, classifier } from "../../src/models/index.ts";
import { nodeEngine } from "../../src/node/index.ts";
import { mul, sum } from "../../src/ops/index.ts";
import { sgd } from "../../src/optim/index.ts";
import { Run } from "../../src/run/index.ts";
import { openTrained } from "../../src/trained/index.ts";
import { type TrainEvent, resume, train } from "../../src/train/index.ts";

const engine = await nodeEngine({ device: "cpu" });

function labelled(labels: readonly number[] | null): DataSplit {
  const items = uniform(key(1), [12, 3]);
  const part = (name: string) =>
    arrayDataset({ name, kind: "points", items, labels: labels && Int32Array.from(labels) });
  return { train: part("things"), test: part("things") };
}

/** A recipe whose loss says which classes it was given, a place of a number for each; nothing is learned. */
function echo(classes: number, repeat: number): ConfiguredModel {
  const tens = Float32Array.from({ length: classes }, (_, label) => 10 ** label);
  const build = (): Model => ({
    nets: { unit: { init: () => ({ weight: ndarray("float32", [1], Float32Array.of(1)) }), apply: (_, x) => x } },
    steps: [
      {
        name: "echo",
        updates: ["unit"],
        repeat,
        optimizer: () => sgd({ learningRate: 0 }),
        loss: (_, scope) => ({ loss: sum(mul(scope.labels(classes), constant(ndarray("float32", [classes], tens)))) }),
      },
    ],
    maps: {},
  });
  const options = z.object({});
  const defaults = { batch: 3, length: { steps: 1 }, learningRate: 1 };
  return { definition: { name: "echo", summary: "", source: "", options, defaults, build }, options: {} };
}

/** Of the first so many steps of a run that is left then. */
async function lossesOf(model: ConfiguredModel, data: DataSplit, count: number): Promise<number[]> {
  const losses: number[] = [];
  for await (const event of train(model, data, { steps: 100, batch: 3, seed: 5 }, { engine })) {
    if (event.type === "step") losses.push(event.losses["echo/loss"]!);
    if (losses.length === count) break;
  }
  return losses;
}

describe("labels in training", () => {
  const labels = [0, 1, 2, 3, 0, 1, 2, 3, 0, 0, 0, 3];

  it("are those of the batch's items, one-hot, for the batch of each update", async () => {
    const value = (batch: number) => {
      const items = batchIndices(fold(key(5), "batches"), 12, 3, batch);
      return [...items].reduce((total, item) => total + 10 ** labels[item]!, 0);
    };
    expect(await lossesOf(echo(4, 1), labelled(labels), 4)).toEqual([0, 1, 2, 3].map(value));
    // The last of two turns is the one that is told.
    expect(await lossesOf(echo(4, 2), labelled(labels), 2)).toEqual([1, 3].map(value));
  });

  it("are rejected before the first step if the data have none, or more classes than requested", async () => {
    const without = lossesOf(echo(4, 1), labelled(null), 1);
    await expect(without).rejects.toBeInstanceOf(DataError);
    await expect(without).rejects.toThrow("the items must have labels, but those of things have none");
    await expect(lossesOf(echo(3, 1), labelled(labels), 1)).rejects.toThrow(
      "labels must be integers from 0 to 2, the classes of the model - got 3 in things",
    );
    await expect(lossesOf(echo(4, 1), labelled(labels.map((label) => label - 1)), 1)).rejects.toThrow(
      "got -1 in things",
    );
  });
});

describe("classifier", () => {
  const points = labelled([0, 1, 2, 3, 0, 1, 2, 3, 0, 0, 0, 3]);

  async function events(model: ConfiguredModel, data: DataSplit): Promise<TrainEvent[]> {
    const all: TrainEvent[] = [];
    for await (const event of train(model, data, { steps: 4, batch: 6 }, { engine })) all.push(event);
    return all;
  }

  it("has as many classes as the data name, and takes points", async () => {
    const store = new MemoryStore();
    for await (const _ of train(classifier({ features: 5 }), points, { steps: 4, batch: 6 }, { engine, store }));
    // Opened without the data: how many classes there were is on record.
    const { trained, close } = await openTrained(await Run.open(store), engine);
    const { logits, features } = await trained.map("classifier", { point: uniform(key(1), [2, 3]) });
    expect([logits!.shape, features!.shape]).toEqual([
      [2, 4],
      [2, 5],
    ]);
    await close();
  });

  it("measures its accuracy at the end of training, and generates nothing", async () => {
    const done = (await events(classifier(), points)).at(-1)!;
    if (done.type !== "done") throw new Error("the run should have ended");
    expect(Object.keys(done.result.test)).toEqual(["accuracy"]);
    expect(done.result.makes).toBeNull();
  });

  it("rejects data without labels or with one class, and convolutions for points", async () => {
    await expect(events(classifier(), labelled(null))).rejects.toThrow(
      "classifier: the data must have labels of at least 2 classes - got no labels",
    );
    const one = labelled(new Array<number>(12).fill(0));
    await expect(events(classifier(), one)).rejects.toThrow("got one class");
    const conv = events(classifier({ arch: "conv" }), points);
    await expect(conv).rejects.toBeInstanceOf(OptionError);
    await expect(conv).rejects.toThrow("convolutions need images - got points");
  });

  it("classifies separable points", async () => {
    const centres = [-2, 0, 2];
    const drawn = uniform(key(3), [600, 2]).data;
    const items: NdArray<"float32"> = ndarray(
      "float32",
      [600, 2],
      drawn.map((value, at) => value + centres[Math.floor(at / 2) % 3]!),
    );
    const data = arrayDataset({
      name: "blobs",
      kind: "points",
      items,
      labels: Int32Array.from({ length: 600 }, (_, i) => i % 3),
    });
    const store = new MemoryStore();
    const split = { train: data, test: data };
    for await (const event of train(
      classifier({ hidden: [16] }),
      split,
      { steps: 200, batch: 60 },
      { engine, store },
    )) {
      if (event.type === "done") expect(event.result.test.accuracy!.value).toBeGreaterThan(0.99);
    }
    expect((await Run.open(store)).state.status).toBe("done");
    await expect(resume(await Run.open(store), split, { engine }).next()).rejects.toThrow("all 200 steps are done");
  });
});
