import { z } from "zod";
import { choiceField } from "../base/options.ts";
import { type AdversarialLoss, hinge, leastSquares, minimax, nonSaturating } from "../objectives/index.ts";
import { adversarialOptions, alternately, adversarialGame, pointDefaults } from "./adversarial.ts";
import { type DataInfo, type Model, type Remedy, defineModel } from "./model.ts";
import type { GanOptions } from "./option-types.ts";

/** Adversarial losses by name. */
export const ganLosses = {
  minimax,
  "non-saturating": nonSaturating,
  "least-squares": leastSquares,
  hinge,
} as const satisfies Record<string, AdversarialLoss>;

/** Option of models with a choice of adversarial losses. */
export const lossOption = {
  loss: choiceField(
    "adversarial loss of generator and discriminator",
    Object.keys(ganLosses) as [keyof typeof ganLosses],
  ).default("non-saturating"),
};

/** Remedy: a loss whose gradient does not vanish where the discriminator is certain. */
export function lossRemedies(loss: keyof typeof ganLosses): Remedy[] {
  if (loss !== "minimax") return [];
  return [
    {
      option: "loss",
      against: ["discriminator-saturation", "vanishing-gradient"],
      value: "non-saturating",
      reason: "the minimax loss saturates where the discriminator is confident; this loss does not",
    },
  ];
}

export const options = z.object({ ...lossOption, ...adversarialOptions });

/**
 * Generative adversarial network, with a choice of losses: one discriminator update, then one generator update per
 * step.
 * @throws OptionError for invalid options.
 * @source Goodfellow et al., arXiv 1406.2661; Radford et al., arXiv 1511.06434.
 */
export const gan = defineModel<typeof options, GanOptions>({
  name: "gan",
  summary: "generative adversarial network; a DCGAN on images",
  source: "Goodfellow et al., arXiv 1406.2661; Radford et al., arXiv 1511.06434",
  options,
  defaults: { batch: 64, length: { epochs: 20, minSteps: 4000 }, learningRate: 2e-4 },
  pointDefaults,
  build,
});

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  const remedies = lossRemedies(chosen.loss);
  const game = adversarialGame(chosen, data, { objective: ganLosses[chosen.loss], remedies });
  return { nets: game.nets, steps: alternately(game), ...game.abilities };
}
