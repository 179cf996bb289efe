import { beforeAll, describe, expect, it } from "vitest";

import { key } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import type { DataSplit } from "../../src/data/index.ts";
import { models } from "../../src/models/index.ts";
import { nodeEngine, openData } from "../../src/node/index.ts";
import type { Engine } from "../../src/runtime/index.ts";
import { Run, type TrainEvent, openTrained, resume, train } from "../../src/train/index.ts";

// What every model owes, whatever it is: it trains, draws items or tells their classes, exports what it computes, and resumes
// bit for bit.

/**
 * What ten epochs on 2000 digits must reach, by recipe: nats an image on the test part for models with a bound, else the
 * training loss. Knowing each pixel's frequency and nothing else costs 206 nats.
 */
const reaches: Readonly<Record<string, number>> = {
  vae: 160,
  "beta-vae": 195,
  iwae: 160,
  "categorical-vae": 199,
  autoencoder: 125,
  classifier: 0.05,
  gan: 5,
};

const small = { batch: 50, seed: 3, checkpointEvery: 4, sampleEvery: 1000, keep: 5 };

let data: DataSplit;
let engine: Engine;

beforeAll(async () => {
  data = await openData("mnist", { limit: 2000 });
  engine = await nodeEngine({ device: "cpu" });
});

async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe.each(models)("model $name", (definition) => {
  const configured = { definition, options: definition.options.parse({ hidden: [16] }) };

  it("has a value that its training must reach", () => {
    expect(reaches).toHaveProperty(definition.name);
  });

  it("makes two steps with finite losses, and draws items or tells their classes", async () => {
    const store = new MemoryStore();
    const events = await collect(train(configured, data, { ...small, steps: 2 }, { engine, store }));
    const losses = events.flatMap((event) => (event.type === "step" ? Object.values(event.losses) : []));
    expect(losses.length).toBeGreaterThan(1);
    expect(losses.every(Number.isFinite)).toBe(true);
    const { trained, close } = await openTrained(await Run.open(store), engine);
    if (trained.model.generator === undefined) {
      await expect(trained.sample(key(1), 5)).rejects.toThrow("this model has nothing to draw from");
      const { map, input, logits, features, classes } = trained.model.classifier!;
      const told = await trained.map(map, { [input]: data.test.read([0, 1, 2]) });
      expect(told[logits]!.shape).toEqual([3, classes]);
      expect(told[features]!.shape[0]).toBe(3);
      return close();
    }
    const drawn = await trained.sample(key(1), 5);
    expect(drawn.shape).toEqual([5, ...data.train.shape]);
    const more = await trained.sample(key(1), 7);
    expect(Array.from(more.data.slice(0, drawn.data.length))).toEqual(Array.from(drawn.data));
    await close();
  });

  it("exports files that compute what the process computes", async () => {
    const store = new MemoryStore();
    await collect(train(configured, data, { ...small, steps: 4 }, { engine, store }));
    const parity = JSON.parse(new TextDecoder().decode(await store.read("export/parity.json"))) as {
      file: string;
      largestDifference: Record<string, number>;
    }[];
    expect(parity.length).toBeGreaterThan(0);
    for (const { file, largestDifference } of parity) {
      expect(await store.has(file)).toBe(true);
      expect(Object.values(largestDifference).length).toBeGreaterThan(0);
      for (const difference of Object.values(largestDifference)) expect(difference).toBeLessThan(1e-4);
    }
  });

  it("goes on after a stop as if there had been none", async () => {
    const whole = new MemoryStore();
    await collect(train(configured, data, { ...small, steps: 12 }, { engine, store: whole }));
    const broken = new MemoryStore();
    const stop = new AbortController();
    for await (const event of train(
      configured,
      data,
      { ...small, steps: 12 },
      { engine, store: broken, signal: stop.signal },
    )) {
      if (event.type === "step" && event.step === 7) stop.abort();
    }
    const run = await Run.open(broken);
    expect(run.state.status).toBe("interrupted");
    await collect(resume(run, data, { engine }));
    for (const file of ["params.safetensors", "optimizer.safetensors"]) {
      const name = `checkpoints/000012/${file}`;
      expect(await broken.read(name)).toEqual(await whole.read(name));
    }
  });

  it("learns", async () => {
    const options = definition.options.parse({ hidden: [64] });
    const events = await collect(
      train(
        { definition, options },
        data,
        { ...small, epochs: 10, checkpointEvery: 10_000, learningRate: 4e-3 },
        { engine },
      ),
    );
    const done = events.find((event) => event.type === "done")!;
    const last = events.findLast((event) => event.type === "step")!;
    const reached = done.result.test.elbo?.value ?? Object.values(last.losses)[0]!;
    expect(reached).toBeLessThan(reaches[definition.name]!);
  });

  it("gives the same numbers for the same seed, and others for another", async () => {
    const losses = async (seed: number) => {
      const events = await collect(train(configured, data, { ...small, seed, steps: 3 }, { engine }));
      return events.flatMap((event) => (event.type === "step" ? [event.losses] : []));
    };
    const first = await losses(5);
    expect(await losses(5)).toEqual(first);
    expect(await losses(6)).not.toEqual(first);
  });
});
