import { totalmem } from "node:os";

import { describe, expect, it } from "vitest";

import { finiteDifference, grad } from "../../src/autodiff/index.ts";
import { OptionError } from "../../src/base/errors.ts";
import { type NdArray, type Shape, ndarray } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { decodeSafetensors } from "../../src/codec/safetensors.ts";
import { type DataSplit, arrayDataset, splitOff } from "../../src/data/index.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import {
  type ConfiguredModel,
  type DataInfo,
  type Model,
  adagan,
  gan,
  pacgan,
  unrolledGan,
  veegan,
  wgan,
  wganGp,
} from "../../src/models/index.ts";
import { nodeEngine } from "../../src/node/index.ts";
import { add, mul, reshape, slice, sum } from "../../src/ops/index.ts";
import { type Arrays, type Engine, ortEngine } from "../../src/runtime/index.ts";
import { Run, type TrainOptions, planRun } from "../../src/run/index.ts";
import { openTrained } from "../../src/trained/index.ts";
import { type TrainEvent, resume, train } from "../../src/train/index.ts";
import { runOnnx } from "../onnx-file.ts";
import "../tolerance.ts";
import { OpenScope, asNet } from "./open-scope.ts";

const engine = ortEngine({ device: "cpu", threads: 1 });

function build({ definition, options }: ConfiguredModel, data: DataInfo): Model {
  return definition.build(options, data);
}

const plane: DataInfo = { kind: "points", shape: [2] };
const images: DataInfo = { kind: "image", shape: [4, 6, 3] };

function someData({ kind, shape }: DataInfo, count = 40): DataSplit {
  if (kind === "pair") throw new Error("pairs are not for players of one kind of items");
  const items = normal(key(2), [count, ...shape]);
  const values = kind === "image" ? items.data.map((value) => 1 / (1 + Math.exp(-value))) : items.data;
  return splitOff(arrayDataset({ name: "some", kind, items: ndarray("float32", items.shape, values) }));
}

async function finish(events: AsyncIterable<TrainEvent>): Promise<void> {
  for await (const _ of events);
}

const refused: readonly (readonly [string, ConfiguredModel, DataInfo, TrainOptions, string])[] = [
  [
    "a batch that packs do not fill",
    pacgan({ packing: 3 }),
    plane,
    { batch: 8 },
    "must be a multiple of 3 for this model - got 8",
  ],
  ["fewer steps than stages", adagan({ components: 4 }), plane, { steps: 6, batch: 8 }, "model's 7 stages - got 6"],
  [
    "batch statistics beside a penalty",
    wganGp({ discriminatorNorm: "batch" }),
    plane,
    {},
    "got batch normalisation in the critic",
  ],
  ["convolutions on points", gan({ arch: "dcgan" }), plane, {}, "convolutions need images [h, w, c] - got points [2]"],
  ["convolutions on points, with widths", veegan({ arch: "dcgan", hidden: [8] }), plane, {}, "got points [2]"],
  [
    "sides that cannot be halved",
    gan(),
    { kind: "image", shape: [27, 27, 1] },
    {},
    "must be even and at least 8 - got [27, 27, 1]",
  ],
  ["more halvings than sides allow", gan({ hidden: [4, 8] }), images, {}, "multiples of 4 - got [4, 6, 3]"],
  [
    "the same of the critic alone",
    wgan({ hidden: [4], discriminatorHidden: [4, 8] }),
    images,
    {},
    "multiples of 4 - got [4, 6, 3]",
  ],
  [
    "biases that batch normalisation takes away",
    gan({ hidden: [4], initialBias: -1 }),
    images,
    {},
    "got an initial bias of -1",
  ],
  ["a batch larger than the data", gan(), plane, { batch: 64 }, "must be at most the 36 training items - got 64"],
];

