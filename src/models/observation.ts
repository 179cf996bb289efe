import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { scalar, zeros } from "../base/ndarray.ts";
import { threeDigits } from "../base/digits.ts";
import { choiceField, integerField, integerListField, numberOrField } from "../base/options.ts";
import { bernoulliLogProb, normalLogProb, sampleBernoulli } from "../distributions/index.ts";
import { type Tensor, constant, staticShape } from "../graph/tensor.ts";
import { type Layer, param } from "../nn/index.ts";
import { add, div, log, maximum, mean, mul, sigmoid, square, stopGradient, sub } from "../ops/index.ts";
import { type Optimizer, type Schedule, adam } from "../optim/index.ts";
import type { DataInfo, Model, Remedy, Scope } from "./model.ts";

/** Options of every model with a likelihood p(x | z): the likelihood and the nets. */
export const observationOptions = {
  likelihood: choiceField("likelihood p(x|z) of the decoder: bernoulli for binary pixels, gaussian for real values", [
    "bernoulli",
    "gaussian",
  ]).default("bernoulli"),
  sigma: numberOrField(
    "standard deviation of the gaussian likelihood: a number; optimal, the batch's root mean squared error; or a learned parameter (default: optimal; 1 for fewer than 2000 images)",
    ["optimal", "learned"],
    {
      above: 0,
    },
  ).optional(),
  arch: choiceField(
    "architecture of encoder and decoder: linear layers (mlp), convolutions (conv) or those of DCGAN (dcgan)",
    ["mlp", "conv", "dcgan"],
  ).default("mlp"),
  hidden: integerListField(
    "widths of the encoder's hidden layers, mirrored in the decoder; channels for conv and dcgan (default: 400; 32,64 for conv; 64,128,... for dcgan)",
  ).optional(),
  activation: choiceField("activation of the hidden layers", ["relu", "tanh"]).default("relu"),
  binarize: choiceField(
    "binarisation of grey pixels, treated as probabilities: fixed (one draw per image), dynamic (a new draw per step) or none (default: dynamic for bernoulli)",
    ["none", "fixed", "dynamic"],
  ).optional(),
};

/** Option of every model whose code is a vector. */
export const latentOption = { latent: integerField("dimensions of the latent code z", { min: 1 }).default(20) };

const schema = z.object(observationOptions);
export type ObservationOptions = z.output<typeof schema>;

/** The likelihood p(x | z), as parametrised by the decoder's output. */
export interface Observation {
  /** Nets of the likelihood itself: the standard deviation, unless it is a constant. */
  readonly nets: Readonly<Record<string, Layer>>;
  /** Names of those with parameters. */
  readonly trainable: readonly string[];
  /** The target of the reconstruction: the images, or binary samples of them. */
  observed(images: Tensor, scope: Scope): Tensor;
  /** log p(x | out) in nats, summed over all axes except the first `batchAxes`. */
  logProb(out: Tensor, x: Tensor, scope: Scope, batchAxes?: number): Tensor;
  /** Mean of p(x | out), in the range of the data. */
  mean(out: Tensor): Tensor;
  /** What every model with a likelihood declares about its encoder and decoder. */
  readonly declared: Required<Pick<Model, "reluNets" | "remedies">>;
}

/** The options, with the standard deviation that a new run uses for a Gaussian likelihood if none is given. */
export function resolveObservation<Options extends ObservationOptions>(options: Options, data: DataInfo): Options {
  if (options.likelihood === "bernoulli" || options.sigma !== undefined) return options;
  return { ...options, sigma: isOfFewImages(data) ? 1 : "optimal" };
}

function isOfFewImages({ kind, items }: DataInfo): boolean {
  return kind === "image" && items !== undefined && items < fewImages;
}

/**
 * The likelihood that the options choose.
 * @throws OptionError when the options do not fit the data or each other.
 */
