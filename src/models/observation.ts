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

/** Options of every model that says how likely an item is: what its decoder's output means, and its nets. */
export const observationOptions = {
  likelihood: choiceField("likelihood p(x|z) of the decoder: bernoulli for binary pixels, gaussian for real values", [
    "bernoulli",
    "gaussian",
  ]).default("bernoulli"),
  sigma: numberOrField(
    "standard deviation of the gaussian likelihood: a number; optimal, the root of the batch's mean squared error; or a learned parameter (default: optimal; 1 for fewer than 2000 images)",
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

/** The option of every model whose code is a vector. */
export const latentOption = { latent: integerField("dimensions of the latent code z", { min: 1 }).default(20) };

const schema = z.object(observationOptions);
export type ObservationOptions = z.output<typeof schema>;

/** What a decoder's output says of an item. */
export interface Observation {
  /** Nets that belong to the likelihood itself: the deviation, where it is no given number. */
  readonly nets: Readonly<Record<string, Layer>>;
  /** Those of them with parameters. */
  readonly trainable: readonly string[];
  /** The item that is explained: the images themselves, or binary draws of them. */
  observed(images: Tensor, scope: Scope): Tensor;
  /** log p(x | out) in nats, summed over all axes but the first `batchAxes`. */
  logProb(out: Tensor, x: Tensor, scope: Scope, batchAxes?: number): Tensor;
  /** The mean of an item, in the range of the data. */
  mean(out: Tensor): Tensor;
  /** What every model with an observation declares of its coders. */
  readonly declared: Required<Pick<Model, "reluNets" | "remedies">>;
}

/** The options with the standard deviation of a gaussian likelihood that a new run has where none is given. */
export function resolveObservation<Options extends ObservationOptions>(options: Options, data: DataInfo): Options {
  if (options.likelihood === "bernoulli" || options.sigma !== undefined) return options;
  return { ...options, sigma: isOfFewImages(data) ? 1 : "optimal" };
}

function isOfFewImages({ kind, items }: DataInfo): boolean {
  return kind === "image" && items !== undefined && items < fewImages;
}

/** @throws OptionError when the options do not fit the data or each other. */
export function observation(model: string, chosen: ObservationOptions, data: DataInfo): Observation {
  requireFitting(model, chosen, data);
  const bernoulli = chosen.likelihood === "bernoulli";
  const binarize = chosen.binarize ?? (bernoulli ? "dynamic" : "none");
  // A learned one where the config of a run says nothing: it is of a version before 0.2, which resolved no options.
  const { sigma = isOfFewImages(data) ? 1 : "learned" } = chosen;
  const deviation = bernoulli || typeof sigma === "number" ? null : deviations[sigma];
  return {
    nets: deviation === null ? {} : { sigma: deviation },
    trainable: !bernoulli && sigma === "learned" ? ["sigma"] : [],
    observed: (images, scope) => {
      if (binarize === "none") return images;
      // Judged on one draw for each image, whatever it was trained on: the weights of an image are about one x.
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
    reason: `with a standard deviation of ${threeDigits(sigma)} the reconstruction term is too weak`,
  };
  return [...(narrower === false ? [] : [narrower]), ...(activation === "relu" ? [tanhRemedy] : [])];
}

/** Where a recipe has no leaky units. */
const tanhRemedy: Remedy = {
  option: "activation",
  against: ["dead-units"],
  value: "tanh",
  reason: "tanh has a nonzero gradient everywhere",
};

/**
 * Images to train on below which the deviation is not learned: it would follow the error down as they are learned by heart,
 * the KL would weigh less and less, and codes would lie far from where samples are drawn.
 */
const fewImages = 2000;

/** Share of the newest batch in the running mean of squared errors. */
const deviationMomentum = 0.05;

/** How much faster the learned deviation moves than the weights: it starts at 1 and has far to go. */
const deviationSpeed = 20;

/** Adam for the nets of a model with an observation. */
export function observationAdam(rate: Schedule, net: string): Optimizer {
  return adam({ learningRate: net === "sigma" ? (step) => deviationSpeed * rate(step) : rate });
}

/** Keeps the logarithm of an error of zero finite: below what a pixel of 16 bits can be told to. */
const leastVariance = 1e-10;

/**
 * Squared errors to the log variance of a gaussian decoder, one number for all pixels: as a parameter, or as what makes the
 * likelihood of the batch largest, its mean squared error; outside training a running mean of those of its batches.
 * @source Rybkin, Daniilidis, Levine, "Simple and effective VAE training with calibrated decoders", arXiv 2006.13202, section 3.
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
      // The plain mean of the first batches, so that a short run has none of where it began.
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
