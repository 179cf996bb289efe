import { describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { type NdArray, castTo, fromNumbers, ndarray } from "../../src/base/ndarray.ts";
import { parseOptions } from "../../src/base/options.ts";
import { fold, key, normal, uniform } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { flatten } from "../../src/base/tree.ts";
import { arrayDataset, splitOff } from "../../src/data/index.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import {
  type ConfiguredModel,
  type DataInfo,
  type Model,
  adagan,
  cyclegan,
  gan,
  pacgan,
  pix2pix,
  unrolledGan,
  veegan,
  wgan,
  wganGp,
} from "../../src/models/index.ts";
import { adaptiveProbability } from "../../src/nn/index.ts";
import { concat, reshape, slice } from "../../src/ops/index.ts";
import { type Arrays, interpreter, ortEngine } from "../../src/runtime/index.ts";
import { Run } from "../../src/run/index.ts";
import { resume, train } from "../../src/train/index.ts";
import { stateNames } from "../../src/step/state-view.ts";
import { partsOf, runSteps, watched } from "../golden/step.ts";
import { OpenContext } from "../nn/context.ts";
import "../tolerance.ts";
import { OpenScope, asNet } from "./open-scope.ts";

const plane: DataInfo = { kind: "points", shape: [2] };
const images: DataInfo = { kind: "image", shape: [4, 4, 3] };
const pairs: DataInfo = { kind: "pair", shape: [2, 16, 16, 3] };

type Options = Readonly<Record<string, unknown>>;
type Recipe = (options: Options) => ConfiguredModel;
type Params = ReadonlyMap<string, NdArray<"float64">>;

const small = {
  hidden: [4],
  latent: 2,
  arch: "mlp",
  ema: 0,
  discriminatorActivation: "tanh",
  activation: "tanh",
} as const;
const tiny = { ngf: 2, discriminatorLayers: 1 };

const recipes: Readonly<Record<string, Recipe>> = {
  gan: (options) => gan({ ...small, instanceNoise: 0.1, ...options }),
  wgan: (options) => wgan({ ...small, criticSteps: 2, ...options }),
  "wgan-gp": (options) => wganGp({ ...small, criticSteps: 2, ...options }),
  "unrolled-gan": (options) => unrolledGan({ ...small, unroll: 2, ...options }),
  "unrolled-gan, another loss": (options) => unrolledGan({ ...small, unroll: 1, loss: "hinge", ...options }),
  veegan: (options) => veegan({ ...small, ...options }),
  pacgan: (options) => pacgan({ ...small, ...options }),
  adagan: (options) => adagan({ ...small, components: 2, ...options }),
  cyclegan: (options) => cyclegan({ ...tiny, blocks: 0, pool: 2, ...options }),
  pix2pix: (options) => pix2pix({ ...tiny, generator: "residual", blocks: 0, ...options }),
};

/** What a recipe is tried on: images, and where it can be points. */
function dataFor(recipe: Recipe): { readonly images: DataInfo; readonly simple: DataInfo } {
  const learnsFrom = recipe({}).definition.learnsFrom ?? "items";
  return learnsFrom === "items" ? { images, simple: plane } : { images: pairs, simple: pairs };
}

/** Of a model with several stages, the last. */
function build(recipe: Recipe, options: Options, data: DataInfo): Model {
  const { definition, options: chosen } = recipe(options);
  const model = definition.build(chosen, data);
  const last = model.stages?.at(-1)?.steps;
  return last === undefined ? model : { ...model, steps: model.steps.filter(({ name }) => last.includes(name)) };
}

function initial(model: Model): Record<string, Params> {
  return Object.fromEntries(
    Object.entries(model.nets).map(([net, layer]) => {
      const values = [...flatten(layer.init(fold(key(3), net)))];
      return [net, new Map(values.map(([path, value]) => [path, castTo(value, "float64")]))];
    }),
  );
}

function itemsFor({ kind, shape }: DataInfo, n: number, seed: number): NdArray {
  return (kind === "points" ? normal : uniform)(key(seed), [n, ...shape]);
}

/** Whole steps on the interpreter, with noise that its name tells. */
function steps(model: Model, params: Readonly<Record<string, Params>>, data: DataInfo, count = 1) {
  const turns = Math.max(...model.steps.map(({ repeat = 1 }) => repeat));
  return runSteps(interpreter(), {
    model,
    params,
    batches: Array.from({ length: count }, (_, step) =>
      Array.from({ length: turns }, (__, turn) => itemsFor(data, 4, 10 * step + turn)),
    ),
    rate: () => 0.01,
    noise: (name, shape, step) => uniform(fold(key(4), name, step), shape),
  });
}

const kinds = ["real-only", "dag", "diffaugment", "ada"] as const;
const critics = ["wgan", "wgan-gp"];

