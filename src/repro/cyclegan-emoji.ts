import { cyclegan } from "../models/index.ts";
import { type Row, type Scale, completionVerdict } from "./row.ts";
import { betterThanUnchanged, measureTranslations, orderRemark } from "./translations.ts";

// Both vendors use similar colours, which the identity loss is meant to preserve.
const net = { ngf: 16, blocks: 4, discriminatorLayers: 1, identity: 0.5 } as const;

const variants = { full: cyclegan(net), ganAlone: cyclegan({ ...net, cycle: "none", identity: 0 }) };

interface Budget {
  readonly steps: number;
  readonly images: number;
  readonly seeds: readonly number[];
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { steps: 200, images: 50, seeds: [1] },
  full: { steps: 6000, images: 1000, seeds: [1, 2] },
};

const batch = 4;

export const cycleganEmojiRow: Row = {
  name: "cyclegan-emoji",
  summary:
    "emoji of one vendor translated to another's style, learned from unpaired images and evaluated on drawings of the same code point",
  source: "our own task, modelled on Zhu et al., arXiv 1703.10593; no published number",
  criterion:
    "translations by the full model are closer to the target than the untranslated drawings in absolute error, PSNR and SSIM, and their error is lower than with the GAN loss alone. At --scale quick: training completes",
  paper: {},
  scales: {
    quick: "200 steps instead of 6000, 50 test pairs, one seed",
    full: `32 pixels, ngf ${net.ngf}, ${net.blocks} blocks, 16-pixel patches, identity loss with half the weight of the cycle loss, 6000 steps with batch size ${batch}, two seeds; all held-out pairs`,
  },
  run: async (context) => {
    const { steps, images, seeds } = budgets[context.scale];
    const data = await context.open("emoji", { size: 32 });
    const task = { data, steps, batch, images, seeds };
    const arms = Object.entries(variants).map(([name, model]) => ({ name, model, task }));
    const { values, pictures } = await measureTranslations(context, arms);
    return { values, pictures, seeds };
  },
  verdict: (values, scale) => {
    if (scale === "quick") return completionVerdict(values, ["full/error", "ganAlone/error"]);
    return {
      passed: betterThanUnchanged("full", values) && values["full/error"]! < values["ganAlone/error"]!,
      remarks: [orderRemark(Object.keys(variants), values)],
    };
  },
};
