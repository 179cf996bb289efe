import { z } from "zod";
import { zeros } from "../base/ndarray.ts";
import { staticDim } from "../graph/tensor.ts";
import { type Layer, coders } from "../nn/index.ts";
import { add, concat, matmul, mean, mul, neg, slice, stopGradient, sub } from "../ops/index.ts";
import { type DataInfo, type Model, defineModel, itemName } from "./model.ts";
import { latentOption, observation, observationOptions, observationAdam, resolveObservation } from "./observation.ts";
import type { AutoencoderOptions } from "./option-types.ts";

export const options = z.object({ ...observationOptions, ...latentOption });

/** Number of recent codes to which a Gaussian is fitted for sampling. */
const remembered = 1000;

/**
 * The encoder and decoder of a VAE, trained on the reconstruction term alone. Samples are decoded from a Gaussian
 * fitted to recent codes.
 * @throws OptionError for invalid options.
 * @source Hinton, Salakhutdinov, Science 313, 2006.
 */
export const autoencoder = defineModel<typeof options, AutoencoderOptions>({
  name: "autoencoder",
  summary: "the nets of a VAE without prior or sampling, as a baseline",
  source: "Hinton, Salakhutdinov, Science 313, 2006",
  options,
  defaults: { batch: 128, length: { epochs: 10, minSteps: 3000 }, learningRate: 1e-3 },
  resolve: resolveObservation,
  build,
});

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  const { latent } = chosen;
  const seen = observation("autoencoder", chosen, data);
  const coding = coders({ ...chosen, inputs: latent, outputs: latent }, data.shape);
  const item = itemName(data);
  return {
    nets: { ...coding, ...seen.nets, codes: codeMemory(latent) },
    steps: [
      {
        name: "autoencoder",
        scalars: [],
        updates: [...Object.keys(coding), ...seen.trainable],
        optimizer: observationAdam,
        loss: (images, scope) => {
          const x = seen.observed(images, scope);
          const code = scope.nets.codes!(scope.nets.encoder!(x));
          const recon = mean(neg(seen.logProb(scope.nets.decoder!(code), x, scope)));
          return { loss: recon };
        },
      },
    ],
    ...seen.declared,
    maps: {
      encoder: { inputs: { [item]: data.shape }, outputs: ({ [item]: x }, { nets }) => ({ z: nets.encoder!(x!) }) },
      decoder: {
        inputs: { z: [latent] },
        outputs: ({ z: code }, { nets }) => ({ [item]: seen.mean(nets.decoder!(code!)) }),
      },
      sampler: {
        inputs: { noise: [remembered] },
        outputs: ({ noise }, { nets }) => ({ [item]: seen.mean(nets.decoder!(nets.codes!(noise!))) }),
      },
    },
    generator: { map: "sampler", input: "noise", output: item, noise: "normal", shape: [remembered] },
    encoder: { map: "encoder", input: item, output: "z" },
    decoder: { map: "decoder", input: "z", output: item, traversable: true },
  };
}

/**
 * During training, codes pass through and the most recent ones are kept. During inference, standard normal noise [n,
 * remembered] becomes samples [n, latent] of the Gaussian with the mean and covariance of the kept codes: the mean plus
 * the sum of the centred codes, each weighted by noise / sqrt(remembered - 1).
 */
function codeMemory(latent: number): Layer {
  return {
    init: () => ({}),
    stats: { newest: zeros([remembered, latent]) },
    apply: (_, x, ctx) => {
      const newest = ctx.stat("newest");
      if (ctx.training) {
        const count = Math.min(staticDim(x, 0, "codes"), remembered);
        const kept = slice(stopGradient(x), 0, 0, count);
        ctx.updateStat("newest", count === remembered ? kept : concat([kept, slice(newest, 0, 0, remembered - count)]));
        return x;
      }
      const centre = mean(newest, { axes: [0] });
      return add(centre, mul(matmul(x, sub(newest, centre)), 1 / Math.sqrt(remembered - 1)));
    },
  };
}
