import { fold, key } from "../base/random.ts";
import { joinRows } from "../base/ndarray.ts";
import { range } from "../base/range.ts";
import { type DataSplit, type Dataset, type Sides, arrayDataset, hasSides, take, thin } from "../data/index.ts";
import { kid, leak } from "../metrics/index.ts";
import { type ConfiguredModel, classifier, gan } from "../models/index.ts";
import { type Features, classifierFeatures, openTrained } from "../trained/index.ts";
import { type Evaluation, evaluator } from "../evaluation/index.ts";
import type { Run } from "../run/index.ts";
import {
  type Row,
  type RowContext,
  type RowTraining,
  type Scale,
  completionVerdict,
  fit,
  ascendingBy,
  overSeeds,
  trainEach,
} from "./row.ts";

const nets = { arch: "dcgan", hidden: [16, 32], latent: 64, discriminatorNorm: "none" } as const;

const augmentations: Readonly<Record<string, ConfiguredModel>> = {
  base: gan(nets),
  realOnly: gan({ ...nets, augment: "real-only" }),
  dagRotation: gan({ ...nets, augment: "dag", transforms: ["rotation"] }),
  dagFliprot: gan({ ...nets, augment: "dag", transforms: ["fliprot"] }),
  diffaugment: gan({ ...nets, augment: "diffaugment" }),
};

interface Budget {
  readonly specs: readonly string[];
  readonly shares: readonly number[];
  readonly steps: number;
  readonly samples: number;
  /** Training steps of the classifiers used by the metrics. */
  readonly classifierSteps: number;
  readonly seeds: readonly number[];
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { specs: ["mnist"], shares: [0.02], steps: 200, samples: 500, classifierSteps: 200, seeds: [1] },
  full: {
    specs: ["mnist", "emoji"],
    shares: [1, 0.25, 0.1, 0.02],
    steps: 1500,
    samples: 2000,
    classifierSteps: 1000,
    seeds: [1, 2, 3],
  },
};

const batch = 32;
const learningRate = 1e-3;

export const dagSmallDataRow: Row = {
  name: "dag-small-data",
  summary:
    "KID of a GAN trained on subsets of decreasing size: without augmentation, with rotated real items, with DAG, and with DiffAugment; and the fraction of rotated samples",
  source: "Tran et al., arXiv 2006.05338, the same comparison on other data: the paper uses CIFAR-10 and other nets",
  criterion:
    "on each data set, with 10 % and 2 % of the items, DAG with rotations has a lower KID than the plain GAN; and training on rotated real items gives more rotated samples than the plain GAN. At --scale quick: training completes",
  paper: {},
  scales: {
    quick: "only 2 % of the digits, 200 steps instead of 1500, one seed instead of three, 500 samples",
    full: "MNIST and Google's emoji at 32 pixels, DCGAN nets of 16 and 32 channels without normalisation in the discriminator, 1500 steps with batch size 32 and learning rate 1e-3, three seeds; KID of 2000 samples, or as many as there are test emoji, in the features of a classifier of digits, or of one that distinguishes Google's emoji from Twitter's; leak (fraction of rotated samples) measured by a classifier of rotations; each classifier is trained for 1000 steps",
  },
  run: async (context) => {
    const budget = budgets[context.scale];
    const classifiers = new Map<string, Classifiers>();
    for (const spec of budget.specs) classifiers.set(spec, await classifiersOf(context, spec, budget));
    const values = await measureAll(context, classifiers, budget);
    for (const { close } of classifiers.values()) await close();
    return { values, seeds: budget.seeds };
  },
  verdict: (values, scale) => {
    const { specs, shares } = budgets[scale];
    if (scale === "quick") return completionVerdict(values, ["mnist/0.02/base/kid", "mnist/0.02/dagRotation/kid"]);
    const parts = specs.flatMap((spec) => shares.map((share) => ({ share, part: `${spec}/${share}` })));
    const better = parts
      .filter(({ share }) => share <= 0.1)
      .every(({ part }) => values[`${part}/dagRotation/kid`]! < values[`${part}/base/kid`]!);
    const leaks = parts.every(({ part }) => values[`${part}/realOnly/leak`]! > values[`${part}/base/leak`]!);
    const remarks = parts.map(({ part }) => {
      const models = Object.keys(augmentations).map((name) => `${part}/${name}`);
      return `In ascending order of KID: ${ascendingBy(values, models, "kid")}.`;
    });
    return { passed: better && leaks, remarks };
  },
};

/** Training images, and labelled images to train the classifier in whose feature space samples are compared. */
interface Task {
  readonly items: DataSplit;
  readonly classes: DataSplit;
}

