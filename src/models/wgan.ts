import { z } from "zod";
import { integerField, numberField } from "../base/options.ts";
import { wasserstein } from "../objectives/index.ts";
import { rmsProp, withWeightClipping } from "../optim/index.ts";
import { adversarialOptions, discriminatorStep, adversarialGame, generatorStep, pointDefaults } from "./adversarial.ts";
import { type DataInfo, type Model, defineModel } from "./model.ts";
import type { WganOptions } from "./option-types.ts";

const { beta1: _, ...shared } = adversarialOptions;

export const options = z.object({
  ...shared,
  clip: numberField(
    "weight clipping: critic parameters are kept in [-c, c], which sets the scale of the distance (default: 0.01 for images, 0.1 for points)",
    { above: 0 },
  ).optional(),
  criticSteps: integerField("critic updates per generator update", { min: 1, max: 200 }).default(5),
  criticWarmup: integerField("critic updates per generator update in the first 25 steps and in every 500th", {
    min: 1,
  }).default(100),
});

/**
 * Wasserstein GAN: the critic maximises E f(x) - E f(G(z)), and its parameters are clipped to [-clip, clip]. The
 * reported distance estimates the maximum over K-Lipschitz functions, which is K times W1, for some unknown K.
 * @throws OptionError for invalid options.
 * @source Arjovsky et al., arXiv 1701.07875.
 */
export const wgan = defineModel<typeof options, WganOptions>({
  name: "wgan",
  summary: "Wasserstein GAN with weight clipping of the critic",
  source: "Arjovsky et al., arXiv 1701.07875",
  options,
  defaults: { batch: 64, length: { epochs: 100, minSteps: 4000 }, learningRate: 5e-5 },
  pointDefaults: { ...pointDefaults, learningRate: 5e-4 },
  build,
});

/** Name of the step that trains the critic. */
const stepName = "critic";

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  const { clip = data.kind === "image" ? 0.01 : 0.1, criticSteps, criticWarmup } = chosen;
  const game = adversarialGame({ ...chosen, beta1: 0 }, data, {
    objective: wasserstein,
    step: stepName,
    optimizer: (learningRate) => rmsProp({ learningRate }),
  });
  return {
    nets: game.nets,
    steps: [
      {
        ...discriminatorStep(game),
        name: stepName,
        optimizer: (rate, net) => withWeightClipping(game.optimizer(rate, net), clip),
        repeat: criticSteps,
        before: (step) => (step < 25 || step % 500 === 0 ? Math.max(0, criticWarmup - criticSteps) : 0),
      },
      generatorStep(game),
    ],
    growth: {
      option: "criticSteps",
      value: criticSteps,
      at: (steps) => build({ ...chosen, criticSteps: steps }, data),
    },
    ...game.abilities,
  };
}
