import { z } from "zod";
import { integerField } from "../base/options.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import { reshape, transpose } from "../ops/index.ts";
import { adversarialOptions, alternately, adversarialGame, pointDefaults } from "./adversarial.ts";
import { ganLosses, lossOption, lossRemedies } from "./gan.ts";
import { type DataInfo, type Model, defineModel } from "./model.ts";
import { headOf } from "./views.ts";
import type { PacganOptions } from "./option-types.ts";

export const options = z.object({
  packing: integerField("items per pack that the discriminator sees jointly (m)", { min: 2, max: 100 }).default(2),
  ...lossOption,
  ...adversarialOptions,
});

/**
 * GAN whose discriminator scores packs of m items, all real or all generated.
 * @throws OptionError for invalid options.
 * @source Lin et al., arXiv 1712.04086.
 */
export const pacgan = defineModel<typeof options, PacganOptions>({
  name: "pacgan",
  summary: "GAN whose discriminator sees packs of several items",
  source: "Lin et al., arXiv 1712.04086",
  options,
  defaults: { batch: 128, length: { epochs: 40, minSteps: 4000 }, learningRate: 2e-4 },
  pointDefaults,
  build,
});

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  const { packing } = chosen;
  const alone = adversarialGame(chosen, data, {
    objective: ganLosses[chosen.loss],
    packing,
    remedies: lossRemedies(chosen.loss),
  });
  const game: typeof alone = {
    ...alone,
    shown: (items, who, scope) => packed(alone.shown(items, who, scope), packing),
  };
  const { maps, discriminator } = game.abilities;
  return {
    nets: game.nets,
    steps: alternately(game),
    batchMultiple: packing,
    ...game.abilities,
    discriminator: { ...discriminator!, packing, input: "pack" },
    maps: {
      ...maps,
      discriminator: {
        inputs: { pack: [packing, ...data.shape] },
        outputs: ({ pack }, { nets }) => ({
          score: headOf(nets[game.discriminator]!(sideBySide(game.inner(pack!))), 0),
        }),
      },
    },
  };
}

/** Groups items [n, ..., c] into packs of consecutive items: [n / packing, ..., packing * c]. */
function packed(items: Tensor, packing: number): Tensor {
  const n = staticDim(items, 0, "pacgan");
  return sideBySide(reshape(items, [n / packing, packing, ...items.shape.slice(1)]));
}

/** Concatenates the items of packs [n, packing, ..., c] along their last axis: [n, ..., packing * c]. */
function sideBySide(packs: Tensor): Tensor {
  const [n, packing, ...shape] = packs.shape as [number, ...number[]];
  const inner = shape.slice(0, -1);
  const order = [0, ...inner.map((_, i) => i + 2), 1, shape.length + 1];
  return reshape(transpose(packs, order), [n, ...inner, packing! * shape.at(-1)!]);
}
