import { fold, key } from "../base/random.ts";
import { type DataSplit, hasSides, take, thin } from "../data/index.ts";
import { type Metric, kid, leak } from "../metrics/index.ts";
import { type ConfiguredModel, classifier, gan } from "../models/index.ts";
import { type Features, classifierFeatures, evaluator, openTrained } from "../train/index.ts";
import { type Row, type RowContext, type Scale, fit, overSeeds, trainToEnd } from "./row.ts";

const nets = { arch: "dcgan", hidden: [32, 64], latent: 64, discriminatorNorm: "spectral", loss: "hinge" } as const;

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
  readonly tellerEpochs: number;
  readonly seeds: readonly number[];
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { specs: ["mnist"], shares: [0.02], steps: 200, samples: 500, tellerEpochs: 1, seeds: [1] },
  full: {
    specs: ["mnist", "emoji"],
    shares: [1, 0.25, 0.1, 0.02],
    steps: 2000,
    samples: 2000,
    tellerEpochs: 3,
    seeds: [1, 2, 3],
  },
};

const batch = 64;

export const dagSmallDataRow: Row = {
  name: "dag-small-data",
  summary:
    "KID of a GAN trained on shrinking parts of a data set: as it is, with turned real items, with DAG, and with DiffAugment; and how many of its samples lie turned",
  source: "Tran et al., arXiv 2006.05338, in kind: its tables are of CIFAR-10 with other nets",
  bar: "on digits, DAG with rotations has a smaller KID than the plain GAN at 10 % and at 2 % of the data",
  paper: {},
  scales: {
    quick: "2 % of the digits alone, 200 steps instead of 2000, one seed instead of three, 500 samples",
    full: "MNIST and Google's emoji at 32 pixels, DCGAN nets of 32 and 64 channels, hinge loss, spectral normalisation, 2000 steps of batch 64, three seeds; KID in the features of a classifier of digits, or of turns of emoji; leak by a classifier of turns",
  },
  run: async (context) => {
    const budget = budgets[context.scale];
    const values: Record<string, number> = {};
    for (const spec of budget.specs) Object.assign(values, await measureAll(context, spec, budget));
    const better = [0.1, 0.02]
      .filter((share) => budget.shares.includes(share))
      .every((share) => values[`mnist/${share}/dagRotation/kid`]! < values[`mnist/${share}/base/kid`]!);
    return { values, passed: better, seeds: budget.seeds };
  },
};

async function measureAll(context: RowContext, spec: string, budget: Budget): Promise<Record<string, number>> {
  const { seeds, tellerEpochs, shares } = budget;
  const data = await itemsOf(context, spec);
  const options = { epochs: tellerEpochs, seed: seeds[0]! };
  const turns = await fit(context, `${spec}, turns`, classifier({ task: "transform" }), data, options);
  const ofTurns = await classifierFeatures(turns.trained, "turns");
  const labelled = data.train.labels !== null;
  const classes = labelled ? await fit(context, `${spec}, classes`, classifier(), data, options) : null;
  const features = classes === null ? ofTurns : await classifierFeatures(classes.trained, "classes");
  const values: Record<string, number> = {};
  for (const share of shares) {
    const part = { train: share === 1 ? data.train : thin(data.train, share), test: data.test };
    for (const [name, model] of Object.entries(augmentations)) {
      const label = `${spec}/${share}/${name}`;
      Object.assign(values, await measure(context, label, model, part, { features, ofTurns }, budget));
    }
  }
  await turns.close();
  await classes?.close();
  return values;
}

/** Of pairs, the first domain's images. */
async function itemsOf(context: RowContext, spec: string): Promise<DataSplit> {
  const data = await context.open(spec, spec === "emoji" ? { size: 32 } : {});
  const { train, test } = data;
  return hasSides(train) && hasSides(test) ? { train: train.sides.a, test: test.sides.a } : data;
}

async function measure(
  context: RowContext,
  label: string,
  model: ConfiguredModel,
  data: DataSplit,
  { features, ofTurns }: { readonly features: Features; readonly ofTurns: Features },
  { steps, samples, seeds }: Budget,
): Promise<Record<string, number>> {
  const [kids, leaks]: [number[], number[]] = [[], []];
  const test = take(data.test, samples);
  for (const seed of seeds) {
    const options = { steps, batch: Math.min(batch, data.train.size), seed };
    const run = await trainToEnd(context, `${label}, seed ${seed}`, model, data, options);
    const { trained, close } = await openTrained(run, context.engine);
    const subject = { trained, data: test, part: "test", key: fold(key(seed), label), training: data.train };
    const distance = await evaluator({ ...subject, features })(kid as unknown as Metric, { samples });
    const turned = await evaluator({ ...subject, features: ofTurns })(leak as unknown as Metric, { samples });
    await close();
    kids.push(distance.value);
    leaks.push(turned.value);
    context.say(`${label}, seed ${seed}: KID ${distance.value.toPrecision(4)}, leak ${turned.value.toPrecision(3)}`);
  }
  return { ...overSeeds(`${label}/kid`, kids), ...overSeeds(`${label}/leak`, leaks) };
}
