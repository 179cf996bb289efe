import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { zeros } from "../../src/base/ndarray.ts";
import { key } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { arrayDataset } from "../../src/data/array-dataset.ts";
import { take } from "../../src/data/selection.ts";
import { shapes } from "../../src/data/datasets/shapes.ts";
import { type Metric, metrics } from "../../src/metrics/index.ts";
import { vae } from "../../src/models/index.ts";
import { nodeEngine } from "../../src/node/index.ts";
import { Run } from "../../src/run/index.ts";
import { type OpenedModel, openTrained } from "../../src/trained/index.ts";
import { evaluate } from "../../src/evaluation/index.ts";
import { train } from "../../src/train/index.ts";

const { train: items, test } = shapes.generate(32);
const seen = take(test, 300);
const ofFactors = metrics.filter(({ needs }) => needs === "factors");
const named = (name: string): Metric => metrics.find((metric) => metric.name === name)!;

let opened: OpenedModel;
beforeAll(async () => {
  const engine = await nodeEngine({ device: "cpu" });
  const store = new MemoryStore();
  const data = { train: take(items, 100), test: take(test, 20) };
  for await (const _ of train(vae({ hidden: [16], latent: 4 }), data, { steps: 20, batch: 20 }, { engine, store }));
  opened = await openTrained(await Run.open(store), engine);
});
afterAll(() => opened.close());

describe("metrics of factors, of a trained model", () => {
  it.each(ofFactors.map((metric) => [metric.name, metric] as const))("%s is measured", async (name, metric) => {
    const result = await evaluate(metric, opened.trained, seen, "test", key(1), { points: 50 });
    expect(result).toMatchObject({ metric: name, protocol: { data: "shapes", part: "test", options: { points: 50 } } });
    expect(result.value).toBeGreaterThanOrEqual(0);
    expect(result.value).toBeLessThanOrEqual(1);
    expect(result.n).toBeLessThanOrEqual(75);
    expect(Object.keys(result.details).filter((detail) => detail.endsWith("Orientation")).length).toBeGreaterThan(0);
    expect(await evaluate(metric, opened.trained, seen, "test", key(1), { points: 50 })).toEqual(result);
  });

  it("sample by the key, and use all items if more are requested", async () => {
    const [one, other] = await Promise.all(
      [1, 2].map((seed) => evaluate(named("mig"), opened.trained, seen, "test", key(seed), { points: 100 })),
    );
    expect(one!.value).not.toBe(other!.value);
    const whole = await evaluate(named("sap"), opened.trained, seen, "test", key(1));
    expect(whole.details).toMatchObject({ trainPoints: 200, testPoints: 100 });
  });

  it.each(ofFactors.map((metric) => [metric.name, metric] as const))(
    "%s rejects data without factors",
    async (name, metric) => {
      const plain = arrayDataset({ name: "plain", kind: "image", items: zeros([30, 32, 32, 1], "float32") });
      const refused = evaluate(metric, opened.trained, plain, "test", key(1));
      await expect(refused).rejects.toThrow(DataError);
      await expect(refused).rejects.toThrow(`${name}: the data must have known factors - got plain, which has none`);
    },
  );
});