describe("an invalid configuration", () => {
  it.each(refused)("is rejected before anything is written: %s", async (_, configured, info, options, message) => {
    const store = new MemoryStore();
    const events = train(configured, someData(info), { steps: 20, ...options }, { engine, store });
    const failure = finish(events);
    await expect(failure).rejects.toThrow(OptionError);
    await expect(failure).rejects.toThrow(message);
    expect(await store.list("")).toEqual([]);
  });

  it("does not result from defaults: batches are rounded to whole packs, and to small data", async () => {
    const batchOf = async (model: ConfiguredModel, count: number) =>
      (await planRun(model, someData(plane, count), { epochs: 1 }, { engine })).config.train.batch;
    expect(await batchOf(pacgan({ packing: 3 }), 1000)).toBe(255);
    expect(await batchOf(pacgan({ packing: 3 }), 40)).toBe(36);
    expect(await batchOf(gan(), 40)).toBe(36);
  });
});

describe("a step larger than the memory", () => {
  const plan = async (unroll: number) =>
    await planRun(
      unrolledGan({ unroll }),
      someData(plane, 1000),
      { batch: 64, steps: 1 },
      { engine: { ...engine, freeMemory: () => 2 ** 27 } },
    );

  it("is rejected without building its graph; an accepted one fits", async () => {
    const fitting = /about (\d+) would fit/;
    const refusal: unknown = await plan(100).catch((error: unknown) => error);
    expect((refusal as OptionError).message).toContain("of memory that are free - got --unroll 100");
    const most = Number(fitting.exec((refusal as OptionError).hint!)![1]);
    expect(most).toBeGreaterThan(10);
    await expect(plan(most)).resolves.toBeDefined();
    await expect(plan(most + 1)).rejects.toThrow("of memory that are free");
  });

  it("is rejected by training and resuming, before either writes, on an engine that knows its memory", async () => {
    const data = someData(plane, 60);
    const model = unrolledGan({ unroll: 3, latent: 2, hidden: [4] });
    const [store, other, options] = [new MemoryStore(), new MemoryStore(), { batch: 8, steps: 4 }];
    const small = { ...engine, freeMemory: () => 2000 };
    await expect(train(model, data, options, { engine: small, store: other }).next()).rejects.toThrow(
      /^unrolled-gan: a step must fit into .* of memory that are free - got --unroll 3/,
    );
    expect(await other.list("")).toEqual([]);

    const [stop, large] = [new AbortController(), { ...engine, freeMemory: () => 2 ** 40 }];
    for await (const event of train(model, data, options, { engine: large, store, signal: stop.signal })) {
      if (event.type === "step") stop.abort();
    }
    const before = (await Run.open(store)).state;
    expect(before.status).toBe("interrupted");
    const goOn = resume(await Run.open(store), data, { engine: small });
    await expect(goOn.next()).rejects.toThrow("of memory that are free - got --unroll 3");
    expect((await Run.open(store)).state).toEqual(before);
    for await (const _ of resume(await Run.open(store), data, { engine: large }));
    expect((await Run.open(store)).state.status).toBe("done");
  });

  it("is detected on the engines of this machine", async () => {
    const { freeMemory } = await nodeEngine();
    expect(freeMemory!()).toBeGreaterThan(0);
    expect(freeMemory!()).toBeLessThanOrEqual(totalmem());
  });
});

