import { describe, expect, it } from "vitest";

import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { fold, key, normal, uniform } from "../../src/base/random.ts";
import { addValues, emptyMean, monteCarlo, varianceOf } from "../../src/numeric/monte-carlo.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { type DataSplit, arrayDataset, subsampleIndices, splitOff } from "../../src/data/index.ts";
import { type ConfiguredModel, type DataInfo, gan, unrolledGan, vae } from "../../src/models/index.ts";
import { type Arrays, interpreter, ortEngine } from "../../src/runtime/index.ts";
import { Run } from "../../src/run/index.ts";
import { train } from "../../src/train/index.ts";
import { Health } from "../../src/step/health.ts";
import { initialParams, layoutOf, ravel } from "../../src/step/layout.ts";
import { curvesOf } from "../../src/report/run-curves.ts";
import { feedDeclared } from "../../src/step/feeds.ts";
import { stateNames } from "../../src/step/state-view.ts";
import { type StepOptions, batchName, traceStep } from "../../src/step/trace.ts";
import { flatten } from "../../src/base/tree.ts";
import "../tolerance.ts";

const batch = 6;

function someData({ kind, shape }: DataInfo): DataSplit {
  if (kind === "pair") throw new Error("pairs are not for players of one kind of items");
  const draw = kind === "image" ? uniform : normal;
  return splitOff(arrayDataset({ name: "some", kind, items: draw(key(2), [40, ...shape]) }));
}

/** A model before its training: what traces it, and its state with some parameters set by their paths. */
function prepare(
  { definition, options }: ConfiguredModel,
  info: DataInfo,
  set: Readonly<Record<string, (i: number) => number>>,
) {
  const model = definition.build(options, info);
  const initial = initialParams(model, key(1));
  const layouts = Object.fromEntries(Object.entries(initial).map(([net, params]) => [net, layoutOf(params)]));
  const state: Record<string, NdArray> = {};
  for (const [net, params] of Object.entries(initial)) {
    const changed = [...params].map(([path, value]): [string, NdArray<"float32">] => {
      const rule = set[`${net}.${path}`];
      return [
        path,
        rule === undefined
          ? value
          : ndarray(
              "float32",
              value.shape,
              value.data.map((_, i) => rule(i)),
            ),
      ];
    });
    state[stateNames.params(net)] = ravel(new Map(changed));
    for (const [path, value] of flatten(model.nets[net]!.stats ?? {})) state[stateNames.stat(net, path)] = value;
  }
  const slots = new Map<string, string[]>();
  for (const step of model.steps) {
    for (const net of step.updates) {
      const values = step.optimizer(() => 0.1, net).init(state[stateNames.params(net)] as NdArray<"float32">);
      slots.set(`${step.name}/${net}`, Object.keys(values));
      for (const [slot, value] of Object.entries(values)) state[stateNames.slot(step.name, net, slot)] = value;
    }
  }
  const trace: StepOptions = {
    model,
    layouts,
    batch: [batch, ...info.shape],
    rate: () => 0.1,
    slotNames: (step, net) => slots.get(`${step}/${net}`)!,
  };
  return { trace, state };
}

async function healthOf({ trace, state }: ReturnType<typeof prepare>, info: DataInfo, values: Arrays = state) {
  const engine = interpreter();
  const look = await Health.open(engine, trace, someData(info).train, key(3), batch);
  const own = engine.createState(values);
  const before = await own.read();
  const found = await look.measure(own, 5, 10);
  expect(await own.read()).toEqual(before);
  return found;
}

const plane: DataInfo = { kind: "points", shape: [2] };
const images: DataInfo = { kind: "image", shape: [8, 8, 1] };