describe.each(Object.entries(recipes))("%s", (name, recipe) => {
  const data = dataFor(recipe);

  it.each(kinds.filter((kind) => kind !== "ada" || !critics.includes(name)))(
    "makes two steps with finite losses with %s, which update each trained net",
    async (augment) => {
      const model = build(recipe, { augment }, data.images);
      const start = initial(model);
      const { outputs, state } = await steps(model, start, data.images, 2);
      for (const values of [...outputs, state])
        for (const [what, { data }] of Object.entries(values)) expect(data.every(Number.isFinite), what).toBe(true);
      for (const net of model.steps.flatMap(({ updates }) => updates)) {
        const now = partsOf(state[stateNames.params(net)]!, start[net]!);
        const moved = [...now].filter(([path, { data }]) =>
          data.some((value, i) => value !== start[net]!.get(path)!.data[i]),
        );
        expect(moved, net).not.toEqual([]);
      }
    },
  );

  it("with dag and weight 0 for the further heads has the gradients of the plain GAN", async () => {
    const plain = watched(build(recipe, {}, data.simple));
    const heads = watched(build(recipe, { augment: "dag", lambdaU: 0, lambdaV: 0 }, data.simple));
    const own = initial(plain);
    // The first of each head's numbers are the plain discriminator's.
    const wide = Object.fromEntries(
      Object.entries(initial(heads)).map(([net, params]) => [net, widened(params, own[net]!)]),
    );
    const [one, other] = await Promise.all([steps(plain, own, data.simple), steps(heads, wide, data.simple)]);
    for (const step of plain.steps) {
      expect(other.outputs[0]![`${step.name}/loss`], step.name).toBeAllclose(one.outputs[0]![`${step.name}/loss`]!, {
        relative: 1e-7,
      });
      for (const net of step.updates) {
        const slot = stateNames.slot(step.name, net, "gradient");
        const expected = partsOf(one.state[slot]!, own[net]!);
        const scale = 1e-7 * Math.max(...Array.from(one.state[slot]!.data, Math.abs));
        for (const [path, value] of partsOf(other.state[slot]!, wide[net]!)) {
          const known = expected.get(path)!;
          const [first, rest] = firstColumns(value, known.shape.at(-1)!);
          expect(first, `${step.name} ${net}.${path}`).toBeAllclose(known.data, { relative: 1e-7, absolute: scale });
          expect(rest.every((slope) => slope === 0)).toBe(true);
        }
      }
    }
  });
});

/** The first numbers along the last axis, and the others. */
function firstColumns({ shape, data }: NdArray, count: number): [first: number[], rest: number[]] {
  const width = shape.at(-1)!;
  const numbers = Array.from(data);
  return [numbers.filter((_, i) => i % width < count), numbers.filter((_, i) => i % width >= count)];
}

/** Parameters whose first columns are those of a net with fewer outputs. */
function widened(params: Params, narrow: Params): Params {
  return new Map(
    [...params].map(([path, { shape, data }]) => {
      const from = narrow.get(path)!;
      const [width, count] = [shape.at(-1)!, from.shape.at(-1)!];
      const values = data.map((value, i) =>
        i % width < count ? from.data[Math.floor(i / width) * count + (i % width)]! : value,
      );
      return [path, ndarray("float64", shape, values)];
    }),
  );
}

/** A discriminator with a score for each of four heads. */
function fourScores(x: Tensor): Tensor {
  const first = slice(reshape(x, [x.shape[0]!, -1]), 1, 0, 1);
  return concat([first, first, first, first], 1);
}