describe("an epoch", () => {
  const stepsOf = async (model: ConfiguredModel, options: TrainOptions) =>
    (await planRun(model, someData(plane, 1000), { batch: 10, ...options }, { engine })).config.train.steps;

  it("is a pass over the data, however many batches a step uses", async () => {
    expect(await stepsOf(gan(), { epochs: 2 })).toBe(180);
    expect(await stepsOf(wgan(), { epochs: 2 })).toBe(36);
    expect(await stepsOf(wganGp({ criticSteps: 2 }), { epochs: 2 })).toBe(90);
    expect(await stepsOf(wganGp({ criticSteps: 100 }), { epochs: 1 })).toBe(1);
    expect(await stepsOf(wgan(), { steps: 7 })).toBe(7);
  });

  it("counts the additional critic updates at the start, also in a resumed run", async () => {
    const [store, stop] = [new MemoryStore(), new AbortController()];
    const options = { steps: 30, batch: 8, logEvery: 30, sampleEvery: 100 };
    const model = wgan({ latent: 2, hidden: [4], criticSteps: 5, criticWarmup: 7 });
    const events = train(model, someData(plane, 60), options, { engine, store, signal: stop.signal });
    for await (const event of events) if (event.type === "step" && event.step === 4) stop.abort();
    for await (const _ of resume(await Run.open(store), someData(plane, 60), { engine }));
    const lines = await (await Run.open(store)).metrics();
    // Five batches a step, and two more in each of the first 25.
    expect(lines.at(-1)).toMatchObject({ step: 30, images: 8 * (30 * 5 + 25 * 2) });
  });

  it("by default makes critics' runs as long as others", async () => {
    const stepsOnImages = async (model: ConfiguredModel) =>
      (await planRun(model, someData({ kind: "image", shape: [8, 8, 1] }, 1000), { batch: 10 }, { engine })).config
        .train.steps;
    expect(await stepsOnImages(wgan())).toBe(await stepsOnImages(gan()));
    expect(await stepsOnImages(wganGp())).toBe(await stepsOnImages(gan()));
  });

  it("is not the default unit for runs on points", async () => {
    for (const model of [gan(), wgan(), pacgan()]) expect(await stepsOf(model, {})).toBe(25_000);
    expect(await stepsOf(gan(), { epochs: 1 })).toBe(90);
  });
});

describe("packs", () => {
  /** What the discriminator is shown in the first step, of real and of generated items. */
  function shown(data: DataInfo, packing: number, n: number): { packs: Tensor; made: Shape } {
    const model = build(pacgan({ packing, latent: 2, arch: "mlp", hidden: [4] }), data);
    const seen: Tensor[] = [];
    const made = [n, ...data.shape];
    const scope = new OpenScope({
      generator: asNet(() => input("made", made)),
      discriminator: asNet((x) => (seen.push(x), slice(reshape(x, [x.shape[0]!, -1]), 1, 0, 1))),
    });
    model.steps[0]!.loss(input("real", [n, ...data.shape]), scope);
    return { packs: seen[0]!, made };
  }

  it("are concatenated points, real and generated ones separate", () => {
    const { packs } = shown(plane, 3, 6);
    const [real, made] = [normal(key(1), [6, 2]), normal(key(2), [6, 2])];
    const [value] = evaluate([packs], { real, made });
    expect(value!.shape).toEqual([4, 6]);
    expect([...value!.data]).toEqual([...real.data, ...made.data]);
  });

  it("are images concatenated along channels, image by image", () => {
    const { packs } = shown(images, 2, 4);
    const [real, made] = [normal(key(1), [4, 4, 6, 3]), normal(key(2), [4, 4, 6, 3])];
    const [value] = evaluate([packs], { real, made });
    expect(value!.shape).toEqual([4, 4, 6, 6]);
    const at = (pack: number, y: number, x: number, channel: number) =>
      value!.data[((pack * 4 + y) * 6 + x) * 6 + channel]!;
    const pixel = (of: NdArray, i: number, y: number, x: number, channel: number) =>
      of.data[((i * 4 + y) * 6 + x) * 3 + channel]!;
    for (const [pack, y, x, part, channel] of [
      [0, 0, 0, 0, 0],
      [0, 3, 5, 1, 2],
      [1, 2, 1, 0, 1],
      [1, 1, 4, 1, 0],
    ] as const) {
      // Between the players images are in [-1, 1]; generated ones are there already.
      expect(at(pack, y, x, 3 * part + channel)).toBe(2 * pixel(real, 2 * pack + part, y, x, channel) - 1);
      expect(at(2 + pack, y, x, 3 * part + channel)).toBe(pixel(made, 2 * pack + part, y, x, channel));
    }
  });

  it("are scored by its map as in training", () => {
    for (const data of [plane, images]) {
      const packing = 3;
      const model = build(pacgan({ packing, latent: 2, arch: "mlp", hidden: [4] }), data);
      const { map, input: name, packing: told } = model.discriminator!;
      expect([told, model.maps[map]!.inputs[name]]).toEqual([packing, [packing, ...data.shape]]);
      const seen: Tensor[] = [];
      const scope = new OpenScope({
        discriminator: asNet((x) => (seen.push(x), slice(reshape(x, [x.shape[0]!, -1]), 1, 0, 1))),
      });
      const { score } = model.maps[map]!.outputs({ [name]: input("x", [2, packing, ...data.shape]) }, scope);
      expect(score!.shape).toEqual([2, 1]);
      const items = normal(key(1), [2 * packing, ...data.shape]);
      const [scored] = evaluate([seen[0]!], { x: ndarray("float32", [2, packing, ...data.shape], items.data) });
      const trained = shown(data, packing, 2 * packing);
      const [real] = evaluate([trained.packs], { real: items, made: normal(key(2), trained.made as number[]) });
      expect([...scored!.data]).toEqual([...real!.data.subarray(0, scored!.data.length)]);
    }
  });

  it("propagate the generator's gradient to every item in them", () => {
    const model = build(pacgan({ packing: 2, latent: 2, hidden: [4] }), plane);
    const made = input("made", [4, 2]);
    const scope = new OpenScope({
      generator: asNet(() => made),
      discriminator: asNet((x) => sum(mul(x, x), { axes: [1], keepDims: true })),
    });
    const { loss } = model.steps[1]!.loss(input("real", [4, 2]), scope);
    const [slope] = evaluate(grad(loss, [made]), { made: normal(key(3), [4, 2]) });
    expect(slope!.data.every((value) => value !== 0)).toBe(true);
  });
});