/** Training images, and the classifiers for KID and for rotated samples. */
interface Classifiers {
  readonly items: DataSplit;
  readonly features: Features;
  readonly rotationFeatures: Features;
  close(): Promise<void>;
}

async function classifiersOf(
  context: RowContext,
  spec: string,
  { seeds, classifierSteps }: Budget,
): Promise<Classifiers> {
  const { items, classes } = await taskOf(context, spec);
  const options = { steps: classifierSteps, seed: seeds[0]! };
  const rotationNet = await fit(context, `${spec}, turns`, classifier({ task: "transform" }), items, options);
  const rotationFeatures = await classifierFeatures(rotationNet.trained, "turns");
  const classNet = await fit(context, `${spec}, classes`, classifier(), classes, options);
  const features = await classifierFeatures(classNet.trained, "classes");
  const close = async () => {
    await rotationNet.close();
    await classNet.close();
  };
  return { items, features, rotationFeatures, close };
}

/** One training run of a model on a subset of a data set. */
interface MeasuredRun extends RowTraining {
  /** For example `mnist/0.1/base`; the same for all its seeds. */
  readonly part: string;
  readonly seed: number;
  readonly classifiers: Classifiers;
}

function trainingsOf(classifiers: ReadonlyMap<string, Classifiers>, { shares, seeds, steps }: Budget): MeasuredRun[] {
  return [...classifiers].flatMap(([spec, of]) =>
    shares.flatMap((share) => {
      const { items } = of;
      const data = { train: share === 1 ? items.train : thin(items.train, share), test: items.test };
      return Object.entries(augmentations).flatMap(([name, model]) =>
        seeds.map((seed): MeasuredRun => {
          const part = `${spec}/${share}/${name}`;
          const options = { steps, batch: Math.min(batch, data.train.size), learningRate, seed };
          return { label: `${part}, seed ${seed}`, model, data, options, part, seed, classifiers: of };
        }),
      );
    }),
  );
}

async function measureAll(
  context: RowContext,
  classifiers: ReadonlyMap<string, Classifiers>,
  budget: Budget,
): Promise<Record<string, number>> {
  const found = await trainEach(context, trainingsOf(classifiers, budget), async (run, training) => ({
    part: training.part,
    ...(await measure(context, run, training, budget)),
  }));
  const values: Record<string, number> = {};
  for (const part of new Set(found.map((one) => one.part))) {
    const own = found.filter((one) => one.part === part);
    for (const name of ["kid", "leak"] as const) {
      const all = own.map((one) => one[name].value);
      Object.assign(values, overSeeds(`${part}/${name}`, all));
    }
    // The value of real against real items is the same for all models of a data set.
    values[`${part.split("/")[0]}/real/leak`] = own[0]!.leak.floor!;
  }
  return values;
}

/** Labelled images unchanged; for pairs, the first domain's images, with the domains as classes. */
async function taskOf({ open }: RowContext, spec: string): Promise<Task> {
  const data = await open(spec, spec === "emoji" ? { size: 32 } : {});
  const { train, test } = data;
  if (!hasSides(train) || !hasSides(test)) return { items: data, classes: data };
  const classes = { train: await domainsOf(train), test: await domainsOf(test) };
  return { items: { train: train.sides.a, test: test.sides.a }, classes };
}

/** The images of both domains, labelled 0 and 1. */
async function domainsOf({ name, sides: { a, b } }: Dataset & { readonly sides: Sides }): Promise<Dataset> {
  const items = joinRows(await Promise.all([a, b].map((domain) => domain.read(range(0, domain.size)))));
  const labels = Int32Array.from({ length: a.size + b.size }, (_, i) => (i < a.size ? 0 : 1));
  return arrayDataset({ name, kind: "image", items, labels });
}

async function measure(
  context: RowContext,
  run: Run,
  { label, part, seed, data, classifiers: { features, rotationFeatures } }: MeasuredRun,
  { samples }: Budget,
): Promise<Record<"kid" | "leak", Evaluation>> {
  const test = take(data.test, samples);
  const { trained, close } = await openTrained(run, context.engine);
  const subject = { trained, data: test, part: "test", key: fold(key(seed), part), training: data.train };
  const size = { samples: test.size };
  const distance = await evaluator({ ...subject, features })(kid, size);
  const turned = await evaluator({ ...subject, features: rotationFeatures })(leak, size);
  await close();
  context.say(`${label}: KID ${distance.value.toPrecision(3)}, leak ${turned.value.toPrecision(3)}`);
  return { kid: distance, leak: turned };
}
