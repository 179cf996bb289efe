import { z } from "zod";
import { gradTree } from "../autodiff/index.ts";
import { choiceField, integerField } from "../base/options.ts";
import type { Tensor } from "../graph/tensor.ts";
import { neg, stopGradient } from "../ops/index.ts";
import {
  adversarialOptions,
  discriminatorStep,
  adversarialGame,
  generatedLoss,
  generatorStep,
  scorerOf,
  shownPairs,
  pointDefaults,
} from "./adversarial.ts";
import { ganLosses, lossOption, lossRemedies } from "./gan.ts";
import { type DataInfo, type Model, type Net, type UnrolledOptimizer, defineModel } from "./model.ts";
import { type Pair, type NetRole, pairScores, weighed } from "./views.ts";
import type { UnrolledGanOptions } from "./option-types.ts";

export const options = z.object({
  unroll: integerField("number of unrolled discriminator updates in the generator's loss (K)", {
    min: 0,
    max: 100,
  }).default(5),
  secondOrder: choiceField("backpropagate through the unrolled updates (on), or hold them constant (off)", [
    "on",
    "off",
  ]).default("on"),
  loss: lossOption.loss.default("minimax"),
  ...adversarialOptions,
});

/**
 * GAN whose generator minimises its loss against the discriminator after K unrolled updates. The discriminator itself
 * makes one ordinary update per step.
 * @throws OptionError for invalid options.
 * @source Metz et al., arXiv 1611.02163.
 */
export const unrolledGan = defineModel<typeof options, UnrolledGanOptions>({
  name: "unrolled-gan",
  summary: "GAN whose generator loss unrolls K discriminator updates",
  source: "Metz et al., arXiv 1611.02163",
  options,
  defaults: { batch: 64, length: { epochs: 20, minSteps: 4000 }, learningRate: 2e-4 },
  pointDefaults,
  build,
});

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  const objective = ganLosses[chosen.loss];
  const game = adversarialGame(chosen, data, { objective, remedies: lossRemedies(chosen.loss) });
  return {
    nets: game.nets,
    // The generator is updated first, so that it unrolls from the current discriminator. The discriminator then makes
    // one ordinary update; the unrolled parameters are discarded.
    steps: [
      {
        ...generatorStep(game),
        loss: (batch, scope) => {
          const pairs = shownPairs(game, batch, scope);
          const seen = chosen.secondOrder === "on" ? pairs : pairs.map(withStillFakes);
          const lossOf = (discriminator: Net, shown: readonly Pair[], role: NetRole): Tensor => {
            const scores = pairScores(scorerOf(game, discriminator), shown);
            const losses = scores.map(({ real, fake }) => objective.discriminator(real, fake));
            return weighed(game.augmentation.views, role, losses);
          };
          const rule = scope.optimizerOf("discriminator", "discriminator");
          const ahead = afterSteps(scope.nets.discriminator!, rule, chosen.unroll, (net) =>
            lossOf(net, seen, "discriminator"),
          );
          // In a zero-sum game the generator minimises the whole value: the unrolled discriminator depends on the
          // generator, so the term on real items has a gradient too.
          if (objective.zeroSum) return { loss: neg(lossOf(ahead, pairs, "generator")) };
          const fakes = pairs.map(({ fake }) => fake);
          return { loss: generatedLoss(game, ahead, fakes) };
        },
      },
      discriminatorStep(game),
    ],
    growth: { option: "unroll", value: chosen.unroll, at: (unroll) => build({ ...chosen, unroll }, data) },
    ...game.abilities,
  };
}

/** The generator and discriminator with the generated items as constants. */
function withStillFakes({ real, fake }: Pair): Pair {
  return { real, fake: stopGradient(fake) };
}

/** A net after `count` more updates on its loss, by its own optimizer in its current state. */
function afterSteps(live: Net, rule: UnrolledOptimizer, count: number, loss: (net: Net) => Tensor): Net {
  let ahead = { params: live.params, slots: rule.slots };
  for (let k = 0; k < count; k++) {
    const slopes = gradTree(loss(live.with(ahead.params)), ahead.params);
    ahead = rule.update(ahead.params, slopes, ahead.slots, k);
  }
  return live.with(ahead.params);
}
