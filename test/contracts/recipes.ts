import type { DataSplit } from "../../src/data/index.ts";
import { key } from "../../src/base/random.ts";
import type { MemoryStore } from "../../src/base/store.ts";
import { modesOf } from "../../src/metrics/index.ts";
import type { DataInfo } from "../../src/models/index.ts";
import { Run, type TrainOptions } from "../../src/run/index.ts";
import type { Engine } from "../../src/runtime/index.ts";
import type { TrainEvent } from "../../src/train/index.ts";
import { openTrained } from "../../src/trained/index.ts";

// A case for each recipe: what it declares under which options, and a short training that learns something.

type Options = Readonly<Record<string, unknown>>;

/** Where a run was trained. */
interface TrainedIn {
  readonly store: MemoryStore;
  readonly engine: Engine;
  readonly data: DataSplit;
}

/** What a recipe is trained with. */
interface Trial {
  /** Options besides its nets' for runs of a few steps. */
  readonly few?: Options;
  /** What it is tried on for a few steps; digits where not given. */
  readonly on?: "pairs";
  readonly learns: {
    readonly data: "digits" | "ring" | "pairs";
    readonly options: Options;
    readonly training: TrainOptions;
    /** What the run reached: of this at least, or less than that. */
    reached(events: readonly TrainEvent[], trainedIn: TrainedIn): Promise<number>;
    readonly atLeast?: number;
    readonly below?: number;
  };
}

const onDigits = {
  data: "digits",
  options: { hidden: [64] },
  training: { epochs: 10, batch: 50, learningRate: 4e-3 },
} as const;

/** The bound on the test part, in nats an image. Knowing each pixel's frequency and nothing else costs 206. */
function bound(below: number): Trial {
  const reached = async (events: readonly TrainEvent[]) =>
    events.find((event) => event.type === "done")!.result.test.elbo!.value;
  return { learns: { ...onDigits, reached, below } };
}

/** Mean distance to the truth of test digits that are to be inverted; left as they are they are 0.8 away from it. */
function inverting(below: number, options: Options, training: TrainOptions): Trial {
  const small = { ngf: 4, ...options };
  const reached = async (events: readonly TrainEvent[]) =>
    events.find((event) => event.type === "done")!.result.test["pair-error/AtoB"]!.value;
  return {
    few: { ...small, ngf: 4 },
    on: "pairs",
    learns: { data: "pairs", options: small, training, reached, below },
  };
}

/** The loss of the last step. */
function loss(below: number): Trial {
  const reached = async (events: readonly TrainEvent[]) =>
    Object.values(events.findLast((event) => event.type === "step")!.losses)[0]!;
  return { learns: { ...onDigits, reached, below } };
}

/** The share of test items whose class is told right; one class told of all gets about 0.1. */
function accuracy(atLeast: number): Trial {
  const reached = async (events: readonly TrainEvent[]) =>
    events.find((event) => event.type === "done")!.result.test.accuracy!.value;
  const learns = { ...onDigits, options: { hidden: [16] }, training: { ...onDigits.training, epochs: 5 } };
  return { learns: { ...learns, reached, atLeast } };
}

/**
 * Modes of the ring of 8 with at least 2 % of 2500 samples within a fifth of its radius: one or none before training, and
 * after a collapse.
 */
function modes(steps: number, learningRate: number, few: Options = {}, options: Options = few): Trial {
  return {
    few,
    learns: {
      data: "ring",
      options: { hidden: [64, 64], ...options },
      training: { steps, batch: 128, learningRate },
      reached: async (_, { store, engine, data }) => {
        const { trained, close } = await openTrained(await Run.open(store), engine);
        const drawn = await trained.sample(key(1), 2500);
        await close();
        const { modes: known } = data.test;
        if (known?.kind !== "centers") throw new Error("the ring has centres");
        return modesOf(drawn, { ...known, within: 0.2 / known.deviation }).shares.filter((share) => share >= 0.02)
          .length;
      },
      atLeast: 6,
    },
  };
}