export function observation(model: string, chosen: ObservationOptions, data: DataInfo): Observation {
  requireFitting(model, chosen, data);
  const bernoulli = chosen.likelihood === "bernoulli";
  const binarize = chosen.binarize ?? (bernoulli ? "dynamic" : "none");
  // Configs written before 0.2 did not resolve this option, and sigma was learned.
  const { sigma = isOfFewImages(data) ? 1 : "learned" } = chosen;
  const deviation = bernoulli || typeof sigma === "number" ? null : deviations[sigma];
  return {
    nets: deviation === null ? {} : { sigma: deviation },
    trainable: !bernoulli && sigma === "learned" ? ["sigma"] : [],
    observed: (images, scope) => {
      if (binarize === "none") return images;
      // Evaluation uses one fixed binary sample per image, however the model was trained: all importance weights of an
      // image must refer to the same x.
      const fresh = binarize === "dynamic" && scope.training;
      const noise = fresh
        ? scope.noise("binarize", "uniform", staticShape(images, model))
        : scope.itemNoise("binarize", data.shape);
      return sampleBernoulli(images, noise);
    },
    logProb: (out, x, scope, batchAxes = 1) => {
      if (bernoulli) return bernoulliLogProb(out, x, batchAxes);
      const logVariance =
        deviation === null ? constant(scalar(2 * Math.log(sigma as number))) : scope.nets.sigma!(square(sub(x, out)));
      return normalLogProb({ mean: out, logVariance }, x, batchAxes);
    },
    mean: (out) => (bernoulli ? sigmoid(out) : out),
    declared: { reluNets: chosen.activation === "relu" ? ["encoder", "decoder"] : [], remedies: remediesOf(chosen) },
  };
}

function remediesOf({ sigma, activation }: ObservationOptions): Remedy[] {
  const narrower: Remedy | false = typeof sigma === "number" && {
    option: "sigma",
    against: ["posterior-collapse"],
    value: sigma / 4,
    reason: `with a standard deviation of ${threeDigits(sigma)}, the reconstruction term has too little weight`,
  };
  return [...(narrower === false ? [] : [narrower]), ...(activation === "relu" ? [tanhRemedy] : [])];
}

/** For recipes without leaky ReLUs. */
const tanhRemedy: Remedy = {
  option: "activation",
  against: ["dead-units"],
  value: "tanh",
  reason: "tanh has a nonzero gradient everywhere",
};

/**
 * Below this number of training images, sigma is not learned. The training error of a memorised set goes to 0, and a
 * learned sigma would follow: the KL term would lose its influence, and the codes would drift away from the prior that
 * samples are drawn from.
 */
const fewImages = 2000;

/** Weight of the current batch in the running mean of squared errors. */
const deviationMomentum = 0.05;

/** Learning-rate multiplier of the learned standard deviation, which starts at 1, usually far from its optimum. */
const deviationSpeed = 20;

/** Adam for the nets of a model with a likelihood. */
export function observationAdam(rate: Schedule, net: string): Optimizer {
  return adam({ learningRate: net === "sigma" ? (step) => deviationSpeed * rate(step) : rate });
}

/** Keeps the logarithm finite where the error is 0; smaller than the squared step of a 16-bit pixel. */
const leastVariance = 1e-10;

/**
 * Log variance of a Gaussian likelihood, one number for all pixels: a learned parameter, or the maximum-likelihood
 * value, which is the mean squared error of the batch (outside training, a running mean of it).
 * @source Rybkin, Daniilidis, Levine, "Simple and effective VAE training with calibrated decoders", arXiv 2006.13202,
 * section 3.
 */
const deviations: Readonly<Record<"learned" | "optimal", Layer>> = {
  learned: { init: () => ({ logVariance: zeros([]) }), apply: (params) => param(params, "logVariance") },
  optimal: {
    init: () => ({}),
    stats: { meanSquare: zeros([]), batches: zeros([]) },
    apply: (_, squares, context) => {
      const [running, batches] = [context.stat("meanSquare"), context.stat("batches")];
      if (!context.training) return log(add(running, leastVariance));
      const found = stopGradient(mean(squares));
      const count = add(batches, 1);
      // A plain mean over the first batches, so that the initial value has no weight in a short run.
      const share = maximum(div(1, count), deviationMomentum);
      context.updateStat("meanSquare", add(running, mul(sub(found, running), share)));
      context.updateStat("batches", count);
      return log(add(found, leastVariance));
    },
  },
};

function requireFitting(model: string, { likelihood, sigma, binarize }: ObservationOptions, data: DataInfo): void {
  if (likelihood === "bernoulli" && sigma !== undefined) {
    throw new OptionError(
      `${model}: sigma is for the gaussian likelihood - got ${sigma} with bernoulli`,
      "add --likelihood gaussian",
    );
  }
  if (likelihood === "bernoulli" && data.kind !== "image") {
    throw new OptionError(
      `${model}: the bernoulli likelihood needs images in [0, 1] - got points`,
      "add --likelihood gaussian",
    );
  }
  if (likelihood === "gaussian" && binarize !== undefined && binarize !== "none") {
    throw new OptionError(
      `${model}: binary pixels need the bernoulli likelihood - got binarize ${binarize}`,
      "use --likelihood bernoulli",
    );
  }
}