describe("the inputs of the discriminator", () => {
  const n = 4;
  const values: Arrays = {
    real: normal(key(1), [n, 2]),
    made: normal(key(2), [n, 2]),
    // Of four turns the first to the last.
    "augmentation of real items": fromNumbers([0.1, 0.3, 0.6, 0.9]),
    "augmentation of generated items": fromNumbers([0.9, 0.6, 0.3, 0.1]),
    "augmentation of the generator's items": fromNumbers([0.3, 0.3, 0.9, 0.9]),
  };
  /** A point turned counter-clockwise, so many times. */
  const turned = (items: string, turns: readonly number[]) =>
    turns.flatMap((times, i) => {
      let [x, y] = [values[items]!.data[2 * i]!, values[items]!.data[2 * i + 1]!];
      for (let k = 0; k < times; k++) [x, y] = [-y, x];
      return [x, y];
    });
  const still = [0, 0, 0, 0];

  /** By step: what it shows, all batches one after the other. */
  function shown(model: Model, chance: number): number[][] {
    const seen: Tensor[] = [];
    const scope = () =>
      new OpenScope({
        generator: asNet(() => input("made", [n, 2])),
        discriminator: asNet((x) => (seen.push(x), fourScores(x))),
        chance: asNet(() => input("chance", [])),
      });
    for (const step of model.steps) step.loss(input("real", [n, 2]), scope());
    return evaluate(seen, { ...values, chance: fromNumbers([chance], []) }).map(({ data }) => [...data]);
  }
  const shownBy = (options: Options, chance = 0) =>
    shown(
      build((chosen) => gan({ ...small, ...chosen }), options, plane),
      chance,
    );

  it("of real-only: real items randomly rotated, generated ones unchanged", () => {
    const [first, second] = shownBy({ augment: "real-only" });
    expect(first).toEqual([...turned("real", [0, 1, 2, 3]), ...turned("made", still)]);
    expect(second).toEqual(turned("made", still));
  });

  it("of dag: both unchanged, then both under each transformation, also in the generator's step", () => {
    const [first, second] = shownBy({ augment: "dag", transforms: "rotation" });
    const turns = [0, 1, 2, 3].map((k) => [k, k, k, k]);
    expect(first).toEqual(turns.flatMap((each) => [...turned("real", each), ...turned("made", each)]));
    expect(second).toEqual(turns.flatMap((each) => turned("made", each)));
  });

  it("of ada: both randomly transformed, with the current probability", () => {
    const [never] = shownBy({ augment: "ada" }, 0);
    expect(never).toEqual([...turned("real", still), ...turned("made", still)]);
    const [always, second] = shownBy({ augment: "ada" }, 1);
    expect(always).toEqual([...turned("real", [0, 1, 2, 3]), ...turned("made", [3, 2, 1, 0])]);
    expect(second).toEqual(turned("made", [1, 1, 3, 3]));
  });

  it("of ada with several sets: one transformation of each, in sequence", () => {
    const [always] = shownBy({ augment: "ada", transforms: "rotation,flip" }, 1);
    const mirrored = (items: number[], signs: readonly (readonly [number, number])[]) =>
      items.map((value, i) => value * signs[Math.floor(i / 2)]![i % 2]!);
    // Of four members of flip the same draws take none, across, along, both.
    const signs = [
      [1, 1],
      [-1, 1],
      [1, -1],
      [-1, -1],
    ] as const;
    expect(always).toEqual([
      ...mirrored(turned("real", [0, 1, 2, 3]), signs),
      ...mirrored(turned("made", [3, 2, 1, 0]), signs.toReversed()),
    ]);
  });

  it("of packs: items transformed before they are packed", () => {
    const [first] = shown(build(recipes.pacgan!, { augment: "dag", transforms: "flip" }, plane), 0);
    const flips = [
      [1, 1],
      [-1, 1],
      [1, -1],
      [-1, -1],
    ];
    const flipped = (items: string, [x, y]: readonly number[]) =>
      Array.from(values[items]!.data, (value, i) => value * (i % 2 === 0 ? x! : y!));
    expect(first).toEqual(flips.flatMap((signs) => [...flipped("real", signs), ...flipped("made", signs)]));
  });
});

/** A net whose scores are one number, as its last layer has no weights. */
function withHead(params: Params, score: number): Params {
  const bias = [...params.keys()].findLast((path) => path.endsWith("bias"))!;
  const weight = bias.replace(/bias$/, "weight");
  const head = { [bias]: score, [weight]: 0 };
  return new Map(
    [...params].map(([path, { shape, data }]) => {
      const value = head[path];
      return [path, ndarray("float64", shape, value === undefined ? data : data.map(() => value))];
    }),
  );
}