describe("instance noise", () => {
  const deviation = 0.7;
  const n = 4;

  /** What each step shows to the discriminator: real and generated items in the first, generated ones in the second. */
  function shownBy(model: Model, made: Tensor): { seen: Tensor[]; losses: Tensor[] } {
    const seen: Tensor[] = [];
    const scope = () =>
      new OpenScope({
        generator: asNet(() => made),
        discriminator: asNet((x) => (seen.push(x), sum(mul(x, x), { axes: [1], keepDims: true }))),
      });
    const losses = model.steps.map((step) => step.loss(input("real", [n, 2]), scope()).loss);
    return { seen, losses };
  }

  const values: Arrays = {
    real: normal(key(1), [n, 2]),
    made: normal(key(2), [n, 2]),
    "instance noise of real items": normal(key(3), [n, 2]),
    "instance noise of generated items": normal(key(4), [n, 2]),
    "instance noise of the generator's items": normal(key(5), [n, 2]),
  };
  const sumOf = (items: string, noise: string) =>
    Array.from(values[items]!.data, (value, i) => value + deviation * values[`instance noise of ${noise}`]!.data[i]!);

  it("is added to everything the discriminator sees, real and generated, independently", () => {
    const { seen } = shownBy(build(gan({ instanceNoise: deviation }), plane), input("made", [n, 2]));
    const [first, second] = evaluate(seen, values);
    expect(first!.data).toBeAllclose([...sumOf("real", "real items"), ...sumOf("made", "generated items")], {
      relative: 1e-7,
    });
    expect(second!.data).toBeAllclose(sumOf("made", "the generator's items"), { relative: 1e-7 });
  });

  it("propagates the generator's gradient", () => {
    const { losses } = shownBy(build(gan({ instanceNoise: deviation }), plane), input("made", [n, 2]));
    const made = losses[1]!;
    const slope = grad(made, [leafOf(made, "made")])[0]!;
    const feeds = Object.fromEntries(
      Object.entries(values).map(([name, { shape, data }]) => [
        name,
        ndarray("float64", shape, Float64Array.from(data)),
      ]),
    );
    expect(evaluate([slope], feeds)[0]).toBeAllclose(finiteDifference(made, feeds, "made"), { relative: 1e-6 });
  });

  it("turns a linear discriminator's squared loss into one with a gradient penalty", () => {
    // E (s(x + e) - 1)^2 = (s(x) - 1)^2 + deviation^2 |slope|^2 for a linear s: Bishop, "Training with noise", 1995.
    const count = 20_000;
    const slope = [1.5, -0.8];
    const lossAt = (noise: number): number => {
      const model = build(gan({ loss: "least-squares", instanceNoise: noise }), plane);
      const scope = new OpenScope({
        generator: asNet(() => input("made", [count, 2])),
        discriminator: asNet((x) => add(mul(slice(x, 1, 0, 1), slope[0]!), mul(slice(x, 1, 1, 2), slope[1]!))),
      });
      const { loss } = model.steps[0]!.loss(input("real", [count, 2]), scope);
      const drawn = Object.fromEntries(
        [...scope.noises].map(([name, { shape }], i) => [name, normal(key(20 + i), shape)]),
      );
      const made = normal(key(10), [count, 2]);
      return evaluate([loss], { real: normal(key(11), [count, 2]), made, ...drawn })[0]!.data[0]!;
    };
    const squares = slope[0]! ** 2 + slope[1]! ** 2;
    // Half the square for either kind of items; the deviation of the mean over as many is about 0.02.
    expect(lossAt(deviation) - lossAt(0)).toBeCloseTo(deviation ** 2 * squares, 1);
  });

  it("decreases linearly to 0 over the run", () => {
    const asked: ((step: number, steps: number) => number)[] = [];
    const scope = new OpenScope({ generator: asNet(() => input("made", [n, 2])), discriminator: asNet((x) => x) });
    const scalar = scope.scalar.bind(scope);
    scope.scalar = (name, at) => (asked.push(at), scalar(name, at));
    const model = build(gan({ instanceNoise: deviation }), plane);
    model.steps[1]!.loss(input("real", [n, 2]), scope);
    const at = asked[0]!;
    expect([0, 25, 50, 100].map((step) => at(step, 100))).toBeAllclose(
      [1, 0.75, 0.5, 0].map((share) => share * deviation),
      { relative: 1e-12 },
    );
  });
});

