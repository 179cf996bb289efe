import { type ConfiguredModel, cyclegan } from "../models/index.ts";
import { take } from "../data/index.ts";
import type { Row, Scale } from "./row.ts";
import { measureTranslation } from "./translations.ts";

const net = { ngf: 16, blocks: 3, discriminatorLayers: 1 } as const;

const augmentations: Readonly<Record<string, ConfiguredModel>> = {
  none: cyclegan(net),
  realOnly: cyclegan({ ...net, augment: "real-only" }),
  dag: cyclegan({ ...net, augment: "dag" }),
};

interface Budget {
  /** Images of each domain. */
  readonly sizes: readonly number[];
  readonly steps: number;
  readonly images: number;
  readonly seeds: readonly number[];
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { sizes: [100], steps: 150, images: 200, seeds: [1] },
  full: { sizes: [100, 300, 1000], steps: 2000, images: 1000, seeds: [1, 2] },
};

const batch = 4;

export const cycleganSmallDataRow: Row = {
  name: "cyclegan-small-data",
  summary: "digits to their outlines from few images of each: CycleGAN as it is, with turned real images, and with DAG",
  source: "Tran et al., arXiv 2006.05338, in kind: its CycleGAN is trained on street scenes",
  bar: "with 100 images DAG has less error to the true pair than CycleGAN as it is",
  paper: {},
  scales: {
    quick: "100 images alone, 150 steps instead of 2000, one seed instead of two, 200 test pairs",
    full: `100, 300 and 1000 images a domain, 32 pixels, ngf ${net.ngf}, ${net.blocks} blocks, 2000 steps of batch ${batch}, rotations, two seeds; errors on the first 1000 test pairs`,
  },
  run: async (context) => {
    const { sizes, steps, images, seeds } = budgets[context.scale];
    const { train, test } = await context.open("digits-outlined");
    const values: Record<string, number> = {};
    for (const size of sizes) {
      const task = { data: { train: take(train, size), test }, steps, batch, images, seeds };
      for (const [name, model] of Object.entries(augmentations)) {
        Object.assign(values, await measureTranslation(context, `${size}/${name}`, model, task));
      }
    }
    return { values, passed: values["100/dag/error"]! < values["100/none/error"]!, seeds };
  },
};
