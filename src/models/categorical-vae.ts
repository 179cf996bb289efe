import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { zeros } from "../base/ndarray.ts";
import { choiceField, integerField, numberField } from "../base/options.ts";
import {
  categoricalKlTerms,
  categoricalLogProb,
  nearestCorner,
  relaxedKlTerms,
  sampleCategorical,
  sampleLogGumbelSoftmax,
  straightThrough,
} from "../distributions/index.ts";
import { leaveOneOut, scoreFunction } from "../estimators/index.ts";
import { type Tensor, constant, staticDim } from "../graph/tensor.ts";

import { coders, runningMean } from "../nn/index.ts";
import { add, exp, mean, neg, reshape, softmax, sub, sum } from "../ops/index.ts";
import type { Schedule } from "../optim/index.ts";
import { type DataInfo, type Model, type Scope, type StepScope, defineModel, itemName } from "./model.ts";
import {
  type Observation,
  observation,
  observationOptions,
  observationAdam,
  resolveObservation,
} from "./observation.ts";
import type { CategoricalVaeOptions } from "./option-types.ts";

export const options = z.object({
  ...observationOptions,
  variables: integerField("number of categorical latent variables", { min: 1 }).default(20),
  categories: integerField("categories per latent variable", { min: 2 }).default(10),
  estimator: choiceField("gradient estimator for the sampled categories", [
    "gumbel-softmax",
    "straight-through",
    "score-function",
  ]).default("gumbel-softmax"),
  temperature: numberField("initial temperature of the Gumbel-Softmax relaxation (tau); 0 would have no gradient", {
    above: 0,
  }).default(1),
  temperatureFloor: numberField("lowest temperature of the annealing; near 0 the gradient's variance explodes", {
    above: 0,
  }).default(0.5),
  temperatureRate: numberField("annealing rate r of the temperature, tau exp(-r step)", { min: 0 }).default(1e-4),
  temperatureInterval: integerField("steps between two updates of the temperature", { min: 1 }).default(500),
  kl: choiceField(
    "KL term of the categorical posterior, or a Monte Carlo estimate for the relaxed sample (relaxed): a true bound, under which latents become active later",
    ["categorical", "relaxed"],
  ).default("categorical"),
  mcSamples: integerField("Monte Carlo samples per item, with --estimator score-function", { min: 1 }).default(1),
});

type Options = z.output<typeof options>;

/**
 * VAE whose code consists of categorical variables with a uniform prior. Gradients pass through a Gumbel-Softmax
 * relaxation, a straight-through sample or the score function; evaluation uses discrete samples.
 * @throws OptionError for invalid options.
 * @source Jang et al., arXiv 1611.01144; Maddison et al., arXiv 1611.00712.
 */
export const categoricalVae = defineModel<typeof options, CategoricalVaeOptions>({
  name: "categorical-vae",
  summary: "VAE with categorical latent variables (Gumbel-Softmax)",
  source: "Jang et al., arXiv 1611.01144; Maddison et al., arXiv 1611.00712",
  options,
  defaults: { batch: 100, length: { epochs: 20, minSteps: 3000 }, learningRate: 1e-3 },
  resolve: resolveObservation,
  build,
});

/** exp(-rate * step), updated once per interval and bounded below by the floor. */
function temperatureSchedule(
  chosen: Pick<Options, "temperature" | "temperatureFloor" | "temperatureRate" | "temperatureInterval">,
): Schedule {
  const { temperature, temperatureFloor, temperatureRate, temperatureInterval } = chosen;
  return (step) => {
    const changed = Math.floor(step / temperatureInterval) * temperatureInterval;
    return Math.max(temperatureFloor, temperature * Math.exp(-temperatureRate * changed));
  };
}

