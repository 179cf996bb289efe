import { cyclegan } from "../models/index.ts";
import type { Row, Scale } from "./row.ts";
import { measureTranslation } from "./translations.ts";

const net = { ngf: 24, blocks: 4, discriminatorLayers: 1 } as const;

const variants = { full: cyclegan(net), ganAlone: cyclegan({ ...net, cycle: "none" }) };

interface Budget {
  readonly steps: number;
  readonly images: number;
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { steps: 200, images: 50 },
  full: { steps: 6000, images: 1000 },
};

const seeds = [1];
const batch = 2;

export const cycleganEmojiRow: Row = {
  name: "cyclegan-emoji",
  summary: "one vendor's emoji drawn as another's, learnt without pairs, and judged by drawings of the same code point",
  source: "a task of ours, in the manner of Zhu et al., arXiv 1703.10593; no published number",
  bar: "less error to the true pair than the drawing left as it is, and than the GAN alone",
  paper: {},
  scales: {
    quick: "200 steps instead of 6000, 50 test pairs",
    full: `32 pixels, ngf ${net.ngf}, ${net.blocks} blocks, patches of 16 pixels, 6000 steps of batch ${batch}; all held-out pairs`,
  },
  run: async (context) => {
    const { steps, images } = budgets[context.scale];
    const data = await context.open("emoji", { size: 32 });
    const task = { data, steps, batch, images, seeds };
    const values: Record<string, number> = {};
    for (const [name, model] of Object.entries(variants)) {
      Object.assign(values, await measureTranslation(context, name, model, task));
    }
    const [own, unchanged, alone] = ["full/error", "full/unchanged", "ganAlone/error"].map((name) => values[name]!);
    return { values, passed: own! < unchanged! && own! < alone!, seeds };
  },
};
