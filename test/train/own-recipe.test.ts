import { beforeAll, describe, expect, it } from "vitest";

import { key, normal } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { decodeSafetensors } from "../../src/codec/safetensors.ts";
import { type DataSplit, arrayDataset, splitOff } from "../../src/data/index.ts";
import { type ConfiguredModel, defineModel, integerField, vae, z } from "../../src/models/index.ts";
import { linear } from "../../src/nn/index.ts";
import { add, mean, square, sub } from "../../src/ops/index.ts";
import { sgd } from "../../src/optim/index.ts";
import { reportAgain } from "../../src/report/index.ts";
import { Run, lengthen } from "../../src/run/index.ts";
import { ortEngine } from "../../src/runtime/index.ts";
import { type TrainEvent, resume, train } from "../../src/train/index.ts";
import { openTrained } from "../../src/trained/index.ts";

const options = z.object({ width: integerField("numbers in the noise", { min: 1 }).default(2) });

/** Moves the mean of what it draws to that of the data: x = z W + b, of which the loss sees b alone. */
const shift = defineModel({
  name: "shift",
  summary: "a mean that follows the data's",
  source: "this test, 2026",
  options,
  defaults: { batch: 8, length: { steps: 40 }, learningRate: 0.25, schedule: "constant" },
  build: ({ width }, { shape }) => ({
    nets: { map: linear(width, shape[0]!) },
    steps: [
      {
        name: "shift",
        updates: ["map"],
        optimizer: (rate) => sgd({ learningRate: rate }),
        loss: (x, scope) => ({
          loss: mean(square(sub(x, scope.nets["map"]!(scope.noise("z", "normal", [8, width]))))),
        }),
      },
    ],
    maps: {
      sampler: {
        inputs: { z: [width] },
        outputs: ({ z: noise }, { nets }) => ({ point: add(nets["map"]!(noise!), 0) }),
      },
    },
    generator: { map: "sampler", input: "z", output: "point", noise: "normal", shape: [width] },
  }),
});

const engine = ortEngine({ device: "cpu", threads: 1 });
const items = normal(key(1), [50, 2]).data.map((x, i) => 0.1 * x + (i % 2 === 0 ? 3 : -1));
const data: DataSplit = splitOff(
  arrayDataset({ name: "blob", kind: "points", items: { dtype: "float32", shape: [50, 2], data: items } }),
);

async function trained(model: ConfiguredModel, stopAt = Infinity): Promise<MemoryStore> {
  const store = new MemoryStore();
  const stop = new AbortController();
  await goOn(train(model, data, { checkpointEvery: 10 }, { engine, store, signal: stop.signal }), stop, stopAt);
  return store;
}

async function goOn(events: AsyncIterable<TrainEvent>, stop?: AbortController, at = Infinity): Promise<void> {
  for await (const event of events) if (event.type === "step" && event.step === at) stop?.abort();
}

let whole: MemoryStore;
beforeAll(async () => {
  whole = await trained(shift({ width: 3 }));
});

describe("a run of a custom recipe", () => {
  it("is reopened with it, and generates what it has learned", async () => {
    const opened = await openTrained(await Run.open(whole, shift), engine);
    const drawn = await opened.trained.sample(key(2), 400);
    const average = (column: number) =>
      Array.from(drawn.data).reduce((sum, x, i) => (i % 2 === column ? sum + x / 400 : sum), 0);
    expect(average(0)).toBeCloseTo(3, 0);
    expect(average(1)).toBeCloseTo(-1, 0);
    await opened.close();
  });

  it("resumes after an interruption, and ends with the bytes of an uninterrupted run", async () => {
    const store = await trained(shift({ width: 3 }), 17);
    await goOn(resume(await Run.open(store, shift), data, { engine }));
    const file = "checkpoints/000040/params.safetensors";
    expect(await store.read(file)).toEqual(await whole.read(file));
    expect(Object.keys(decodeSafetensors(await store.read(file), file).tensors)).toEqual(["map.bias", "map.weight"]);
  });

  it("can be lengthened, with a new report", async () => {
    const store = await trained(shift());
    const run = await Run.open(store, shift());
    expect((await lengthen(run, data, { steps: 50 }))!.train.steps).toBe(50);
    await goOn(resume(run, data, { engine }));
    await store.remove("report.html");
    await reportAgain(await Run.open(store, shift), data, engine);
    const report = new TextDecoder().decode(await store.read("report.html"));
    expect(report).toContain("shift on blob");
    expect(report).toContain("50 of 50");
  });

  it("says what is missing if the recipe is not given, or is another one", async () => {
    const without = await Run.open(whole);
    await expect(openTrained(without, engine)).rejects.toThrow(
      "the recipe of a run must be built in, or be given - got shift",
    );
    await expect(Run.open(whole, vae)).rejects.toThrow("the recipe must be the run's, shift - got vae");
  });

  it("does not accept the name of a built-in recipe", async () => {
    const named = { ...shift.definition, name: "gan" };
    const events = train({ definition: named, options: { width: 2 } }, data, {}, { engine });
    await expect(events.next()).rejects.toThrow("must not have the name of a built-in one - got gan");
  });
});