describe("the probability of ada", () => {
  it("is logged, then updated and clamped to [0, 1]; not in inference", () => {
    const layer = adaptiveProbability();
    const context = new OpenContext(true, layer.stats);
    const tell = (by: number) => layer.apply({}, input(String(by), []), context);
    const told = [0.4, 0.7, -0.2, -3, 0].map(tell);
    const feeds = Object.fromEntries([0.4, 0.7, -0.2, -3, 0].map((by) => [String(by), fromNumbers([by], [])]));
    expect(evaluate(told, feeds).map(({ data }) => data[0])).toBeAllclose([0, 0.4, 1, 0.8, 0], { relative: 1e-6 });
    const inferring = new OpenContext(false, layer.stats);
    layer.apply({}, input("0.4", []), inferring);
    expect(inferring.updates.size).toBe(0);
  });

  it("follows the sign of the scores of real items, relative to the main head's boundary", async () => {
    for (const [loss, boundary] of [
      ["non-saturating", 0],
      ["least-squares", 0.5],
    ] as const) {
      const model = build((chosen) => gan({ ...small, ...chosen }), { augment: "ada", loss }, plane);
      expect(model.discriminator!.boundary!.score).toBe(boundary);
      const params = initial(model);
      // All real items are told right, or none: by less than the boundaries of losses are apart, by more than steps move it.
      for (const sign of [1, -1]) {
        params.discriminator = withHead(params.discriminator!, boundary + 0.2 * sign);
        const { outputs, state } = await steps(model, params, plane, 3);
        expect(outputs.map((each) => each["discriminator/sure"]!.data[0])).toEqual([sign, sign, sign]);
        const rise = sign > 0 ? 4 / 500_000 : 0;
        expect(outputs.map((each) => each["discriminator/chance"]!.data[0])).toBeAllclose([0, rise, 2 * rise], {
          relative: 1e-6,
        });
        expect(state["stats/chance.chance"]!.data).toBeAllclose([3 * rise], { relative: 1e-6 });
      }
    }
  });

  it("grows with the number of real items, each item of a pack counted", async () => {
    for (const [packing, rises] of [
      [2, 4],
      [4, 4],
    ] as const) {
      const model = build((chosen) => pacgan({ ...small, packing, ...chosen }), { augment: "ada" }, plane);
      const params = { ...initial(model) };
      // So that every pack is told right.
      params.discriminator = withHead(params.discriminator!, 9);
      const { state } = await steps(model, params, plane);
      expect(state["stats/chance.chance"]!.data, `packs of ${packing}`).toBeAllclose([rises / 500_000], {
        relative: 1e-6,
      });
    }
  });

  it("is saved in checkpoints: a resumed run ends as an uninterrupted one", async () => {
    const items = normal(key(2), [40, 2]);
    const data = splitOff(arrayDataset({ name: "some", kind: "points", items }));
    const engine = ortEngine({ device: "cpu", threads: 1 });
    const configured = gan({ hidden: [4], latent: 2, augment: "ada" });
    const options = { steps: 6, batch: 8, seed: 1, checkpointEvery: 3, sampleEvery: 100, keep: 3 };
    const [whole, broken] = [new MemoryStore(), new MemoryStore()];
    for await (const _ of train(configured, data, options, { engine, store: whole }));
    const stop = new AbortController();
    for await (const event of train(configured, data, options, { engine, store: broken, signal: stop.signal })) {
      if (event.type === "step" && event.step === 4) stop.abort();
    }
    for await (const _ of resume(await Run.open(broken), data, { engine }));
    for (const file of ["params", "optimizer"]) {
      const name = `checkpoints/000006/${file}.safetensors`;
      expect(Buffer.from(await broken.read(name)).equals(await whole.read(name)), name).toBe(true);
    }
  });
});

describe("invalid augmentations", () => {
  const wideImages: DataInfo = { kind: "image", shape: [4, 6, 3] };
  const cases: readonly (readonly [string, Options, DataInfo, string, string])[] = [
    ["gan", { transforms: "flip" }, images, "none does not take transforms - got flip", "--augment dag"],
    ["gan", { lambdaU: 0.1 }, images, "none does not take lambdaU - got 0.1", "--augment dag"],
    ["gan", { augment: "ada", lambdaV: 0.1 }, images, "ada does not take lambdaV", "--augment dag"],
    [
      "gan",
      { augment: "diffaugment", transforms: "crop" },
      images,
      "diffaugment does not take transforms",
      "--augment",
    ],
    ["gan", { augment: "diffaugment" }, plane, "diffaugment is for images - got points", "--augment dag"],
    ["gan", { augment: "dag" }, wideImages, "needs square images - got [4, 6, 3]", "--size"],
    ["wgan", { augment: "ada" }, images, "got a critic", "--augment dag"],
    ["wgan-gp", { augment: "ada" }, images, "got a critic", "--augment dag"],
    ["cyclegan", { augment: "dag" }, { kind: "pair", shape: [2, 16, 32, 3] }, "got [16, 32, 3]", "--transforms flip"],
    ["adagan", { augment: "real-only", transforms: "crop" }, plane, "got crop, which is for images", "rotation"],
  ];

  it.each(cases.map(([recipe, options, data, ...told]) => [recipe, ...told, options, data] as const))(
    "are rejected, of %s: %s",
    (recipe, message, hint, options, data) => {
      const attempt = () => build(recipes[recipe]!, options, data);
      expect(attempt).toThrow(OptionError);
      expect(attempt).toThrow(message);
      try {
        attempt();
      } catch (error) {
        expect((error as OptionError).hint).toContain(hint);
      }
    },
  );

  it("include unknown sets: the error lists the known ones", () => {
    expect(() => parseOptions(gan.definition.options, { transforms: "rotation,turn" }, "gan")).toThrow(
      "transforms must be one or more of identity, rotation, flip, fliprot, translation, crop, separated by commas - got rotation,turn",
    );
    expect(gan({ transforms: ["flip"] }).options.transforms).toEqual(["flip"]);
  });
});
