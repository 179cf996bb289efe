import { beforeAll, describe, expect, it } from "vitest";

import { key } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { type DataSplit, ring8 } from "../../src/data/index.ts";
import { type ConfiguredModel, models } from "../../src/models/index.ts";
import { nodeEngine, openData } from "../../src/node/index.ts";
import type { Engine } from "../../src/runtime/index.ts";
import { Run } from "../../src/run/index.ts";
import { directionsOf, endsOf, openTrained } from "../../src/trained/index.ts";
import { type TrainEvent, resume, train } from "../../src/train/index.ts";
import { testDevice } from "../device.ts";
import { recipeCases } from "./recipes.ts";

// What every model owes, whatever it is: it trains, draws items, tells their classes or translates them, exports what it computes, resumes
// bit for bit, and learns something.

type Options = Readonly<Record<string, unknown>>;

const small = { steps: 12, batch: 50, seed: 3, checkpointEvery: 4, sampleEvery: 1000, keep: 5 };

const data: Record<"digits" | "few" | "ring" | "pairs", DataSplit> = {} as never;
let engine: Engine;

beforeAll(async () => {
  data.digits = await openData("mnist", { limit: 2000 });
  // For runs of a few steps: what is measured at their end takes longer than they do.
  data.few = await openData("mnist", { limit: 200 });
  data.ring = ring8.generate();
  data.pairs = await openData("digits-inverted", { limit: 100 });
  engine = await nodeEngine({ device: testDevice });
});

async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const lossesOf = (events: readonly TrainEvent[]) =>
  events.flatMap((event) => (event.type === "step" ? [event.losses] : []));

describe.each(models)("model $name", (definition) => {
  const { few = {}, on = "few", learns } = recipeCases[definition.name]!.trial;
  // Nets from images to images are dear.
  const brief = { ...small, batch: on === "pairs" ? 4 : small.batch };
  const configure = (options: Options): ConfiguredModel => ({ definition, options: definition.options.parse(options) });
  const configured = configure({ hidden: [16], ...few });
  const whole = new MemoryStore();
  let events: TrainEvent[];

  beforeAll(async () => {
    events = await collect(train(configured, data[on], brief, { engine, store: whole }));
  });

  it("performs its steps with finite losses, and samples, classifies or translates items", async () => {
    const losses = lossesOf(events);
    expect(losses).toHaveLength(12);
    for (const one of losses) {
      expect(Object.keys(one).length).toBeGreaterThan(0);
      expect(Object.values(one).every(Number.isFinite)).toBe(true);
    }
    const { trained, close } = await openTrained(await Run.open(whole), engine);
    const { test } = data[on];
    if (trained.model.translators !== undefined) {
      expect(Object.keys(trained.model.translators).length).toBeGreaterThan(0);
      for (const direction of directionsOf(trained.model)) {
        const images = await endsOf(test.sides!, direction).source.read([0, 1, 2]);
        const made = await trained.translate(images, direction);
        expect(made.shape).toEqual(images.shape);
        const one = await trained.translate(await endsOf(test.sides!, direction).source.read([0]), direction);
        for (const [i, value] of one.data.entries()) expect(Math.abs(value - made.data[i]!)).toBeLessThan(1e-5);
      }
    } else if (trained.model.generator === undefined) {
      await expect(trained.sample(key(1), 5)).rejects.toThrow("the model does not generate samples from noise");
      const { map, input, logits, features, classes } = trained.model.classifier!;
      const told = await trained.map(map, { [input]: await test.read([0, 1, 2]) });
      expect(told[logits]!.shape).toEqual([3, classes]);
      expect(told[features]!.shape[0]).toBe(3);
    } else {
      const drawn = await trained.sample(key(1), 5);
      expect(drawn.shape).toEqual([5, ...data[on].train.shape]);
      const more = await trained.sample(key(1), 7);
      expect(Array.from(more.data.slice(0, drawn.data.length))).toEqual(Array.from(drawn.data));
    }
    await close();
  });

  it("exports files that compute what the model computes", async () => {
    const parity = JSON.parse(new TextDecoder().decode(await whole.read("export/parity.json"))) as {
      file: string;
      largestDifference: Record<string, number>;
    }[];
    expect(parity.length).toBeGreaterThan(0);
    for (const { file, largestDifference } of parity) {
      expect(await whole.has(file)).toBe(true);
      expect(Object.values(largestDifference).length).toBeGreaterThan(0);
      for (const difference of Object.values(largestDifference)) expect(difference).toBeLessThan(1e-4);
    }
  });

  it("resumes with identical results", async () => {
    const broken = new MemoryStore();
    const stop = new AbortController();
    for await (const event of train(configured, data[on], brief, { engine, store: broken, signal: stop.signal })) {
      if (event.type === "step" && event.step === 7) stop.abort();
    }
    const run = await Run.open(broken);
    expect(run.state.status).toBe("interrupted");
    await collect(resume(run, data[on], { engine }));
    for (const file of ["params.safetensors", "optimizer.safetensors"]) {
      const name = `checkpoints/000012/${file}`;
      // Not toEqual, which takes a minute for some megabytes.
      expect(Buffer.from(await broken.read(name)).equals(await whole.read(name)), name).toBe(true);
    }
  });

  it("starts from other parameters for another seed", async () => {
    const stop = new AbortController();
    const others: TrainEvent[] = [];
    for await (const event of train(configured, data[on], { ...brief, seed: 4 }, { engine, signal: stop.signal })) {
      others.push(event);
      stop.abort();
    }
    expect(lossesOf(others)).toHaveLength(1);
    expect(lossesOf(others)[0]).not.toEqual(lossesOf(events)[0]);
  });

  it("learns", async () => {
    const store = new MemoryStore();
    const { data: name, options, training, reached, atLeast = -Infinity, below = Infinity } = learns;
    const once = { seed: 5, checkpointEvery: 10_000, sampleEvery: 10_000 };
    const told = await collect(train(configure(options), data[name], { ...once, ...training }, { engine, store }));
    const value = await reached(told, { store, engine, data: data[name] });
    expect(value).toBeGreaterThanOrEqual(atLeast);
    expect(value).toBeLessThan(below);
  }, 180_000);
});
