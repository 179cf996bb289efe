import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { key, uniform } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { arrayDataset } from "../../src/data/array-dataset.ts";
import { gradientVariance } from "../../src/metrics/index.ts";
import { type ConfiguredModel, categoricalVae, vae } from "../../src/models/index.ts";
import { nodeEngine } from "../../src/node/index.ts";
import type { Engine } from "../../src/runtime/index.ts";
import { Run } from "../../src/run/index.ts";
import { type OpenedModel, openTrained } from "../../src/trained/index.ts";
import { evaluate } from "../../src/evaluation/index.ts";
import { train } from "../../src/train/index.ts";

const items = (seed: number) =>
  arrayDataset({ name: "noise", kind: "image", items: uniform(key(seed), [40, 4, 4, 1]) });
const data = { train: items(1), test: items(2) };

let engine: Engine;
const opened: OpenedModel[] = [];
async function trainedOn(model: ConfiguredModel, steps: number): Promise<OpenedModel> {
  const store = new MemoryStore();
  for await (const _ of train(model, data, { steps, batch: 10, schedule: "constant" }, { engine, store }));
  opened.push(await openTrained(await Run.open(store), engine));
  return opened.at(-1)!;
}

const measure = ({ trained }: OpenedModel, options: Readonly<Record<string, unknown>>) =>
  evaluate(gradientVariance, trained, data.test, "test", key(3), { draws: 400, batch: 10, ...options });

let pathwise: OpenedModel;
beforeAll(async () => {
  engine = await nodeEngine({ device: "cpu" });
  pathwise = await trainedOn(vae({ hidden: [6], latent: 2, binarize: "fixed" }), 20);
});
afterAll(async () => {
  for (const { close } of opened) await close();
});

describe("gradient-variance, of the run's estimator and of another one", () => {
  it("measures both at the same parameters: one expectation, and the score function's larger variance", async () => {
    const { trained } = pathwise;
    const other = trained.under({ estimator: "score-function", baseline: "loo", mcSamples: 4 });
    const [a, b] = [
      await trained.gradients(data.test, "test", key(3), "encoder", 2000, 10),
      await other.gradients(data.test, "test", key(4), "encoder", 2000, 10),
    ];
    await other.release();
    // Both are unbiased: each parameter's difference of means over its standard error is a standard normal number.
    const scores = Array.from(a.mean.data, (mean, i) => {
      const error = Math.sqrt((a.variance.data[i]! + b.variance.data[i]!) / 2000);
      return error === 0 ? 0 : (mean - b.mean.data[i]!) / error;
    });
    expect(Math.max(...scores.map(Math.abs))).toBeLessThan(4.5);

    const { value, details } = await measure(pathwise, { beside: "estimator=score-function" });
    expect(value).toBe((await measure(pathwise, {})).value);
    expect(details.ratio).toBeCloseTo((details.besideVariance as number) / value, 12);
    expect(details.besideVariance as number).toBeGreaterThan(2 * value);
    expect(details.besideSignalToNoise as number).toBeLessThan(details.signalToNoise as number);
  });

  it("equals the other recipe's own measurement at the same parameters", async () => {
    const { details } = await measure(pathwise, { beside: "mc-samples=3" });
    const same = pathwise.trained.under({ mcSamples: 3 });
    const alone = await evaluate(gradientVariance, same, data.test, "test", key(3), { draws: 400, batch: 10 });
    await same.release();
    expect(details.besideVariance).toBe(alone.value);
    // Three draws of the code in place of one, and nothing else that is drawn.
    expect(details.ratio as number).toBeGreaterThan(0.28);
    expect(details.ratio as number).toBeLessThan(0.39);
  });

  it("follows the schedules at the run's current step", async () => {
    const options = { hidden: [6], variables: 2, categories: 3, temperatureRate: 0.05, temperatureInterval: 1 };
    const run = await trainedOn(categoricalVae({ ...options, temperatureFloor: 0.1 }), 20);
    const temperature = Math.exp(-0.05 * 20);
    const still = (t: number) => `temperature=${t},temperatureFloor=${t},temperatureRate=0`;
    expect((await measure(run, { draws: 20, beside: still(temperature) })).details.ratio).toBeCloseTo(1, 5);
    expect((await measure(run, { draws: 20, beside: still(1) })).details.ratio).not.toBeCloseTo(1, 1);
  });

  it.each([
    ["hidden=9", "hidden=9, with another net encoder"],
    ["estimator=score-function,baseline=mean", "with another net baseline"],
    ["estimator=guess", "estimator must be one of"],
    ["baseline=loo", "a baseline requires the score-function estimator - got loo"],
    ["loo", "beside must be options as NAME=VALUE"],
  ])("rejects %s", async (beside, text) => {
    const refused = measure(pathwise, { beside });
    await expect(refused).rejects.toThrow(OptionError);
    await expect(refused).rejects.toThrow(text);
  });
});
