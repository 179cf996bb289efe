import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { scalar, zeros } from "../base/ndarray.ts";
import { threeDigits } from "../base/digits.ts";
import { choiceField, integerField, integerListField, numberOrField } from "../base/options.ts";
import { bernoulliLogProb, normalLogProb, sampleBernoulli } from "../distributions/index.ts";
import { type Tensor, constant, staticShape } from "../graph/tensor.ts";
import { type Layer, param } from "../nn/index.ts";
import { sigmoid } from "../ops/index.ts";
import { type Optimizer, type Schedule, adam } from "../optim/index.ts";
import type { DataInfo, Model, Remedy, Scope } from "./model.ts";

/** Options of every model that says how likely an item is: what its decoder's output means, and its nets. */
export const observationOptions = {
  likelihood: choiceField("likelihood p(x|z) of the decoder: bernoulli for binary pixels, gaussian for real values", [
    "bernoulli",
    "gaussian",
  ]).default("bernoulli"),
  sigma: numberOrField(
    "standard deviation of the gaussian likelihood: a number, or a learned parameter (default: learned; 1 for fewer than 2000 images)",
    ["learned"],
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
    "binarisation of grey pixels, read as probabilities: fixed (one draw per image), dynamic (a new draw per step) or none (default: dynamic for bernoulli)",
    ["none", "fixed", "dynamic"],
  ).optional(),
};

/** The option of every model whose code is a vector. */
export const latentOption = { latent: integerField("dimensions of the latent code z", { min: 1 }).default(20) };

const schema = z.object(observationOptions);
export type ObservationOptions = z.output<typeof schema>;

/** What a decoder's output says of an item. */
export interface Observation {
  /** Nets that belong to the likelihood itself: the deviation, where it is learned. */
  readonly nets: Readonly<Record<string, Layer>>;
  /** The item that is explained: the images themselves, or binary draws of them. */
  observed(images: Tensor, scope: Scope): Tensor;
  /** log p(x | out) in nats, summed over all axes but the first `batchAxes`. */
  logProb(out: Tensor, x: Tensor, scope: Scope, batchAxes?: number): Tensor;
  /** The mean of an item, in the range of the data. */
  mean(out: Tensor): Tensor;
  /** What every model with an observation declares of its coders. */
  readonly declared: Required<Pick<Model, "reluNets" | "remedies">>;
}

/** @throws OptionError when the options do not fit the data or each other. */
export function observation(model: string, chosen: ObservationOptions, data: DataInfo): Observation {
  requireFitting(model, chosen, data);
  const bernoulli = chosen.likelihood === "bernoulli";
  const binarize = chosen.binarize ?? (bernoulli ? "dynamic" : "none");
  const { sigma = data.kind === "image" && data.items !== undefined && data.items < fewImages ? 1 : "learned" } =
    chosen;
  const learned = !bernoulli && sigma === "learned";
  return {
    nets: learned ? { sigma: noiseScale } : {},
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
      const logVariance = learned
        ? param(scope.nets.sigma!.params, "logVariance")
        : constant(scalar(2 * Math.log(sigma as number)));
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
    reason: `a deviation of ${threeDigits(sigma)} forgives what a code could mend`,
  };
  return [...(narrower === false ? [] : [narrower]), ...(activation === "relu" ? [tanhRemedy] : [])];
}

/** Where a recipe has no leaky units. */
const tanhRemedy: Remedy = {
  option: "activation",
  against: ["dead-units"],
  value: "tanh",
  reason: "a unit of tanh passes some gradient everywhere",
};

/**
 * Images to train on below which the deviation is not learned: it would follow the error down as they are learned by heart,
 * the KL would weigh less and less, and codes would lie far from where samples are drawn.
 */
const fewImages = 2000;

/** How much faster the learned deviation moves than the weights: it starts at 1 and has far to go. */
const deviationSpeed = 20;

/** Adam for the nets of a model with an observation. */
export function observationAdam(rate: Schedule, net: string): Optimizer {
  return adam({ learningRate: net === "sigma" ? (step) => deviationSpeed * rate(step) : rate });
}

/** The log variance of a gaussian decoder, one number for all pixels. */
const noiseScale: Layer = { init: () => ({ logVariance: zeros([]) }), apply: (_, x) => x };

function requireFitting(model: string, { likelihood, sigma, binarize }: ObservationOptions, data: DataInfo): void {
  if (likelihood === "bernoulli" && sigma !== undefined) {
    throw new OptionError(
      `${model}: sigma belongs to the gaussian likelihood - got ${sigma} with bernoulli`,
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
      `${model}: binary pixels have no gaussian likelihood - got binarize ${binarize}`,
      "use --likelihood bernoulli",
    );
  }
}
