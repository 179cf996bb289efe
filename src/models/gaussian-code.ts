import { type Normal, normalKlTerms, sampleNormal, standardNormalLogProb } from "../distributions/index.ts";
import { type Tensor, staticShape } from "../graph/tensor.ts";
import { add, mul, neg, reshape, slice, sub, sum } from "../ops/index.ts";
import { type DataInfo, type Likelihood, type Model, type Scope, itemName } from "./model.ts";
import type { Observation } from "./observation.ts";

/** The normal posterior q(z | x) of an encoder with 2 * latent outputs: means and log variances. */
export function posterior(x: Tensor, latent: number, { nets }: Scope): Normal {
  const both = nets.encoder!(x);
  return { mean: slice(both, 1, 0, latent), logVariance: slice(both, 1, latent, 2 * latent) };
}

/** The ELBO, and its importance-weighted form, of a model with a normal posterior and a standard normal prior. */
function gaussianLikelihood(observation: Observation, latent: number, data: DataInfo): Likelihood {
  return {
    terms: (images, scope) => {
      const x = observation.observed(images, scope);
      const q = posterior(x, latent, scope);
      const z = sampleNormal(q, scope.noise("z", "normal", staticShape(q.mean, "terms")));
      const recon = neg(observation.logProb(scope.nets.decoder!(z), x, scope));
      return { recon, klPerLatent: normalKlTerms(q), mean: q.mean };
    },
    logWeights: (images, samples, scope) => {
      const x = observation.observed(images, scope);
      const q = posterior(x, latent, scope);
      const [n] = staticShape(x, "logWeights") as [number];
      const noise = scope.noise("z", "normal", [samples, n, latent]);
      const z = sampleNormal(q, noise);
      const out = scope.nets.decoder!(reshape(z, [samples * n, latent]));
      const drawn = observation.logProb(reshape(out, [samples, n, ...data.shape]), x, scope, 2);
      // log q(z | x) equals the density of the noise behind z, minus half the log variance.
      const logPosterior = sub(standardNormalLogProb(noise, 2), mul(sum(q.logVariance, { axes: [1] }), 0.5));
      return sub(add(drawn, standardNormalLogProb(z, 2)), logPosterior);
    },
  };
}

/** Maps, generator, encoder, decoder and likelihood of a model with a normal posterior and a standard normal prior. */
export function gaussianAbilities(
  observation: Observation,
  latent: number,
  data: DataInfo,
): Pick<Model, "maps" | "generator" | "encoder" | "decoder" | "likelihood" | "bestBy" | "reluNets" | "remedies"> {
  const item = itemName(data);
  return {
    ...observation.declared,
    maps: {
      encoder: {
        inputs: { [item]: data.shape },
        outputs: ({ [item]: x }, scope) => {
          const q = posterior(x!, latent, scope);
          return { mean: q.mean, logvar: q.logVariance };
        },
      },
      decoder: {
        inputs: { z: [latent] },
        outputs: ({ z }, { nets }) => ({ [item]: observation.mean(nets.decoder!(z!)) }),
      },
    },
    generator: { map: "decoder", input: "z", output: item, noise: "normal", shape: [latent] },
    encoder: { map: "encoder", input: item, output: "mean" },
    decoder: { map: "decoder", input: "z", output: item, traversable: true },
    likelihood: gaussianLikelihood(observation, latent, data),
    bestBy: { scalar: "elbo", better: "lower" },
  };
}
