import { z } from "zod";
import { fold, key } from "../../../src/base/random.ts";
import { range } from "../../../src/base/range.ts";
import { readExact, thin } from "../../../src/data/index.ts";
import { gan } from "../../../src/models/index.ts";
import { type Numbers, type Text, choice, defineLab, slider } from "./lab.ts";
import { evaluate } from "../../../src/graph/evaluate.ts";
import { type Tensor, input } from "../../../src/graph/tensor.ts";
import { kid, leak } from "../../../src/metrics/index.ts";
import type { Features } from "../../../src/trained/index.ts";
import { transformSets, transformsFor } from "../../../src/transforms/index.ts";
import { ndarray } from "../../../src/base/ndarray.ts";
import {
  emdFloor,
  evaluatorOf,
  generatedData,
  intervalMeters,
  jsBetween,
  openTraining,
  pointsOf,
  scoreLabel,
  scoresOn,
  trainFeatures,
  trainingCode,
} from "./training.ts";

const controls = z.object({
  share: slider({ en: "share of the training points, ‰", fa: "سهم نقطه‌های آموزش، ‰" }, 1, [0.5, 100, 0.5]),
  augment: choice({ en: "augmentation", fa: "داده‌افزایی" }, "none", {
    none: { en: "none", fa: "بدون داده‌افزایی" },
    "real-only": { en: "of real points only", fa: "فقط نقطه‌های واقعی" },
    dag: { en: "DAG: a head per transformation", fa: "DAG: یک سر برای هر تبدیل" },
    ada: { en: "ADA: adaptive probability", fa: "ADA: احتمال سازگار" },
  }),
  transforms: choice({ en: "transformations", fa: "تبدیل‌ها" }, "rotation", {
    rotation: { en: "quarter turns", fa: "چرخش‌های ۹۰ درجه" },
    flip: { en: "flips", fa: "قرینه‌ها" },
    fliprot: { en: "flips and turns", fa: "قرینه و چرخش" },
  }),
  rate: slider({ en: "learning rate × 10⁻⁴", fa: "نرخ یادگیری × ۱۰⁻⁴" }, 10, [1, 50, 1]),
});

type Controls = z.output<typeof controls>;

/** Names of the transformations in pictures. */
const mapNames: Readonly<Record<string, Text>> = {
  identity: { en: "identity", fa: "همانی" },
  "90 degrees": { en: "90°", fa: "۹۰ درجه" },
  "180 degrees": { en: "180°", fa: "۱۸۰ درجه" },
  "270 degrees": { en: "270°", fa: "۲۷۰ درجه" },
  "left-right": { en: "left-right", fa: "چپ و راست" },
  "up-down": { en: "up-down", fa: "بالا و پایین" },
};
const [steps, shown, measured] = [20_000, 500, 500];
const extent = [-1.6, 2.6, -1.85, 2.35] as const;

/** A classifier of transformations, trained on all points: how often it takes samples for transformed ones shows a leak. */
const detector = ({ transforms }: Controls, seed: number) => ({
  run: "runs/turns",
  metrics: ["leak"],
  data: ["moons"],
  options: { task: "transform" as const, transforms: [transforms] },
  training: { steps: 300, batch: 128, learningRate: 0.002, schedule: "constant" as const, seed },
});

function optionsOf({ augment, transforms }: Controls) {
  return { hidden: [64, 64], ...(augment !== "none" && { augment, transforms: [transforms] }) };
}

function trainingOf({ rate }: Controls, seed: number, length: number) {
  return { steps: length, batch: 32, learningRate: rate * 1e-4, schedule: "constant", seed } as const;
}

