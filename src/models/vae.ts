import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { choiceField, integerField } from "../base/options.ts";
import { normalKlTerms, normalLogProb, sampleNormal } from "../distributions/index.ts";
import {
  type Baseline,
  type GradientEstimator,
  leaveOneOut,
  noBaseline,
  pathwise,
  scoreFunction,
} from "../estimators/index.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import { coders, runningMean } from "../nn/index.ts";
import { add, mean, neg, reshape, sum } from "../ops/index.ts";
import { gaussianAbilities, posterior } from "./gaussian-code.ts";
import { type DataInfo, type Model, type Scope, defineModel } from "./model.ts";
import { latentOption, observation, observationOptions, observationAdam, resolveObservation } from "./observation.ts";
import type { VaeOptions } from "./option-types.ts";

export const options = z.object({
  ...observationOptions,
  ...latentOption,
  estimator: choiceField(
    "gradient estimator for the sampled code z: pathwise (reparameterization) or score-function (REINFORCE); gumbel-softmax and straight-through belong to categorical-vae",
    ["pathwise", "score-function"],
  ).default("pathwise"),
  baseline: choiceField(
    "control variate for the score-function estimator: none, the running mean of the cost, or the mean of the other samples (leave-one-out, loo) (default: none)",
    ["none", "mean", "loo"],
  ).optional(),
  mcSamples: integerField("Monte Carlo samples of z per item and step", { min: 1 }).default(1),
});

type Options = z.output<typeof options>;

/**
 * Variational autoencoder with a normal posterior and a standard normal prior. Minimises the negative ELBO in nats per
 * image: the reconstruction term plus the KL term.
 * @throws OptionError for invalid options.
 * @source Kingma, Welling, arXiv 1312.6114.
 */
export const vae = defineModel<typeof options, VaeOptions>({
  name: "vae",
  summary: "variational autoencoder with a Gaussian latent code",
  source: "Kingma, Welling, arXiv 1312.6114",
  options,
  defaults: { batch: 128, length: { epochs: 10, minSteps: 3000 }, learningRate: 1e-3 },
  resolve: resolveObservation,
  build,
});

function build(chosen: Options, data: DataInfo): Model {
  requireFitting(chosen);
  const { latent, mcSamples } = chosen;
  const seen = observation("vae", chosen, data);
  const coding = coders({ ...chosen, inputs: latent, outputs: 2 * latent }, data.shape);
  const nets = {
    ...coding,
    ...seen.nets,
    ...(chosen.baseline === "mean" && { baseline: runningMean() }),
  };
  return {
    nets,
    steps: [
      {
        name: "vae",
        scalars: ["recon", "kl"],
        updates: [...Object.keys(coding), ...seen.trainable],
        optimizer: observationAdam,
        loss: (images, scope) => {
          const x = seen.observed(images, scope);
          const q = posterior(x, latent, scope);
          const n = staticDim(x, 0, "vae");
          const estimator = estimatorOf(chosen, scope);
          const code = estimator.draws(sampleNormal(q, scope.noise("z", "normal", [mcSamples, n, latent])));
          const out = scope.nets.decoder!(reshape(code, [mcSamples * n, latent]));
          const costs = neg(seen.logProb(reshape(out, [mcSamples, n, ...data.shape]), x, scope, 2));
          const recon = mean(estimator.surrogate(costs, normalLogProb(q, code, 2)));
          const kl = mean(sum(normalKlTerms(q), { axes: [1] }));
          return { loss: add(recon, kl), logs: { recon, kl } };
        },
      },
    ],
    // The baseline is omitted: it adds little to the graph, and leave-one-out would need more than one sample.
    growth: {
      option: "mcSamples",
      value: mcSamples,
      at: (samples) => build({ ...chosen, baseline: undefined, mcSamples: samples }, data),
    },
    ...gaussianAbilities(seen, latent, data),
  };
}

function estimatorOf({ estimator, baseline = "none" }: Options, { nets }: Scope): GradientEstimator {
  if (estimator === "pathwise") return pathwise;
  const baselines: Record<NonNullable<Options["baseline"]>, Baseline> = {
    none: noBaseline,
    mean: (costs: Tensor) => nets.baseline!(costs),
    loo: leaveOneOut,
  };
  return scoreFunction(baselines[baseline]);
}

function requireFitting({ estimator, baseline, mcSamples }: Options): void {
  if (estimator === "pathwise" && baseline !== undefined && baseline !== "none") {
    throw new OptionError(
      `vae: a baseline requires the score-function estimator - got ${baseline} with pathwise`,
      "add --estimator score-function",
    );
  }
  if (baseline === "loo" && mcSamples < 2) {
    throw new OptionError(
      `vae: leave-one-out needs at least two samples - got ${mcSamples}`,
      "add --mc-samples 4, or use --baseline mean",
    );
  }
}