function leafOf(y: Tensor, name: string): Tensor {
  const found = [y];
  for (const node of found) {
    if (node.attrs.name === name) return node;
    found.push(...node.inputs);
  }
  throw new Error(`no input ${name}`);
}

describe("wgan's critic", () => {
  it("makes 100 updates in each of the first 25 steps and in every 500th, and otherwise the requested number", () => {
    const [critic] = build(wgan(), plane).steps;
    const stepsAt = (step: number) => critic!.repeat! + critic!.before!(step);
    expect([0, 1, 24, 25, 26, 499, 500, 501, 1000].map(stepsAt)).toEqual([100, 100, 100, 5, 5, 5, 100, 5, 100]);
    const [eager] = build(wgan({ criticSteps: 8, criticWarmup: 3 }), plane).steps;
    expect([0, 30].map((step) => eager!.repeat! + eager!.before!(step))).toEqual([8, 8]);
  });

  it("makes them in training, each on another batch", async () => {
    const fed: { extra: boolean; batch: string }[] = [];
    const counting: Engine = {
      ...engine,
      compile: async (program) => {
        const compiled = await engine.compile(program);
        const extra = "critic/loss" in program.outputs && !("generator/loss" in program.outputs);
        const whole = "generator/loss" in program.outputs && program.updates !== undefined;
        return {
          release: () => compiled.release(),
          run: (feeds, state) => {
            const batches = Object.keys(feeds).filter((name) => name.startsWith("batch/"));
            const batchOf = (name: string) => String((feeds[name] as NdArray).data);
            if (extra || whole) fed.push(...batches.map((name) => ({ extra, batch: batchOf(name) })));
            return compiled.run(feeds, state);
          },
        };
      },
    };
    const model = wgan({ hidden: [4], latent: 2, criticSteps: 2, criticWarmup: 5 });
    await finish(train(model, someData(plane, 200), { steps: 27, batch: 10, sampleEvery: 1000 }, { engine: counting }));
    const extras = fed.filter(({ extra }) => extra);
    expect(extras).toHaveLength(25 * 3);
    expect(fed).toHaveLength(25 * 3 + 27 * 2);
    expect(new Set(extras.map(({ batch }) => batch)).size).toBe(extras.length);
  });
});