export const littleData = defineLab({
  id: "little-data",
  title: { en: "Limited data", fa: "دادهٔ کم" },
  idea: {
    en: "With few points the discriminator memorises them; transformations prevent that, but applied to real points only they leak into the samples.",
    fa: "با نقطه‌های کم، تمییزدهنده آن‌ها را از بر می‌کند؛ تبدیل‌ها جلوی این را می‌گیرند، ولی اگر فقط روی داده‌های واقعی باشند به نمونه‌ها نشت می‌کنند.",
  },
  lesson: [
    {
      en: "The gap between the scores of training points and held-out points shows how much the discriminator has memorised.",
      fa: "فاصلهٔ امتیاز نقطه‌های آموزش و نقطه‌های کنارگذاشته‌شده نشان می‌دهد تمییزدهنده چقدر از بر کرده است.",
    },
    {
      en: "Augmenting real points only teaches the generator the transformed data: rotated moons appear, which are not in the data.",
      fa: "داده‌افزایی فقط روی نقطه‌های واقعی، دادهٔ تبدیل‌یافته را به مولد می‌آموزد: هلال‌های چرخیده‌ای پدید می‌آیند که داده نیستند.",
    },
    {
      en: "DAG gives every transformation T a head of its own, which compares T(real) with T(generated): nothing leaks.",
      fa: "DAG به هر تبدیل T سری جدا می‌دهد که T(واقعی) را با T(تولیدشده) مقایسه می‌کند: چیزی نشت نمی‌کند.",
    },
    {
      en: "The bars show why: under an invertible T the divergence JS of both sides stays the same, so that every head has the same objective; a single head for all transformations makes it smaller.",
      fa: "میله‌ها دلیلش را نشان می‌دهند: با تبدیل وارون‌پذیر T واگرایی JS دو طرف تغییر نمی‌کند و هر سر همان بازی را می‌کند؛ اما آمیختن همهٔ تبدیل‌ها آن را کوچک‌تر می‌کند.",
    },
    {
      en: "The distance to held-out points is what counts; training points are only the ones that happened to be seen.",
      fa: "فاصله تا نقطه‌های کنارگذاشته‌شده مهم است؛ نقطه‌های آموزش فقط آن‌هایی هستند که دیده شده‌اند.",
    },
  ],
  question: {
    en: "How few points can there be before the earth mover's distance grows, with DAG and without?",
    fa: "با DAG و بدون آن، نقطه‌ها تا چه حد می‌توانند کم شوند پیش از آنکه فاصلهٔ جابه‌جاکنندهٔ خاک زیاد شود؟",
  },
  challenge: {
    text: {
      en: "With at most 5 ‰ of the points, an EMD below 0.19 within 2,000 steps.",
      fa: "با حداکثر ۵ ‰ نقطه‌ها، EMD کمتر از ۰٫۱۹ در ۲٬۰۰۰ گام.",
    },
    isMet: ({ share = 100, emd = 1 }, step) => step <= 2000 && share <= 5 && emd < 0.19,
  },
  controls,
  contrast: { augment: "dag" },
  measureEvery: 250,
  nets: [
    { name: "discriminator", label: { en: "discriminator only", fa: "فقط تمییزدهنده" } },
    { name: "generator", label: { en: "generator only", fa: "فقط مولد" } },
  ],
  meters: [
    { id: "points", label: { en: "training points", fa: "نقطه‌های آموزش" } },
    { id: "train", label: { en: "score of training points", fa: "امتیاز نقطه‌های آموزش" }, chart: "scores" },
    {
      id: "heldOut",
      label: { en: "score of held-out points", fa: "امتیاز نقطه‌های کنارگذاشته‌شده" },
      ideal: { en: "that of training points", fa: "همان نقطه‌های آموزش" },
      chart: "scores",
    },
    { id: "generated", label: { en: "score of generated points", fa: "امتیاز نقطه‌های تولیدشده" }, chart: "scores" },
    { id: "memorised", label: { en: "share of memorised samples", fa: "سهم نمونه‌های ازبرشده" }, ideal: 0.01 },
    {
      id: "kid",
      label: { en: "KID to test points", fa: "KID تا نقطه‌های آزمون" },
      ideal: 0,
      interval: ["kidLow", "kidHigh"],
      chart: "kid",
    },
    { id: "kidFloor", label: { en: "KID of training points (floor)", fa: "KID نقطه‌های آموزش (کف)" } },
    {
      id: "leak",
      label: {
        en: "leak: share of samples that look transformed",
        fa: "نشت: سهم نمونه‌هایی که تبدیل‌یافته به نظر می‌رسند",
      },
      ideal: { en: "the floor", fa: "کف" },
      interval: ["leakLow", "leakHigh"],
      chart: "leak",
    },
    {
      id: "leakFloor",
      label: { en: "the same for real test points (floor)", fa: "همان سهم برای نقطه‌های واقعی آزمون (کف)" },
      chart: "leak",
    },
    { id: "emd", label: { en: "EMD to test points", fa: "EMD تا نقطه‌های آزمون" }, chart: "emd" },
    { id: "floor", label: { en: "EMD of the training points themselves", fa: "EMD خود نقطه‌های آموزش" }, chart: "emd" },
  ],
  pictures: [
    {
      id: "plane",
      title: {
        en: "Training points, samples and the discriminator's field",
        fa: "نقطه‌های آموزش، نمونه‌ها و میدان تمییزدهنده",
      },
    },
    {
      id: "divergences",
      title: {
        en: "JS between test points and samples under each transformation",
        fa: "واگرایی JS میان نقطه‌های آزمون و نمونه‌ها پس از هر تبدیل",
      },
    },
  ],
  charts: [
    { id: "kid", title: { en: "KID", fa: "KID" } },
    { id: "leak", title: { en: "Leak", fa: "نشت" } },
    { id: "scores", title: { en: "Scores of the discriminator", fa: "امتیازهای تمییزدهنده" } },
    { id: "emd", title: { en: "Earth mover's distance", fa: "فاصلهٔ جابه‌جاکنندهٔ خاک" } },
  ],
  explain: {
    text: {
      en: "V of head k compares transformed real items with transformed generated ones. The weights λ are zaya's defaults.",
      fa: "V سرِ k، داده‌های واقعیِ تبدیل‌یافته را با نمونه‌های تبدیل‌یافته می‌سنجد. وزن‌های λ مقدار پیش‌فرض zaya هستند.",
    },
    formula: ({ train = 0, heldOut = 0 }) => [
      String.raw`\max_D\ V(D,G)+\tfrac{\lambda_u}{K-1}\sum_{k\ge2}V(D_k,G),\qquad \min_G\ V(D,G)+\tfrac{\lambda_v}{K-1}\sum_{k\ge2}V(D_k,G)`,
      String.raw`\mathrm{JS}(T_\#p,\,T_\#q)=\mathrm{JS}(p,q)\ \text{ for invertible } T`,
      String.raw`\overline{D}_{\text{train}}-\overline{D}_{\text{held-out}}=${(train - heldOut).toPrecision(3)}`,
    ],
  },
  code: (chosen, seed, step) => ({
    ...trainingCode("little-data", {
      recipe: "gan",
      name: "gan",
      model: optionsOf(chosen),
      data: ["moons", "--limit", String(chosen.share / 1000)],
      training: trainingOf(chosen, seed, Math.max(1, step)),
      shows: ["samples", "overfitting"],
      measured: {
        metrics: { kid: {}, leak: {} },
        limit: measured,
        hasEma: true,
        features: detector(chosen, seed),
      },
    }),
    further: "npx zaya repro dag-small-data",
  }),
  open: async (chosen, { seed, engine }) => {
    const all = generatedData("moons");
    const data = { ...all, train: thin(all.train, chosen.share / 1000) };
    const training = await openTraining(gan(optionsOf(chosen)), data, trainingOf(chosen, seed, steps), engine);
    const real = Float32Array.from((await readExact(data.train, range(0, Math.min(shown, data.train.size)))).data);
    const noise = fold(key(seed), "arena");
    const floor = await emdFloor(data);
    /** The detector's, which is trained when something is first measured: pictures need not wait for it. */
    let features: Promise<Features> | null = null;
    const held = Float32Array.from((await readExact(data.test, range(0, shown))).data);
    const maps = transformsFor([transformSets.find(({ name }) => name === chosen.transforms)!], {
      kind: "points",
      shape: [2],
    });
    let divergences: readonly number[] = [];
    return {
      length: training.steps,
      get step() {
        return training.step;
      },
      advance: async (net) => {
        if (net === undefined) await training.next();
        else await training.update(net);
        return {};
      },
      measure: async (): Promise<Numbers> => {
        features ??= trainFeatures(all, detector(chosen, seed), engine);
        const overfit = await training.overfitting();
        const [train, heldOut, generated] = ["train", "heldOut", "generated"].map(
          (part) => Object.entries(overfit).find(([name]) => name.endsWith(`/${part}`))![1],
        ) as [number, number, number];
        const memorised = overfit["overfit/memorised"];
        const kidOf = await evaluatorOf(training, data, seed, { limit: measured })(kid);
        const leakOf = await evaluatorOf(training, data, seed, { limit: measured, features: await features })(leak);
        const samples = await pointsOf(training.trained, noise, shown);
        divergences = [
          ...maps.map(({ apply }) => jsBetween(under([apply], held), under([apply], samples))),
          jsBetween(
            under(
              maps.map(({ apply }) => apply),
              held,
            ),
            under(
              maps.map(({ apply }) => apply),
              samples,
            ),
          ),
        ];
        return {
          points: data.train.size,
          share: chosen.share,
          train,
          heldOut,
          generated,
          ...(memorised !== undefined && { memorised }),
          emd: (await training.samples())["distance/emd"]!,
          floor,
          ...intervalMeters("kid", kidOf),
          ...intervalMeters("leak", leakOf),
        };
      },
      pictures: async () => ({
        divergences: {
          kind: "bars",
          places: [...maps.map(({ name }) => mapNames[name] ?? name), { en: "all in one", fa: "همه با هم" }],
          xLabel: { en: "transformation of both sides", fa: "تبدیل هر دو طرف" },
          series: [{ label: { en: "JS in nats", fa: "JS بر حسب نات" }, colour: "third", values: divergences }],
        },
        plane: {
          kind: "plane",
          extent,
          field: {
            label: scoreLabel,
            columns: 40,
            rows: 40,
            values: await scoresOn(training.trained, extent, 40),
            low: -4,
            high: 4,
            level: 0,
          },
          points: [
            {
              label: { en: "generated", fa: "تولیدشده" },
              colour: "fake",
              xy: await pointsOf(training.trained, noise, shown),
              size: 2.5,
            },
            { label: { en: "training points", fa: "نقطه‌های آموزش" }, colour: "real", xy: real, size: 4, hollow: true },
          ],
        },
      }),
      release: () => training.release(),
    };
  },
});

/** Points, x and y in turn, each under one of the transformations in turn. */
function under(maps: readonly ((x: Tensor) => Tensor)[], xy: Float32Array): Float32Array {
  const moved = maps.map((map) => {
    const [found] = evaluate([map(input("x", [xy.length / 2, 2]))], { x: ndarray("float32", [xy.length / 2, 2], xy) });
    return found!.data;
  });
  return Float32Array.from(xy, (_, i) => moved[(i >> 1) % maps.length]![i]!);
}
