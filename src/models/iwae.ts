import { z } from "zod";
import { integerField } from "../base/options.ts";
import { coders } from "../nn/index.ts";
import { logSumExp, mean, neg, sub } from "../ops/index.ts";
import { gaussianAbilities } from "./gaussian-code.ts";
import { type DataInfo, type Model, defineModel } from "./model.ts";
import { latentOption, observation, observationOptions, observationAdam, resolveObservation } from "./observation.ts";
import type { IwaeOptions } from "./option-types.ts";

export const options = z.object({
  ...observationOptions,
  ...latentOption,
  importanceSamples: integerField("importance samples of z inside the bound (k)", { min: 1 }).default(5),
});

/**
 * VAE trained on the importance-weighted bound log (1/K) sum_k p(x, z_k) / q(z_k | x), in nats per image.
 * @throws OptionError for invalid options.
 * @source Burda et al., arXiv 1509.00519.
 */
export const iwae = defineModel<typeof options, IwaeOptions>({
  name: "iwae",
  summary: "VAE trained on the importance-weighted bound",
  source: "Burda et al., arXiv 1509.00519",
  options,
  defaults: { batch: 128, length: { epochs: 10, minSteps: 3000 }, learningRate: 1e-3 },
  resolve: resolveObservation,
  build,
});

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  const { latent, importanceSamples } = chosen;
  const seen = observation("iwae", chosen, data);
  const coding = coders({ ...chosen, inputs: latent, outputs: 2 * latent }, data.shape);
  const abilities = gaussianAbilities(seen, latent, data);
  return {
    nets: { ...coding, ...seen.nets },
    steps: [
      {
        name: "iwae",
        scalars: ["elbo"],
        updates: [...Object.keys(coding), ...seen.trainable],
        optimizer: observationAdam,
        loss: (images, scope) => {
          const weights = abilities.likelihood!.logWeights(images, importanceSamples, scope);
          const bound = mean(sub(logSumExp(weights, { axes: [0] }), Math.log(importanceSamples)));
          return { loss: neg(bound), logs: { elbo: mean(weights) } };
        },
      },
    ],
    ...abilities,
  };
}