describe("a step with many critic updates before it", () => {
  const model = wgan({ hidden: [4], latent: 2, criticSteps: 1, criticWarmup: 61 });
  const data = someData(plane, 200);
  const options = { steps: 4, batch: 10, sampleEvery: 1000, seed: 1 } as const;

  it.each([1, 3])("is interrupted between updates on request, and repeated: step %i", async (stopped) => {
    const whole = new MemoryStore();
    await finish(train(model, data, options, { engine, store: whole }));

    const stop = new AbortController();
    let updates = 0;
    const counting: Engine = {
      ...engine,
      compile: async (program) => {
        const compiled = await engine.compile(program);
        const extra = "critic/loss" in program.outputs && !("generator/loss" in program.outputs);
        const run: typeof compiled.run = (feeds, state) => {
          if (extra && ++updates === 60 * (stopped - 1) + 30) stop.abort();
          return compiled.run(feeds, state);
        };
        return { release: () => compiled.release(), run };
      },
    };
    const store = new MemoryStore();
    const events: TrainEvent[] = [];
    for await (const event of train(model, data, options, { engine: counting, store, signal: stop.signal })) {
      events.push(event);
    }
    expect(updates).toBe(60 * (stopped - 1) + 30);
    expect(events.at(-1)).toMatchObject({ type: "interrupted", step: stopped - 1 });
    expect((await Run.open(store)).state).toMatchObject({ status: "interrupted", saved: stopped - 1 });

    await finish(resume(await Run.open(store), data, { engine }));
    for (const file of ["params", "optimizer"]) {
      const name = `checkpoints/000004/${file}.safetensors`;
      expect(Buffer.from(await store.read(name)).equals(await whole.read(name)), name).toBe(true);
    }
    const lines = async (run: MemoryStore) =>
      (await (await Run.open(run)).metrics()).map((line) => ({ ...line, seconds: 0 }));
    expect(await lines(store)).toEqual(await lines(whole));
  });
});

