import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { integerField, numberField } from "../base/options.ts";
import { staticDim } from "../graph/tensor.ts";
import { gradientPenalty, wasserstein } from "../objectives/index.ts";
import { add, mul } from "../ops/index.ts";
import { adam } from "../optim/index.ts";
import {
  adversarialOptions,
  discriminatorStep,
  adversarialGame,
  gameLogs,
  generatorStep,
  scorerOf,
  shownPairs,
  pointDefaults,
} from "./adversarial.ts";
import { type DataInfo, type Model, defineModel } from "./model.ts";
import { headOf, pairScores, weighed } from "./views.ts";
import type { WganGpOptions } from "./option-types.ts";

export const options = z.object({
  ...adversarialOptions,
  penalty: numberField("weight of the gradient penalty (lambda) (default: 10 for images, 1 for points)", {
    min: 0,
  }).optional(),
  criticSteps: integerField("critic updates per generator update", { min: 1, max: 200 }).default(5),
});

/**
 * Wasserstein GAN whose critic is penalised by lambda E (|grad f| - 1)^2 on random points between real and generated
 * items.
 * @throws OptionError for invalid options.
 * @source Gulrajani et al., arXiv 1704.00028.
 */
export const wganGp = defineModel<typeof options, WganGpOptions>({
  name: "wgan-gp",
  summary: "Wasserstein GAN with a gradient penalty on the critic",
  source: "Gulrajani et al., arXiv 1704.00028",
  options,
  defaults: { batch: 64, length: { epochs: 100, minSteps: 4000 }, learningRate: 2e-4 },
  pointDefaults,
  build,
});

/** Name of the step that trains the critic. */
const stepName = "critic";

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  if (chosen.discriminatorNorm === "batch") {
    throw new OptionError(
      "wgan-gp: the gradient penalty is per item - got batch normalisation in the critic",
      "use --discriminator-norm layer, spectral or none",
    );
  }
  const { criticSteps, penalty = data.kind === "image" ? 10 : 1 } = chosen;
  const game = adversarialGame(chosen, data, {
    objective: wasserstein,
    step: stepName,
    norm: data.kind === "image" && chosen.arch !== "mlp" ? "layer" : "none",
    optimizer: (learningRate) => adam({ learningRate, beta1: chosen.beta1, beta2: 0.9 }),
  });
  return {
    nets: game.nets,
    steps: [
      {
        ...discriminatorStep(game),
        name: stepName,
        scalars: [...game.scoreScalars, "penalty"],
        repeat: criticSteps,
        loss: (batch, scope) => {
          const critic = scope.nets.discriminator!;
          const pairs = shownPairs(game, batch, scope);
          const scores = pairScores(scorerOf(game, critic), pairs);
          const ones = data.shape.map(() => 1);
          const steepness = pairs.map(({ real, fake }, head) => {
            const places = scope.noise("places", "uniform", [staticDim(batch, 0, "wgan-gp"), ...ones]);
            return gradientPenalty((x) => headOf(critic(x), head), real, fake, places);
          });
          const losses = scores.map(({ real, fake }, head) =>
            add(wasserstein.discriminator(real, fake), mul(steepness[head]!, penalty)),
          );
          return {
            loss: weighed(game.augmentation.views, "discriminator", losses),
            logs: { ...gameLogs(game, scores[0]!, scope), penalty: steepness[0]! },
          };
        },
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