/** What a recipe is built and trained with. */
export interface RecipeCase {
  /** Data that it is built for, and options for nets as small as can be. */
  readonly on: DataInfo;
  readonly small: Options;
  /** Options under which it logs other scalars, has other roles or offers other remedies. */
  readonly variants: readonly Options[];
  readonly trial: Trial;
}

const points: DataInfo = { kind: "points", shape: [2] };
const digits: DataInfo = { kind: "image", shape: [8, 8, 1], classes: 10, items: 5000 };
const pairs: DataInfo = { kind: "pair", shape: [2, 16, 16, 1] };

const coders = { hidden: [4], latent: 2 };
const players = { hidden: [4], latent: 2 };
/** Symptoms whose causes the options of every game can be. */
const astray = { discriminatorRate: 9, instanceNoise: 0.1, initialBias: -5, discriminatorActivation: "relu" };
const augmented = [{ augment: "ada" }, { augment: "dag" }, { activation: "tanh" }, astray];
const critics = [{ augment: "dag" }, { activation: "tanh" }, astray];
const losses = [{ loss: "minimax" }, { loss: "hinge" }];

export const recipeCases: Readonly<Record<string, RecipeCase>> = {
  vae: {
    on: digits,
    small: coders,
    variants: [
      { estimator: "score-function", baseline: "mean" },
      { likelihood: "gaussian", sigma: 2, activation: "tanh" },
    ],
    trial: bound(160),
  },
  "beta-vae": {
    on: digits,
    small: coders,
    variants: [{ beta: 1 }, { klTarget: 20 }, { capacity: 10 }, { likelihood: "gaussian", sigma: 2 }],
    trial: bound(195),
  },
  iwae: { on: digits, small: coders, variants: [{ likelihood: "gaussian", sigma: 2 }], trial: bound(160) },
  "categorical-vae": {
    on: digits,
    small: { hidden: [4], variables: 2, categories: 2 },
    variants: [{ estimator: "straight-through" }, { estimator: "score-function" }, { kl: "relaxed" }],
    trial: bound(199),
  },
  autoencoder: { on: digits, small: coders, variants: [{ activation: "tanh" }], trial: loss(125) },
  gan: { on: points, small: players, variants: [...augmented, ...losses], trial: modes(1500, 1e-3) },
  wgan: {
    on: points,
    small: players,
    variants: critics,
    trial: modes(800, 1e-3, { criticWarmup: 8 }, { criticWarmup: 20, clip: 0.1 }),
  },
  "wgan-gp": { on: points, small: players, variants: critics, trial: modes(400, 2e-3) },
  "unrolled-gan": {
    on: points,
    small: { ...players, unroll: 1 },
    variants: [...augmented, ...losses],
    trial: modes(800, 2e-3, { unroll: 3 }),
  },
  veegan: { on: points, small: players, variants: augmented, trial: modes(1500, 2e-3) },
  adagan: {
    on: points,
    small: { ...players, components: 2 },
    variants: [...augmented, ...losses],
    trial: modes(4000, 2e-3, { components: 2 }),
  },
  pacgan: { on: points, small: players, variants: [...augmented, ...losses], trial: modes(1000, 2e-3) },
  cyclegan: {
    on: pairs,
    small: { ngf: 2, blocks: 0, pool: 2 },
    variants: [{ augment: "ada" }, { lambda: 0 }, { cycle: "forward" }, { identity: 0.5 }, { adversarial: 0 }],
    trial: inverting(0.3, { ngf: 8, blocks: 1, pool: 4 }, { steps: 150, batch: 2, learningRate: 2e-3 }),
  },
  pix2pix: {
    on: pairs,
    small: { ngf: 2 },
    variants: [{ augment: "ada" }, { lambda: 0 }, { direction: "BtoA" }, { adversarial: 0 }],
    trial: inverting(0.1, {}, { steps: 60, batch: 8, learningRate: 2e-3 }),
  },
  classifier: {
    on: digits,
    small: { hidden: [4], features: 4 },
    variants: [{ task: "transform" }],
    trial: accuracy(0.85),
  },
};
