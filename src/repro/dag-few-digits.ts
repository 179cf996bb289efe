import { memorisedShare, overfitScore } from "../base/scalar-names.ts";
import { fold, key } from "../base/random.ts";
import { encodePng } from "../codec/png.ts";
import { type DataSplit, type Dataset, take } from "../data/index.ts";
import { monteCarlo } from "../estimators/index.ts";
import { evaluator } from "../evaluation/index.ts";
import { kid } from "../metrics/index.ts";
import { type GanOptions, classifier, gan } from "../models/index.ts";
import { imageGrid, scatterPlot } from "../plot/index.ts";
import type { Run } from "../run/index.ts";
import { type Features, classifierFeatures, openTrained } from "../trained/index.ts";
import {
  type Outcome,
  type Picture,
  type Row,
  type RowContext,
  type RowTraining,
  type Scale,
  type Values,
  bySeed,
  completionVerdict,
  fit,
  trainEach,
} from "./row.ts";
import { smallImages, smallSide } from "./small-images.ts";

const nets = { arch: "dcgan", hidden: [16, 32], latent: 32, discriminatorNorm: "none" } as const;
const dag = (lambda: number) =>
  ({ augment: "dag", transforms: ["rotation"], lambdaU: lambda, lambdaV: lambda }) as const;

interface Arm {
  readonly options: GanOptions;
  /** Number of training digits. */
  readonly items: number;
  /** Number of steps relative to the other variants. */
  readonly length: number;
}

const [few, many] = [60, 1200];
/** CPU time of a step with DAG relative to one without, on one thread of a 2-core AMD EPYC. */
const dagCost = 4;

const arms = {
  base: { options: {}, items: few, length: 1 },
  dag: { options: dag(0.2), items: few, length: 1 },
  equalTime: { options: {}, items: few, length: dagCost },
  manyItems: { options: {}, items: many, length: 1 },
  dagOne: { options: dag(1), items: few, length: 1 },
  ada: { options: { augment: "ada", transforms: ["translation"] }, items: few, length: 1 },
  diffaugment: { options: { augment: "diffaugment" }, items: few, length: 1 },
} as const satisfies Readonly<Record<string, Arm>>;
type Name = keyof typeof arms;

interface Budget {
  readonly arms: readonly Name[];
  readonly steps: number;
  readonly samples: number;
  /** Training steps of the classifier whose features KID uses. */
  readonly classifierSteps: number;
  readonly seeds: readonly number[];
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { arms: ["base", "dag"], steps: 100, samples: 200, classifierSteps: 100, seeds: [1] },
  full: {
    arms: Object.keys(arms) as Name[],
    steps: 4000,
    samples: 2000,
    classifierSteps: 600,
    seeds: [11, 12, 13, 14, 15, 16, 17, 18],
  },
};
const [batch, learningRate] = [32, 1e-3];
/** Number of times that a training run is measured. */
const evaluations = 8;
const classifierItems = 10_000;

interface ArmTraining extends RowTraining {
  readonly name: Name;
  readonly seed: number;
}

/** Number of measurements at the end of a training run over which the gap is averaged. */
const lastLooks = 3;

/** Gap between training and held-out items, relative to that between training and generated ones: 0 to 1. */
function gapOf(of: (name: string) => readonly number[]): number {
  const part = (name: string) => of(overfitScore.name({ score: "scores", part: name })).slice(-lastLooks);
  const [train, heldOut, generated] = [part("train"), part("heldOut"), part("generated")];
  return monteCarlo(train.map((score, i) => (score - heldOut[i]!) / (score - generated[i]!))).mean;
}

interface Found extends Pick<ArmTraining, "name" | "seed"> {
  readonly kid: number;
  /** Mean over all measurements: the area under the curve of the share over the steps. */
  readonly memorised: number;
  /** r_v of Karras et al., from the discriminator's mean scores over the last measurements. */
  readonly gap: number;
  readonly shown: Picture;
}

async function measure(
  context: RowContext,
  features: Features,
  run: Run,
  { name, seed, data, label }: ArmTraining,
): Promise<Found> {
  const lines = await run.metrics();
  const of = (wanted: string) => lines.filter((line) => line.name === wanted).map(({ value }) => value!);
  const { samples } = budgets[context.scale];
  const { trained, close } = await openTrained(run, context.engine);
  const by = fold(key(seed), "dag-few-digits");
  const { value } = await evaluator({ trained, data: data.test, part: "test", key: by, features })(kid, { samples });
  const shown = await encodePng(imageGrid(await trained.sample(fold(by, "picture"), 32)));
  await close();
  const found = {
    kid: value,
    memorised: monteCarlo(of(memorisedShare)).mean,
    gap: gapOf(of),
  };
  context.say(
    `${label}: ${Object.entries(found)
      .map(([quantity, number]) => `${quantity} ${number.toPrecision(3)}`)
      .join(", ")}`,
  );
  return { name, seed, shown, ...found };
}

const quantities = ["kid", "memorised", "gap"] as const;
type Quantity = (typeof quantities)[number];

/** Minimum number of pairs with equal seeds, of eight, in which one variant is below the other; the probability by chance is 9 / 256. */
const minWins = 7;
/** The threshold at which `diagnose` reports a discriminator as overfitting. */
const minGap = 0.2;

function winsOf(values: Values, seeds: readonly number[], quantity: Quantity, a: Name, b: Name): number {
  const of = (name: Name, seed: number) => values[`${name}/${quantity}/seed${seed}`]!;
  return seeds.filter((seed) => of(a, seed) < of(b, seed)).length;
}