describe("EMA parameters", () => {
  const configured = gan({ hidden: [5], latent: 2, ema: 0.6 });
  const steps = 12;

  async function trained(): Promise<MemoryStore> {
    const store = new MemoryStore();
    const options = { steps, batch: 10, learningRate: 1e-2, checkpointEvery: 1, keep: steps, sampleEvery: 1000 };
    await finish(train(configured, someData(plane, 200), options, { engine, store }));
    return store;
  }

  async function arraysAt(store: MemoryStore, step: number, file: "params" | "optimizer") {
    const name = `checkpoints/${String(step).padStart(6, "0")}/${file}.safetensors`;
    return decodeSafetensors(await store.read(name), name).tensors;
  }

  it("agree with a direct computation, and are those of files and samples", async () => {
    const store = await trained();
    const names = Object.keys(await arraysAt(store, 1, "params")).filter((name) => name.startsWith("generator."));
    expect(names).toHaveLength(4);
    const first = await arraysAt(store, 1, "optimizer");
    const average = new Map(names.map((name) => [name, Float64Array.from(first[`generator.ema.${name}`]!.data)]));
    for (let step = 2; step <= steps; step++) {
      const params = await arraysAt(store, step, "params");
      // Of update 3, counted from 0, 4/13 of the average is kept; from 0.6 on, which update 12 would reach, 0.6.
      const kept = Math.min(0.6, step / (9 + step));
      for (const [name, value] of average) {
        params[name]!.data.forEach((each, i) => (value[i] = kept * value[i]! + (1 - kept) * each));
      }
    }
    const [last, slots] = [await arraysAt(store, steps, "params"), await arraysAt(store, steps, "optimizer")];
    for (const [name, value] of average) {
      expect(slots[`generator.ema.${name}`]!.data, name).toBeAllclose(value, { relative: 1e-6 });
      expect(slots[`generator.ema.${name}`]!.data).not.toEqual(last[name]!.data);
    }
    // The generator by hand, in PyTorch's order of weights: out, in.
    const codes = normal(key(4), [3, 2]);
    const byHand = (params: (name: string) => ArrayLike<number>): number[] =>
      [0, 1, 2].flatMap((i) => {
        const [w0, b0, w2, b2] = ["0.weight", "0.bias", "2.weight", "2.bias"].map((name) =>
          params(`generator.${name}`),
        ) as [ArrayLike<number>, ArrayLike<number>, ArrayLike<number>, ArrayLike<number>];
        const hidden = [0, 1, 2, 3, 4].map((j) =>
          Math.max(0, w0[2 * j]! * codes.data[2 * i]! + w0[2 * j + 1]! * codes.data[2 * i + 1]! + b0[j]!),
        );
        return [0, 1].map((k) => hidden.reduce((total, h, j) => total + h * w2[5 * k + j]!, b2[k]!));
      });
    for (const weights of ["ema", "last"] as const) {
      const expected = byHand((name) => (weights === "ema" ? average.get(name)! : last[name]!.data));
      const opened = await openTrained(await Run.open(store), engine, weights);
      expect(opened.weights).toBe(weights);
      const drawn = await opened.trained.map("generator", { z: codes });
      await opened.close();
      expect(drawn.point!.data, weights).toBeAllclose(expected, { relative: 1e-5 });
      if (weights === "last") continue;
      const [file] = await runOnnx(await store.read("export/generator.onnx"), { z: codes });
      expect(file!.point!.data, "the exported file").toBeAllclose(expected, { relative: 1e-5 });
    }
  });

  it("are loaded by default; a run without them has only one set of parameters", async () => {
    const opened = await openTrained(await Run.open(await trained()), engine);
    expect(opened.weights).toBe("ema");
    await opened.close();
    const store = new MemoryStore();
    await finish(train(gan({ hidden: [5], ema: 0 }), someData(plane), { steps: 2 }, { engine, store }));
    const plain = await openTrained(await Run.open(store), engine, "ema");
    expect(plain.weights).toBeNull();
    await plain.close();
  });
});

describe("unrolling", () => {
  it("leaves the discriminator's running statistics to its real updates", async () => {
    const statsAfter = async (configured: ConfiguredModel) => {
      const store = new MemoryStore();
      await finish(train(configured, someData(plane, 200), { steps: 1, batch: 10 }, { engine, store }));
      const name = "checkpoints/000001/params.safetensors";
      const { tensors } = decodeSafetensors(await store.read(name), name);
      return Object.entries(tensors).filter(([path]) => path.startsWith("discriminator.") && path.endsWith(".mean"));
    };
    const shared = { hidden: [4], discriminatorHidden: [4, 4], discriminatorNorm: "batch", latent: 2, ema: 0 } as const;
    const looked = await statsAfter(unrolledGan({ ...shared, unroll: 3, loss: "non-saturating" }));
    expect(looked).toHaveLength(1);
    // Two passes in the discriminator's one step: their mean has moved by 1 - 0.9^2 of what the batches are, no more.
    const [, mean] = looked[0]!;
    expect(mean.data.some((value) => value !== 0)).toBe(true);
    const alone = await statsAfter(unrolledGan({ ...shared, unroll: 0, loss: "non-saturating" }));
    const shift = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
    // Generators differ a little after their first step, by what they looked ahead at.
    expect(shift(mean.data, alone[0]![1].data)).toBeLessThan(0.05 * Math.max(...Array.from(mean.data, Math.abs)));
  });
});