describe("the share of dead units", () => {
  it("is that of units with a bias that no input compensates, by layer and net", async () => {
    const model = gan({ hidden: [8, 4], discriminatorHidden: [5], latent: 3 });
    const prepared = prepare(model, plane, {
      // Outwards: 4 units, then 8.
      "generator.0.bias": (i) => (i < 3 ? -100 : 100),
      "generator.2.bias": (i) => (i === 6 ? -10_000 : 10_000),
      // The discriminator meets items of usual size.
      "generator.4.weight": () => 0,
      "discriminator.1.bias": (i) => (i % 2 === 0 ? -100 : 100),
    });
    expect(await healthOf(prepared, plane)).toMatchObject({
      "dead/generator/layer1": 0.75,
      "dead/generator/layer2": 0.125,
      "dead/discriminator/layer1": expect.closeTo(0.6, 6) as number,
    });
  });

  it("is computed on items from all of the data, not on the first ones of ordered data", async () => {
    const model = gan({ hidden: [2], latent: 3, discriminatorNorm: "none" });
    const prepared = prepare(model, plane, {
      // What is generated is at 0, where the discriminator's units are dead; so they are at (-9, -9), not at (9, 9).
      "generator.2.weight": () => 0,
      "discriminator.1.weight": () => 1,
      "discriminator.1.bias": () => -9,
    });
    const items = ndarray("float32", [40, 2], new Float32Array(80).fill(-9).fill(9, 40));
    const look = await Health.open(
      interpreter(),
      prepared.trace,
      arrayDataset({ name: "sorted", kind: "points", items }),
      key(3),
      batch,
    );
    const found = await look.measure(interpreter().createState(prepared.state), 5, 10);
    expect(found["dead/discriminator/layer1"]).toBe(0);
  });

  it("is computed on the requested number of items, with the resulting error", async () => {
    // Unit j of the discriminator is alive beyond a threshold that one item in 2^(j + 1) passes.
    const [units, size, n] = [10, 16, 64];
    const model = gan({ hidden: [2], discriminatorHidden: [units], latent: 3, discriminatorNorm: "none" });
    const prepared = prepare(model, plane, {
      "generator.2.weight": () => 0,
      "generator.2.bias": () => -9,
      "discriminator.1.weight": (i) => (i < units ? 1 : 0),
      "discriminator.1.bias": (i) => -(1 - 2 ** -(i + 1)),
    });
    const trace = { ...prepared.trace, batch: [size, 2] };
    const counted = async (draw: number) => {
      const column = uniform(fold(key(5), draw), [n]).data;
      const items = ndarray(
        "float32",
        [n, 2],
        Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? column[i / 2]! : 0)),
      );
      const data = arrayDataset({ name: "uniform", kind: "points", items });
      const health = await Health.open(interpreter(), trace, data, key(3), n);
      const found = await health.measure(interpreter().createState(prepared.state), 5, 10);
      return [found["dead/discriminator/layer1"]!, found["dead/discriminator/layer1/stderr"]!] as const;
    };
    const draws = await Promise.all(Array.from({ length: 60 }, (_, draw) => counted(draw)));
    const shares = draws.map(([share]) => share);
    // The chance that none of n items is beyond 1 - 2^-(j + 1), on average over the units.
    const chances = Array.from({ length: units }, (_, j) => (1 - 2 ** -(j + 1)) ** n);
    const expected = chances.reduce((sum, chance) => sum + chance / units, 0);
    // All units see the same items: the spread over draws is what the error estimates.
    const spread = Math.sqrt(varianceOf(addValues(emptyMean, shares)));
    expect(Math.abs(monteCarlo(shares).mean - expected)).toBeLessThan((3 * spread) / Math.sqrt(draws.length));
    const estimated = monteCarlo(draws.map(([, stderr]) => stderr)).mean;
    expect(estimated / spread).toBeGreaterThan(0.5);
    expect(estimated / spread).toBeLessThan(2);
  });

  it("counts channels of images that one pixel of one image keeps alive", async () => {
    const model = gan({ hidden: [4, 8], latent: 3, discriminatorNorm: "none" });
    const prepared = prepare(model, images, {
      "discriminator.0.bias": (i) => (i < 3 ? -100 : 0),
      "discriminator.2.bias": (i) => (i < 2 ? -100 : 100),
    });
    const found = await healthOf(prepared, images);
    expect(found).toMatchObject({ "dead/discriminator/layer1": 0.75, "dead/discriminator/layer2": 0.25 });
    // Batch normalisation moves every channel above 0 somewhere.
    expect(found).toMatchObject({ "dead/generator/layer1": 0, "dead/generator/layer2": 0 });
  });

  it("is reported for ReLU only: a tanh below 0 is not dead", async () => {
    const model = gan({ hidden: [4], latent: 3, activation: "tanh" });
    const found = await healthOf(prepare(model, plane, { "generator.0.bias": () => -100 }), plane);
    const told = Object.keys(found).filter((name) => !name.startsWith("gradient/"));
    expect(told).toEqual(["dead/discriminator/layer1", "dead/discriminator/layer1/stderr"]);
  });

  it("is reported for nets of other models, too", async () => {
    const model = vae({ hidden: [4], latent: 2 });
    const found = await healthOf(prepare(model, images, { "encoder.1.bias": (i) => (i === 0 ? -1000 : 1000) }), images);
    expect(found["dead/encoder/layer1"]).toBe(0.25);
    expect(Object.keys(found)).toContain("gradient/vae/decoder");
  });
});

