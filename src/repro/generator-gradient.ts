import { z } from "zod";
import { grad } from "../autodiff/index.ts";
import { maxOf } from "../base/many.ts";
import { fold, key, normal } from "../base/random.ts";
import { MemoryStore } from "../base/store.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import { type DataInfo, type Model, type TrainStep, defineModel } from "../models/index.ts";
import { mlp } from "../nn/index.ts";
import { minimax, nonSaturating } from "../objectives/index.ts";
import { abs, add, leakyRelu, mean, sigmoid, slice, sum } from "../ops/index.ts";
import { adam } from "../optim/index.ts";
import { scatterPlot } from "../plot/index.ts";
import { train } from "../train/index.ts";
import { lineData } from "./held-critic.ts";
import { type Row, type RowContext, type Scale, type Values, overSeeds } from "./row.ts";

// The generator is fixed, N(8, 1) against data of N(0, 1), and the discriminator is trained. At every step the gradient of both generator
// losses is computed with respect to the generator's only parameter, its shift.

const shift = 8;
const recordedSteps = [1, 3, 10, 30, 100, 300, 1000, 3000];
const last = recordedSteps.at(-1)!;
const seeds: Readonly<Record<Scale, readonly number[]>> = {
  quick: [1, 2],
  full: [11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
};
const losses = { minimax, nonSaturating } as const;
type Loss = keyof typeof losses;
const names = Object.keys(losses) as Loss[];

const discriminator = defineModel({
  name: "discriminator",
  summary: "a discriminator against a fixed generator",
  source: "",
  options: z.object({}),
  defaults: { batch: 512, length: { steps: last }, learningRate: 1e-3 },
  build: (_: unknown, data: DataInfo): Model => {
    const step: TrainStep = {
      name: "discriminator",
      updates: ["discriminator"],
      optimizer: (learningRate) => adam({ learningRate, beta1: 0.5, beta2: 0.999 }),
      loss: (batch, scope) => {
        const n = staticDim(batch, 0, "discriminator");
        const real = slice(batch, 0, 0, n / 2);
        const fake = add(slice(batch, 0, n / 2, n), shift);
        const f = scope.nets.discriminator!;
        const slope = (loss: Loss): Tensor => abs(sum(grad(losses[loss].generator(f(fake)), [fake])[0]!));
        return {
          loss: minimax.discriminator(f(real), f(fake)),
          logs: { minimax: slope("minimax"), nonSaturating: slope("nonSaturating"), fooled: mean(sigmoid(f(fake))) },
        };
      },
    };
    const [d] = data.shape as [number];
    return {
      nets: { discriminator: mlp([d, 64, 64, 1], { activation: (x) => leakyRelu(x, 0.2) }) },
      steps: [step],
      maps: {},
    };
  },
});

/** Draws of the theorem's discriminator, and how many medians a gradient must exceed to be in the tail. */
const draws = 1_000_000;
const tailFrom = 10;
/** Standard deviation of the discriminator's error, and of its slope. */
const noise = 0.01;
/**
 * The ratio of two independent centred normal variables has a Cauchy distribution, the median of whose absolute value is its
 * scale.
 */
const cauchyTail = (2 / Math.PI) * Math.atan(1 / tailFrom);

/** The fraction of gradients whose magnitude exceeds this many medians. */
function tailShare(gradients: Float64Array): number {
  const sizes = gradients.map(Math.abs).sort();
  const median = sizes[Math.floor(sizes.length / 2)]!;
  return sizes.filter((size) => size > tailFrom * median).length / sizes.length;
}

/**
 * Where the optimal discriminator and its slope are 0, a discriminator consists of its error e and the slope r of that error: the gradients of the losses are
 * -r / (1 - e) and -r / e.
 */
function tails(): Values {
  const [e, r] = ["value", "slope"].map((what) => normal(fold(key(1), "tails", what), [draws]).data) as [
    Float32Array,
    Float32Array,
  ];
  const of = (gradient: (e: number, r: number) => number) =>
    tailShare(Float64Array.from(e, (value, i) => gradient(noise * value, noise * r[i]!)));
  return {
    "tail/minimax": of((value, slope) => -slope / (1 - value)),
    "tail/nonSaturating": of((value, slope) => -slope / value),
    "tail/cauchy": cauchyTail,
  };
}

async function follow(
  { engine }: RowContext,
  seed: number,
): Promise<ReadonlyMap<number, Readonly<Record<string, number>>>> {
  const found = new Map<number, Readonly<Record<string, number>>>();
  const settings = { engine, store: new MemoryStore() };
  const options = {
    steps: last,
    batch: 512,
    learningRate: 1e-3,
    schedule: "constant",
    seed,
    checkpointEvery: 1_000_000,
  } as const;
  for await (const event of train(discriminator({}), lineData(seed), options, settings)) {
    if (event.type !== "step") continue;
    if (recordedSteps.includes(event.step)) found.set(event.step, event.losses);
    // The row has no generator to evaluate.
    if (event.step === last) break;
  }
  return found;
}

/** Maximum remaining fraction of the minimax gradient, and minimum of the non-saturating one, relative to their largest values. */
const [maxLeft, minLeft] = [0.01, 0.1];

function leftOf(values: Values, loss: Loss): number {
  return values[`${loss}/${last}`]! / maxOf(recordedSteps.map((step) => values[`${loss}/${step}`]!));
}

export const generatorGradientRow: Row = {
  name: "generator-gradient",
  summary: `magnitude of the gradient with respect to the shift of a generator N(${shift}, 1), against data of N(0, 1), as the discriminator is trained: minimax and non-saturating loss by step, and the mean of D on generated items (values fooled/...); tail: fraction of gradients above ${tailFrom} times the median if the discriminator and its slope are Gaussian noise around their optimum of 0`,
  source:
    "Arjovsky, Bottou, arXiv 1701.04862, theorem 2.4 (the minimax gradient vanishes) and theorem 2.6 (-log D: a centred Cauchy distribution, if error and slope of D are independent and normal)",
  criterion: `after ${last} steps the minimax gradient is at most ${maxLeft} of its largest value, the non-saturating one at least ${minLeft}; the tail of the non-saturating gradient is that of a Cauchy distribution, ${cauchyTail.toFixed(4)}, within 3 standard errors, and the minimax gradient has none`,
  paper: {},
  scales: {
    quick: `${seeds.quick.length} seeds instead of ${seeds.full.length}`,
    full: `${last} steps of a discriminator of 2 x 64 units with batch size 512, learning rate 1e-3, ${seeds.full.length} seeds; ${draws} draws for the tails`,
  },
  run: async (context) => {
    const own = seeds[context.scale];
    const runs: ReadonlyMap<number, Readonly<Record<string, number>>>[] = [];
    for (const seed of own) runs.push(await follow(context, seed));
    const values: Record<string, number> = {};
    for (const name of [...names, "fooled"]) {
      for (const step of recordedSteps) {
        const all = runs.map((run) => run.get(step)![`discriminator/${name}`]!);
        Object.assign(values, overSeeds(`${name}/${step}`, all));
      }
      context.say(`${name}: ${recordedSteps.map((step) => values[`${name}/${step}`]!.toExponential(1)).join(", ")}`);
    }
    return { values: { ...values, ...tails() }, seeds: own };
  },
  charts: (values) => ({
    gradients: scatterPlot({
      title: "Gradient that reaches the generator while the discriminator learns",
      x: { label: "steps of the discriminator", log: true },
      y: { label: "magnitude of the gradient", log: true },
      series: names.map((name) => ({
        name: name === "minimax" ? "minimax, log(1 - D)" : "non-saturating, -log D",
        marks: recordedSteps.map((step) => ({ x: step, y: values[`${name}/${step}`]! })),
        joined: true,
      })),
    }),
  }),
  verdict: (values) => {
    const stderr = Math.sqrt((cauchyTail * (1 - cauchyTail)) / draws);
    return {
      passed:
        leftOf(values, "minimax") <= maxLeft &&
        leftOf(values, "nonSaturating") >= minLeft &&
        Math.abs(values["tail/nonSaturating"]! - cauchyTail) <= 3 * stderr &&
        values["tail/minimax"] === 0,
    };
  },
};