/** Pairs of variants that are compared; the first is expected to be below the second. */
const compared = [
  ["manyItems", "base"],
  ["dag", "base"],
  ["dagOne", "base"],
  ["ada", "base"],
  ["diffaugment", "base"],
  ["dag", "equalTime"],
] as const;

export const dagFewDigitsRow: Row = {
  name: "dag-few-digits",
  summary: `GAN on ${few} digits at ${smallSide} pixels, with and without DAG: KID after equal numbers of steps, share of memorised samples averaged over the run (memorised), and gap between the discriminator's mean scores of training and of held-out digits, relative to that between training and generated ones (gap)`,
  source:
    "Tran et al., arXiv 2006.05338, the same comparison on other data and nets; overfitting of discriminators: Karras et al., arXiv 2006.06676, section 3",
  criterion: `for each of KID, memorised share and gap, DAG with rotations (lambda 0.2) has a lower value than the plain GAN in at least ${minWins} of 8 pairs of runs with equal seeds (sign test, p = 0.035 each); provided that the plain GAN is limited by data: its mean gap is at least ${minGap}, and with ${many} digits its KID is lower in at least ${minWins} of 8 pairs. At --scale quick: training completes`,
  paper: {},
  scales: {
    quick: `${budgets.quick.steps} steps and 1 seed instead of ${budgets.full.steps} and ${budgets.full.seeds.length}, the plain GAN and DAG alone`,
    full: `${budgets.full.steps} steps with batch size ${batch}, learning rate ${learningRate}, DCGAN nets of ${nets.hidden.join(" and ")} channels without normalisation in the discriminator; the plain GAN also for DAG's CPU time (equalTime, ${dagCost} times the steps) and with ${many} digits (manyItems), DAG with lambda 1 (dagOne), ADA with translations, DiffAugment; evaluated ${evaluations} times per run; KID of ${budgets.full.samples} samples in the features of a classifier of ${classifierItems} digits, ${budgets.full.classifierSteps} steps; ${budgets.full.seeds.length} seeds`,
  },
  run: async (context) => {
    const { arms: names, steps, samples, classifierSteps, seeds } = budgets[context.scale];
    const digits = await context.open("mnist");
    const test = await smallImages(digits.test, 0, samples);
    const known = await smallImages(digits.train, 0, classifierItems);
    const classifierOptions = { steps: classifierSteps, seed: 1 };
    const classNet = await fit(context, "classifier", classifier(), { train: known, test }, classifierOptions);
    const features = await classifierFeatures(classNet.trained, "classes");
    // Subsets of the same digits, so that only their number differs.
    const sets = new Map<number, Dataset>([few, many].map((items) => [items, take(known, items)]));
    const trainings = names.flatMap((name) => {
      const { options, items, length }: Arm = arms[name];
      const data: DataSplit = { train: sets.get(items)!, test };
      const all = Math.round(length * steps);
      return seeds.map((seed): ArmTraining => {
        const own = { steps: all, batch, learningRate, seed, sampleEvery: Math.floor(all / evaluations) };
        return { label: `${name}, seed ${seed}`, model: gan({ ...nets, ...options }), data, options: own, name, seed };
      });
    });
    const found = await trainEach(context, trainings, (run, of) => measure(context, features, run, of));
    await classNet.close();
    return { values: valuesOf(found, seeds), seeds, pictures: picturesOf(found) };
  },
  charts: (values) => ({ kidAndMemorised: kidAndMemorised(values) }),
  verdict: (values, scale) => {
    if (scale === "quick") return completionVerdict(values, ["base/kid", "dag/kid"]);
    const limited = values["base/gap"]! >= minGap && values["wins/kid/manyItems-base"]! >= minWins;
    return {
      passed: limited && quantities.every((quantity) => values[`wins/${quantity}/dag-base`]! >= minWins),
      remarks: [
        ...(limited ? [] : ["The plain GAN is not limited by data, so there is nothing to remedy in this setting."]),
        ...compared.map(([a, b]) => {
          const texts = quantities.map((quantity) => `${quantity} in ${values[`wins/${quantity}/${a}-${b}`]!}`);
          return `${a} is below ${b}: ${texts.join(", ")} of 8 pairs.`;
        }),
      ],
    };
  },
};

function valuesOf(found: readonly Found[], seeds: readonly number[]): Values {
  const values: Record<string, number> = {};
  const names = new Set(found.map(({ name }) => name));
  for (const name of names) {
    const own = found.filter((one) => one.name === name);
    for (const quantity of quantities) {
      const all = own.map((one) => ({ seed: one.seed, value: one[quantity] }));
      Object.assign(values, bySeed(`${name}/${quantity}`, all));
    }
  }
  for (const [a, b] of compared) {
    if (!names.has(a) || !names.has(b)) continue;
    for (const quantity of quantities) values[`wins/${quantity}/${a}-${b}`] = winsOf(values, seeds, quantity, a, b);
  }
  return values;
}

/** Samples of the first seed of the plain GAN and of DAG. */
function picturesOf(found: readonly Found[]): NonNullable<Outcome["pictures"]> {
  const first = (name: Name) => found.find((one) => one.name === name)!.shown;
  return { base: first("base"), dag: first("dag") };
}

function kidAndMemorised(values: Values): string {
  const names = (Object.keys(arms) as Name[]).filter((name) => values[`${name}/kid`] !== undefined);
  return scatterPlot({
    title: `GANs on ${few} digits: memorised share and KID, means over seeds`,
    x: { label: "memorised share of samples, mean over the run" },
    y: { label: "KID at the end" },
    series: names.map((name) => ({
      name,
      marks: [
        {
          x: values[`${name}/memorised`]!,
          y: values[`${name}/kid`]!,
          error: values[`${name}/kidStderr`] ?? 0,
          label: name,
        },
      ],
    })),
  });
}