describe("the norm of gradients", () => {
  it.each([
    [
      "discriminator",
      "discriminator",
      gan({ hidden: [3], latent: 2, ema: 0, instanceNoise: 0.5, discriminatorActivation: "tanh" }),
    ],
    ["generator", "generator", unrolledGan({ hidden: [3], latent: 2, ema: 0, unroll: 2 })],
  ] as const)("agrees with finite differences of the loss: the %s of its first step", async (step, net, model) => {
    const { trace, state } = prepare(model, plane, {});
    const found = await healthOf({ trace, state }, plane);
    // The same step as training makes it, from the same batch and noise, with one parameter moved at a time.
    const { program, declared } = traceStep(trace);
    const engine = interpreter();
    const compiled = await engine.compile(program);
    const { train: data } = someData(plane);
    const feeds = {
      ...feedDeclared(declared, { key: fold(key(3), "health"), count: 0, progress: { step: 5, steps: 10 } }),
      [batchName(0)]: await data.read(subsampleIndices(data, batch)),
    };
    const name = stateNames.params(net);
    const lossAt = async (place: number, move: number): Promise<number> => {
      const data = Float64Array.from(state[name]!.data);
      data[place]! += move;
      const own = engine.createState({ ...state, [name]: ndarray("float64", [data.length], data) });
      return (await compiled.run(feeds, own))[`${step}/loss`]!.data[0]!;
    };
    let squares = 0;
    for (let place = 0; place < state[name]!.data.length; place++) {
      const slope = ((await lossAt(place, 1e-5)) - (await lossAt(place, -1e-5))) / 2e-5;
      squares += slope ** 2;
    }
    expect(found[`gradient/${step}/${net}`]).toBeAllclose(Math.sqrt(squares), { relative: 1e-6 });
  });
});

describe("in a run", () => {
  it("is logged as series, once before the first step and five times per snapshot, and drawn line by line", async () => {
    const store = new MemoryStore();
    const engine = ortEngine({ device: "cpu", threads: 1 });
    const model = gan({ hidden: [4, 3], latent: 2 });
    const options = { steps: 12, batch: 8, sampleEvery: 10 };
    for await (const _ of train(model, someData(plane), options, { engine, store }));
    const metrics = await (await Run.open(store)).metrics();
    const series = new Map<string, number[]>();
    for (const { name, step, split } of metrics) {
      if (!/^(dead|gradient)\//.test(name) || name.endsWith("/stderr")) continue;
      expect(split).toBe("train");
      series.set(name, [...(series.get(name) ?? []), step]);
    }
    expect([...series.keys()].toSorted()).toEqual([
      "dead/discriminator/layer1",
      "dead/discriminator/layer2",
      "dead/generator/layer1",
      "dead/generator/layer2",
      "gradient/discriminator/discriminator",
      "gradient/generator/generator",
    ]);
    for (const steps of series.values()) expect(steps).toEqual([0, 2, 4, 6, 8, 10, 12]);
    const charts = new Map(curvesOf(metrics).map((chart) => [chart.title, chart.series.map(({ name }) => name)]));
    expect(charts.get("dead/generator")).toEqual(["layer1", "layer2"]);
    expect(charts.get("gradient/generator")).toEqual(["generator"]);
    expect(charts.get("discriminator/loss")).toEqual(["train"]);
  });
});

it("curves of a quantity of many latents are named by them, the largest first", () => {
  const lines = Array.from({ length: 10 }, (_, i) => ({
    step: 1,
    images: 1,
    seconds: 0,
    split: "test" as const,
    name: `elbo/klPerLatent/${i}`,
    value: i,
  }));
  const [chart] = curvesOf(lines);
  expect(chart!.title).toBe("elbo/klPerLatent");
  expect(chart!.series.map(({ name }) => name)).toEqual(["z9", "z8", "z7", "z6", "z5", "z4", "z3", "z2"]);
});
