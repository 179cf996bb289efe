import { type ConfiguredModel, cyclegan, pix2pix } from "../models/index.ts";
import { type Row, type Scale, completionVerdict } from "./row.ts";
import { measureTranslations, orderRemark, trainClassifier } from "./translations.ts";

const net = { ngf: 16, blocks: 3, discriminatorLayers: 1 } as const;

/** The paper's ablation, and a model that is trained on the pairs. All generators have the same architecture. */
const variants: Readonly<Record<string, ConfiguredModel>> = {
  full: cyclegan(net),
  ganAlone: cyclegan({ ...net, cycle: "none" }),
  cycleAlone: cyclegan({ ...net, adversarial: 0 }),
  ganForward: cyclegan({ ...net, cycle: "forward" }),
  ganBackward: cyclegan({ ...net, cycle: "backward" }),
  pix2pix: pix2pix({ ...net, generator: "residual" }),
};

interface Budget {
  /** Seeds of each variant that is trained. */
  readonly seeds: Readonly<Record<string, readonly number[]>>;
  readonly steps: number;
  readonly classifierEpochs: number;
  readonly images: number;
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { seeds: { full: [1], ganAlone: [1] }, steps: 300, classifierEpochs: 1, images: 500 },
  full: {
    seeds: {
      full: [1, 2, 3],
      ganAlone: [1, 2, 3],
      cycleAlone: [1],
      ganForward: [1],
      ganBackward: [1],
      pix2pix: [1],
    },
    steps: 4000,
    classifierEpochs: 3,
    images: 1000,
  },
};

const batch = 4;

export const cycleganDigitsRow: Row = {
  name: "cyclegan-digits",
  summary:
    "digits to outlines and back, learned from unpaired images: CycleGAN, its loss terms alone, and pix2pix, which is trained on the pairs",
  source:
    "Zhu et al., arXiv 1703.10593, section 5.1.3, the same ablation on other data: the paper uses street scenes at 256 pixels",
  criterion:
    "the full model has a lower pair error than the GAN loss alone, and keeps the class of at least 90 % of the digits. At --scale quick: training completes",
  paper: {},
  scales: {
    quick: "the full model and the GAN loss alone, 300 steps instead of 4000, 500 test pairs",
    full: `32 pixels, ngf ${net.ngf}, ${net.blocks} blocks, 16-pixel patches, 4000 steps with batch size ${batch}; errors on the first 1000 test pairs; three seeds for the full model and the GAN loss alone, one for the others; classes by a classifier of true outlines`,
  },
  run: async (context) => {
    const budget = budgets[context.scale];
    const { steps, images } = budget;
    const data = await context.open("digits-outlined");
    const classNet = await trainClassifier(context, data, budget.classifierEpochs, 1);
    const task = { data, steps, batch, images, features: classNet.features };
    const arms = Object.entries(budget.seeds).map(([name, seeds]) => ({
      name,
      model: variants[name]!,
      task: { ...task, seeds },
    }));
    const { values, pictures } = await measureTranslations(context, arms);
    await classNet.close();
    return { values, pictures, seeds: budget.seeds.full! };
  },
  verdict: (values, scale) =>
    scale === "quick"
      ? completionVerdict(values, ["full/error", "ganAlone/error"])
      : {
          passed: values["full/error"]! < values["ganAlone/error"]! && values["full/consistency"]! >= 0.9,
          remarks: [orderRemark(Object.keys(budgets.full.seeds), values)],
        },
};