function build(chosen: Options, data: DataInfo): Model {
  requireFitting(chosen);
  const { variables, categories } = chosen;
  const width = variables * categories;
  const seen = observation("categorical-vae", chosen, data);
  const coding = coders({ ...chosen, inputs: width, outputs: width }, data.shape);
  const averaged = chosen.estimator === "score-function" && chosen.mcSamples === 1;
  const logitsOf = (x: Tensor, { nets }: Scope) => reshape(nets.encoder!(x), [x.shape[0]!, variables, categories]);
  const item = itemName(data);
  return {
    nets: { ...coding, ...seen.nets, ...(averaged && { baseline: runningMean() }) },
    steps: [
      {
        name: "categorical-vae",
        scalars: ["recon", "kl", ...(chosen.estimator === "score-function" ? [] : ["temperature"])],
        updates: [...Object.keys(coding), ...seen.trainable],
        optimizer: observationAdam,
        loss: (images, scope) => {
          const x = seen.observed(images, scope);
          const logits = logitsOf(x, scope);
          const parts =
            chosen.estimator === "score-function"
              ? byScore(chosen, seen, logits, x, data, scope)
              : byRelaxation(chosen, seen, logits, x, scope);
          return { loss: add(parts.recon, parts.kl), logs: parts };
        },
      },
    ],
    ...seen.declared,
    maps: {
      encoder: {
        inputs: { [item]: data.shape },
        outputs: ({ [item]: x }, scope) => {
          const logits = logitsOf(x!, scope);
          const n = x!.shape[0]!;
          return {
            probabilities: reshape(softmax(logits), [n, width]),
            z: reshape(nearestCorner(logits), [n, width]),
          };
        },
      },
      decoder: {
        inputs: { z: [width] },
        outputs: ({ z: code }, { nets }) => ({ [item]: seen.mean(nets.decoder!(code!)) }),
      },
      sampler: {
        inputs: { noise: [variables, categories] },
        outputs: ({ noise }, { nets }) => {
          const uniform = constant(zeros([variables, categories]));
          const drawn = sampleCategorical(uniform, noise!);
          return { [item]: seen.mean(nets.decoder!(reshape(drawn, [noise!.shape[0]!, width]))) };
        },
      },
    },
    generator: { map: "sampler", input: "noise", output: item, noise: "uniform", shape: [variables, categories] },
    encoder: { map: "encoder", input: item, output: "z" },
    decoder: { map: "decoder", input: "z", output: item, traversable: false },
    bestBy: { scalar: "elbo", better: "lower" },
    growth: {
      option: "mcSamples",
      value: chosen.mcSamples,
      at: (mcSamples) => build({ ...chosen, mcSamples }, data),
    },
    likelihood: {
      // Evaluated with discrete samples, however the model was trained.
      terms: (images, scope) => {
        const x = seen.observed(images, scope);
        const logits = logitsOf(x, scope);
        const n = staticDim(x, 0, "terms");
        const code = sampleCategorical(logits, scope.noise("z", "uniform", [n, variables, categories]));
        const recon = neg(seen.logProb(scope.nets.decoder!(reshape(code, [n, width])), x, scope));
        return { recon, klPerLatent: categoricalKlTerms(logits), mean: reshape(softmax(logits), [n, width]) };
      },
      logWeights: (images, samples, scope) => {
        const x = seen.observed(images, scope);
        const logits = logitsOf(x, scope);
        const { code, costs } = draws(chosen, seen, logits, x, data, samples, scope);
        const prior = -variables * Math.log(categories);
        return sub(add(neg(costs), prior), categoricalLogProb(logits, code, 2));
      },
    },
  };
}

interface Parts {
  readonly recon: Tensor;
  readonly kl: Tensor;
  readonly [name: string]: Tensor;
}

/**
 * The decoder gets a relaxed sample or, with the straight-through estimator, its argmax with the gradient of the
 * relaxed sample.
 */
function byRelaxation(chosen: Options, seen: Observation, logits: Tensor, x: Tensor, scope: StepScope): Parts {
  const [n, variables, categories] = logits.shape as [number, number, number];
  const temperature = scope.scalar("temperature", temperatureSchedule(chosen));
  const logSoft = sampleLogGumbelSoftmax(logits, scope.noise("z", "uniform", [n, variables, categories]), temperature);
  const soft = exp(logSoft);
  const code = chosen.estimator === "straight-through" ? straightThrough(soft) : soft;
  const out = scope.nets.decoder!(reshape(code, [n, variables * categories]));
  const kl = chosen.kl === "relaxed" ? relaxedKlTerms(logits, logSoft, temperature) : categoricalKlTerms(logits);
  return {
    recon: mean(neg(seen.logProb(out, x, scope))),
    kl: mean(sum(kl, { axes: [1] })),
    temperature,
  };
}

function byScore(
  chosen: Options,
  seen: Observation,
  logits: Tensor,
  x: Tensor,
  data: DataInfo,
  scope: StepScope,
): Parts {
  const { code, costs } = draws(chosen, seen, logits, x, data, chosen.mcSamples, scope);
  const estimator = scoreFunction(chosen.mcSamples > 1 ? leaveOneOut : (values) => scope.nets.baseline!(values));
  return {
    recon: mean(estimator.surrogate(costs, categoricalLogProb(logits, code, 2))),
    kl: mean(sum(categoricalKlTerms(logits), { axes: [1] })),
  };
}

/**
 * Discrete samples [samples, n, variables, categories] and the reconstruction term -log p(x | z) of each, in nats:
 * [samples, n].
 */
function draws(
  { variables, categories }: Options,
  seen: Observation,
  logits: Tensor,
  x: Tensor,
  data: DataInfo,
  samples: number,
  scope: Scope,
): { readonly code: Tensor; readonly costs: Tensor } {
  const n = staticDim(x, 0, "draws");
  const code = sampleCategorical(logits, scope.noise("z", "uniform", [samples, n, variables, categories]));
  const out = scope.nets.decoder!(reshape(code, [samples * n, variables * categories]));
  return { code, costs: neg(seen.logProb(reshape(out, [samples, n, ...data.shape]), x, scope, 2)) };
}

function requireFitting({ estimator, kl, mcSamples, temperature, temperatureFloor }: Options): void {
  if (kl === "relaxed" && estimator !== "gumbel-softmax") {
    throw new OptionError(
      `categorical-vae: the relaxed KL needs relaxed samples - got ${estimator}`,
      "use --estimator gumbel-softmax or --kl categorical",
    );
  }
  if (mcSamples > 1 && estimator !== "score-function") {
    throw new OptionError(
      `categorical-vae: several samples require the score-function estimator - got ${mcSamples} with ${estimator}`,
      "use --estimator score-function, or remove --mc-samples",
    );
  }
  if (temperature < temperatureFloor) {
    throw new OptionError(
      `categorical-vae: the temperature must be at least its floor - got ${temperature} with a floor of ${temperatureFloor}`,
      "lower --temperature-floor or raise --temperature",
    );
  }
}
