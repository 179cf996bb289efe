import { range } from "../base/range.ts";
import { type DataSplit, type Dataset, hasSides, pairDataset, select } from "../data/index.ts";
import { type ConfiguredModel, cyclegan } from "../models/index.ts";
import { type Row, type Scale, completionVerdict } from "./row.ts";
import { measureTranslations, orderRemark } from "./translations.ts";

/** With a larger cycle weight, the generators stay near the identity for longer than the run lasts. */
const net = { ngf: 12, blocks: 2, discriminatorLayers: 1, lambda: 1 } as const;

const augmentations: Readonly<Record<string, ConfiguredModel>> = {
  none: cyclegan(net),
  realOnly: cyclegan({ ...net, augment: "real-only" }),
  dag: cyclegan({ ...net, augment: "dag" }),
};

interface Budget {
  /** Number of images per domain. */
  readonly sizes: readonly number[];
  readonly steps: number;
  readonly images: number;
  readonly seeds: readonly number[];
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { sizes: [100], steps: 150, images: 200, seeds: [1] },
  full: { sizes: [100, 300, 1000], steps: 800, images: 1000, seeds: [1, 2] },
};

const batch = 4;
const learningRate = 1e-3;

export const cycleganSmallDataRow: Row = {
  name: "cyclegan-small-data",
  summary:
    "digits to outlines from few images of each domain: CycleGAN without augmentation, with rotated real images, and with DAG",
  source: "Tran et al., arXiv 2006.05338, the same comparison on other data: the paper uses street scenes",
  criterion:
    "with 100 images, DAG has a lower pair error than CycleGAN without augmentation, by more than the sum of the two standard errors. At --scale quick: training completes",
  paper: {},
  scales: {
    quick: "only 100 images, 150 steps instead of 800, one seed instead of two, 200 test pairs",
    full: `100, 300 and 1000 images per domain, with no MNIST item in both domains, 32 pixels, ngf ${net.ngf}, ${net.blocks} blocks, lambda ${net.lambda}, 800 steps with batch size ${batch} and learning rate ${learningRate}, rotations, two seeds; errors on the first 1000 test pairs`,
  },
  run: async (context) => {
    const { sizes, steps, images, seeds } = budgets[context.scale];
    const digits = await context.open("digits-outlined");
    const arms = sizes.flatMap((size) => {
      const task = { data: apart(digits, size), steps, batch, learningRate, images, seeds };
      return Object.entries(augmentations).map(([name, model]) => ({ name: `${size}/${name}`, model, task }));
    });
    const { values } = await measureTranslations(context, arms);
    return { values, seeds };
  },
  verdict: (values, scale) => {
    if (scale === "quick") return completionVerdict(values, ["100/none/error", "100/dag/error"]);
    const error = (name: string) => values[`100/${name}/error`]!;
    const margin = ["none", "dag"].reduce((sum, name) => sum + (values[`100/${name}/errorStderr`] ?? 0), 0);
    const remarks = budgets.full.sizes.map((size) => {
      const names = Object.keys(augmentations).map((name) => `${size}/${name}`);
      return orderRemark(names, values);
    });
    return { passed: error("none") - error("dag") > margin, remarks };
  },
};

/** Training images of each domain, of different digits: in unpaired data, no digit occurs in both domains. */
function apart({ train, test }: DataSplit, size: number): DataSplit {
  if (!hasSides(train)) throw new Error(`${train.name}: has no second domain`);
  const { a, b } = train.sides;
  const of = (domain: Dataset, from: number) => select(domain, range(from, from + size));
  return { train: pairDataset(train.name, { a: of(a, 0), b: of(b, size), aligned: false }), test };
}
