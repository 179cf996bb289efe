import { describe, expect, it } from "vitest";

import { zeros } from "../../src/base/ndarray.ts";
import type { DataSplit, Dataset } from "../../src/data/index.ts";
import { type ConfiguredModel, classifier, gan, models, vae, wgan } from "../../src/models/index.ts";
import { type TrainOptions, planRun } from "../../src/run/index.ts";
import { interpreter } from "../../src/runtime/index.ts";
import { scheduleStages } from "../../src/step/stages.ts";
import { TimeEstimate } from "../../src/train/time-estimate.ts";

const engine = interpreter();
const part = (size: number): Dataset => ({
  name: "drawings",
  kind: "image",
  shape: [8, 8, 1],
  size,
  labels: new Int32Array(size).map((_, i) => i % 3),
  skipped: [],
  fingerprint: "",
  read: async (indices) => zeros([indices.length, 8, 8, 1]),
});
const images = (count: number): DataSplit => ({ train: part(count), test: part(Math.ceil(count / 9)) });
const planned = async (model: ConfiguredModel, count: number, options: TrainOptions = {}) =>
  (await planRun(model, images(count), options, { engine })).config.train;

describe("the default length of a run", () => {
  it("is sufficient for a few images, and a number of epochs for many", async () => {
    expect(await planned(vae(), 60_000)).toMatchObject({ steps: 4680, batch: 128 });
    expect(await planned(vae(), 227)).toMatchObject({ steps: 3000, batch: 28 });
    expect(await planned(vae(), 20)).toMatchObject({ steps: 3000, batch: 16 });
    expect(await planned(vae(), 9)).toMatchObject({ steps: 3000, batch: 9 });
    expect((await planned(gan(), 207)).steps).toBe(4000);
    expect((await planned(classifier(), 207)).steps).toBe(600);
  });

  it("is never a few steps, for any recipe", async () => {
    const items = models.filter(({ learnsFrom = "items" }) => learnsFrom === "items");
    for (const definition of items) {
      const options = definition.options.parse({});
      expect((await planned({ definition, options }, 230)).steps, definition.name).toBeGreaterThanOrEqual(600);
    }
  });

  it("is the requested one, if any", async () => {
    expect((await planned(vae(), 227, { epochs: 3 })).steps).toBe(24);
    expect((await planned(vae(), 227, { steps: 7 })).steps).toBe(7);
    expect(await planned(vae(), 227, { batch: 100, epochs: 3 })).toMatchObject({ steps: 6, batch: 100 });
  });

  it("is evaluated twenty times, whatever the number of epochs", async () => {
    expect(await planned(vae(), 227)).toMatchObject({ evalEvery: 150, sampleEvery: 300 });
    expect(await planned(vae(), 227, { steps: 600 })).toMatchObject({ evalEvery: 30, sampleEvery: 60 });
  });
});

describe("the estimate of a run's time", () => {
  const every = { health: 60, evaluation: 150, picture: 300, checkpoint: 500 };

  /** Runs a stages on a made clock, and tells what was said after so many steps and what it took from there. */
  async function told(model: ConfiguredModel, steps: number, batchSeconds: (batch: number) => number, after: number) {
    const stages = scheduleStages((await planRun(model, images(500), { steps, batch: 10 }, { engine })).model, steps);
    const estimate = new TimeEstimate(stages, 0, every, { evaluation: 2, end: 2 });
    let [spent, at, said] = [0, 0, Number.NaN];
    const { before } = stages[0]!.model.steps[0]!;
    for (let step = 0; step < steps; step++) {
      let seconds = 0;
      for (let i = 0; i < stages[0]!.perStep + (before?.(step) ?? 0); i++) seconds += batchSeconds(step);
      estimate.stepped(step + 1, seconds);
      spent += seconds;
      if (step + 1 === after) [said, at] = [estimate.secondsLeft(after), spent];
      if ((step + 1) % every.evaluation === 0) spent += 0.02;
    }
    return said / (spent - at);
  }

  it("is close to the actual time, though the first step is slow", async () => {
    expect(await told(vae(), 3000, (step) => (step === 0 ? 5 : 0.02 + 0.002 * Math.sin(step)), 50)).toBeCloseTo(1, 1);
  });

  it("includes a critic's additional first updates", async () => {
    expect(await told(wgan({ criticSteps: 5 }), 2000, () => 0.01, 20)).toBeCloseTo(1, 1);
  });

  it("includes evaluation and saving, once their time is known", async () => {
    const stages = scheduleStages((await planRun(vae(), images(500), {}, { engine })).model, 3000);
    const estimate = new TimeEstimate(stages, 0, every, { evaluation: 0, end: 0 });
    for (let step = 1; step <= 100; step++) estimate.stepped(step, 0.01);
    const before = estimate.secondsLeft(100);
    estimate.did("picture", 2);
    // Ten pictures are left, and about one at the end.
    expect(estimate.secondsLeft(100) - before).toBeCloseTo(22, 5);
  });
});
