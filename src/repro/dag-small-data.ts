import { fold, key } from "../base/random.ts";
import { joinRows } from "../base/ndarray.ts";
import { range } from "../base/range.ts";
import { type DataSplit, type Dataset, type Sides, arrayDataset, hasSides, take, thin } from "../data/index.ts";
import { kid, leak } from "../metrics/index.ts";
import { type ConfiguredModel, classifier, gan } from "../models/index.ts";
import { type Features, classifierFeatures, openTrained } from "../trained/index.ts";
import { type Evaluation, evaluator } from "../evaluation/index.ts";
import { type Row, type RowContext, type Scale, fit, fromLeast, overSeeds, trainToEnd } from "./row.ts";

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
  readonly tellerSteps: number;
  readonly seeds: readonly number[];
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { specs: ["mnist"], shares: [0.02], steps: 200, samples: 500, tellerSteps: 200, seeds: [1] },
  full: {
    specs: ["mnist", "emoji"],
    shares: [1, 0.25, 0.1, 0.02],
    steps: 1500,
    samples: 2000,
    tellerSteps: 1000,
    seeds: [1, 2, 3],
  },
};

const batch = 32;
const learningRate = 1e-3;

export const dagSmallDataRow: Row = {
  name: "dag-small-data",
  summary:
    "KID of a GAN trained on smaller and smaller parts of a data set: without augmentation, with rotated real items, with DAG, and with DiffAugment; and the fraction of rotated samples",
  source:
    "Tran et al., arXiv 2006.05338, the same comparison on other data: its tables are for CIFAR-10 with other nets",
  bar: "on each data set, with 10 % and 2 % of the items, DAG with rotations has a lower KID than the plain GAN; and training on rotated real items gives more rotated samples than the plain GAN",
  paper: {},
  scales: {
    quick: "only 2 % of the digits, 200 steps instead of 1500, one seed instead of three, 500 samples",
    full: "MNIST and Google's emoji at 32 pixels, DCGAN nets of 16 and 32 channels without normalisation in the discriminator, 1500 steps with batch size 32 and learning rate 1e-3, three seeds; KID of 2000 samples, or as many as there are test emoji, in the features of a classifier of digits, or of one that distinguishes Google's emoji from Twitter's; leak by a classifier of rotations; each classifier is trained for 1000 steps",
  },
  run: async (context) => {
    const budget = budgets[context.scale];
    const values: Record<string, number> = {};
    for (const spec of budget.specs) Object.assign(values, await measureAll(context, spec, budget));
    return { values, seeds: budget.seeds };
  },
  verdict: (values, scale) => {
    const { specs, shares } = budgets[scale];
    const parts = specs.flatMap((spec) => shares.map((share) => ({ share, part: `${spec}/${share}` })));
    const better = parts
      .filter(({ share }) => share <= 0.1)
      .every(({ part }) => values[`${part}/dagRotation/kid`]! < values[`${part}/base/kid`]!);
    const leaks = parts.every(({ part }) => values[`${part}/realOnly/leak`]! > values[`${part}/base/leak`]!);
    const remarks = parts.map(({ part }) => {
      const models = Object.keys(augmentations).map((name) => `${part}/${name}`);
      return `From the least KID to the most: ${fromLeast(values, models, "kid")}.`;
    });
    return { passed: better && leaks, remarks };
  },
};

/** Images to learn from, and labelled ones whose classifier's features tell how far samples are from them. */
interface Task {
  readonly items: DataSplit;
  readonly classes: DataSplit;
}

async function measureAll(context: RowContext, spec: string, budget: Budget): Promise<Record<string, number>> {
  const { seeds, tellerSteps, shares } = budget;
  const { items, classes } = await taskOf(context, spec);
  const options = { steps: tellerSteps, seed: seeds[0]! };
  const turns = await fit(context, `${spec}, turns`, classifier({ task: "transform" }), items, options);
  const ofTurns = await classifierFeatures(turns.trained, "turns");
  const teller = await fit(context, `${spec}, classes`, classifier(), classes, options);
  const features = await classifierFeatures(teller.trained, "classes");
  const values: Record<string, number> = {};
  for (const share of shares) {
    const part = { train: share === 1 ? items.train : thin(items.train, share), test: items.test };
    for (const [name, model] of Object.entries(augmentations)) {
      const label = `${spec}/${share}/${name}`;
      Object.assign(values, await measure(context, label, model, part, { features, ofTurns }, budget));
    }
  }
  await turns.close();
  await teller.close();
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
  label: string,
  model: ConfiguredModel,
  data: DataSplit,
  { features, ofTurns }: { readonly features: Features; readonly ofTurns: Features },
  { steps, samples, seeds }: Budget,
): Promise<Record<string, number>> {
  const found: Record<"kid" | "leak", Evaluation[]> = { kid: [], leak: [] };
  const test = take(data.test, samples);
  for (const seed of seeds) {
    const options = { steps, batch: Math.min(batch, data.train.size), learningRate, seed };
    const run = await trainToEnd(context, `${label}, seed ${seed}`, model, data, options);
    const { trained, close } = await openTrained(run, context.engine);
    const subject = { trained, data: test, part: "test", key: fold(key(seed), label), training: data.train };
    const size = { samples: test.size };
    found.kid.push(await evaluator({ ...subject, features })(kid, size));
    found.leak.push(await evaluator({ ...subject, features: ofTurns })(leak, size));
    await close();
    const [distance, turned] = [found.kid.at(-1)!, found.leak.at(-1)!].map(({ value }) => value.toPrecision(3));
    context.say(`${label}, seed ${seed}: KID ${distance}, leak ${turned}`);
  }
  const values: Record<string, number> = {};
  for (const [name, results] of Object.entries(found)) {
    const all = results.map(({ value }) => value);
    Object.assign(values, overSeeds(`${label}/${name}`, all));
  }
  // Of real items against real items it is the same for all models of one data set.
  values[`${label.split("/")[0]}/real/leak`] = found.leak[0]!.floor!;
  return values;
}
