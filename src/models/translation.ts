import { choiceField, integerField, numberField } from "../base/options.ts";
import type { Shape } from "../base/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Layer, patchDiscriminator, residualGenerator, uNet, defaultPatchLayers } from "../nn/index.ts";
import { type AdversarialLoss, hinge, leastSquares, nonSaturating } from "../objectives/index.ts";
import { abs, concat, mean, reshape, slice, square, sub } from "../ops/index.ts";
import { adam } from "../optim/index.ts";
import { gameLogs } from "./adversarial.ts";
import { type Augmentation, augmentationOf, augmentationOptions } from "./augmentation.ts";
import { instanceNoiseField, withInstanceNoise } from "./instance-noise.ts";
import type { DataInfo, Losses, NetMap, Remedy, Scope, TrainStep, Translator } from "./model.ts";
import { fromModelRange, toModelRange } from "./model-range.ts";
import { type Scorer, type Pair, type View, headOf, headScores, pairScores, weighed } from "./views.ts";

// Shared by the models that translate images between domains. Images are [0, 1] at public boundaries and [-1, 1]
// inside.

/** Options of every translation model: its nets and its optimizer. */
export const translationOptions = {
  ngf: integerField("channels of a generator's first layer", { min: 1 }).default(32),
  ndf: integerField("channels of a discriminator's first layer (default: as --ngf)", {
    min: 1,
  }).optional(),
  discriminatorLayers: integerField(
    "strided layers of a PatchGAN discriminator: 1, 2, 3, 4 see patches of 16, 34, 70, 142 pixels (default: as many as fit, up to 3)",
    { min: 1, max: 6 },
  ).optional(),
  beta1: numberField("Adam beta1; 0.5 is more stable for GANs than the usual 0.9", { min: 0, max: 0.999 }).default(0.5),
  instanceNoise: instanceNoiseField,
  ...augmentationOptions,
};

export interface TranslationOptions {
  readonly ngf: number;
  readonly ndf?: number | undefined;
  readonly discriminatorLayers?: number | undefined;
  readonly beta1: number;
}

/** Least squares with targets 1 and 0. Only the discriminator's loss is halved, as in CycleGAN. */
const patchSquares: AdversarialLoss = { ...leastSquares, generator: (fake) => mean(square(sub(fake, 1))) };

/** Adversarial losses of patch scores, by name. */
export const patchLosses = {
  "least-squares": patchSquares,
  "non-saturating": nonSaturating,
  hinge,
} as const satisfies Record<string, AdversarialLoss>;

export function patchLossField(usual: keyof typeof patchLosses) {
  return choiceField(
    "adversarial loss of generators and discriminators",
    Object.keys(patchLosses) as [keyof typeof patchLosses],
  ).default(usual);
}

/** Shape of one image of a pair. */
export function imageOf({ shape }: DataInfo): Shape {
  return shape.slice(1);
}

/** Both images [n, h, w, c] of a batch of pairs [n, 2, h, w, c], in the range of the nets. */
export function sidesOf(batch: Tensor): { readonly a: Tensor; readonly b: Tensor } {
  const [n, , ...image] = batch.shape as readonly number[];
  const side = (at: number): Tensor => inside(reshape(slice(batch, 1, at, at + 1), [n!, ...image]));
  return { a: side(0), b: side(1) };
}

function inside(images: Tensor): Tensor {
  return toModelRange("image", images);
}

function outside(images: Tensor): Tensor {
  return fromModelRange("image", images);
}

/** The map of a generator from images to images, and how to use it. */
export function translation(net: string, shape: Shape): { readonly map: NetMap; readonly translator: Translator } {
  return {
    map: {
      inputs: { image: shape },
      outputs: ({ image }, { nets }) => ({ translation: outside(nets[net]!(inside(image!))) }),
    },
    translator: { map: net, input: "image", output: "translation" },
  };
}

/** The map of a patch discriminator: the mean over patches of the main head's scores, [n, 1]. */
export function patchScores(net: string, shape: Shape) {
  const map: NetMap = {
    inputs: { image: shape },
    outputs: ({ image }, { nets }) => ({ score: patchMean(nets[net]!(inside(image!))) }),
  };
  return { map: { [net]: map }, discriminator: { map: net, input: "image", output: "score" } };
}

/** The same for a conditional discriminator, which also takes the source image. */
export function conditionalPatchScores(net: string, shape: Shape) {
  const map: NetMap = {
    inputs: { source: shape, image: shape },
    outputs: ({ source, image }, { nets }) => ({
      score: patchMean(nets[net]!(concatSource(inside(source!), inside(image!)))),
    }),
  };
  return { map: { [net]: map }, discriminator: { map: net, source: "source", input: "image", output: "score" } };
}

/** Concatenates images and their sources along the channels. */
export function concatSource(source: Tensor, image: Tensor): Tensor {
  return concat([source, image], 3);
}

/** Mean over patches of the main head's scores [n, h, w, heads]: [n, 1]. */
function patchMean(scores: Tensor): Tensor {
  return mean(headOf(scores, 0), { axes: [1, 2] });
}

interface TranslatorOptions {
  readonly ngf: number;
  /** Number of residual blocks, for nets that have them; default 6. */
  readonly blocks?: number | undefined;
}

/** Image-to-image nets by name. */
export const generators = {
  residual: ({ ngf, blocks = 6 }: TranslatorOptions, image: Shape) =>
    residualGenerator({ channels: ngf, blocks }, image),
  unet: ({ ngf }: TranslatorOptions, image: Shape) => uNet({ channels: ngf }, image),
} as const;

/** A patch discriminator of images, alone or concatenated with their sources along the channels; one head per view. */
export function discriminatorWithHeads(
  { ngf, ndf = ngf, discriminatorLayers }: TranslationOptions,
  norm: "instance" | "batch",
  image: Shape,
  { views }: Augmentation,
): Layer {
  const layers = discriminatorLayers ?? defaultPatchLayers(image);
  return patchDiscriminator({ channels: ndf, layers, norm, outputs: views.length }, image);
}

/** Augmentation of a discriminator's inputs, instance noise last; `name` distinguishes several discriminators. */
export function augmentedFor(
  chosen: Parameters<typeof augmentationOf>[0] & { readonly instanceNoise: number },
  { boundary }: AdversarialLoss,
  image: Shape,
  name: string,
): Augmentation {
  const augmented = augmentationOf(chosen, {
    data: { kind: "image", shape: image },
    boundary,
    packing: 1,
    suffix: name,
  });
  const noisy = withInstanceNoise(chosen.instanceNoise);
  const then =
    (view: View["real"]): View["real"] =>
    (images, who, scope) =>
      noisy(view(images, who, scope), who, scope);
  const views = augmented.views.map(({ weight, real, fake }) => ({ weight, real: then(real), fake: then(fake) }));
  return { ...augmented, views };
}

/** Loss of a discriminator on real and generated images, given by view, and the scalars to log. */
export function discriminatorLossOf(
  objective: AdversarialLoss,
  augmentation: Augmentation,
  scorer: Scorer,
  images: Pair,
  domain: string,
  scope: Scope,
): Losses {
  const { views } = augmentation;
  const pairs = views.map((view) => ({
    real: view.real(images.real, `of real images${domain}`, scope),
    fake: view.fake(images.fake, `of generated images${domain}`, scope),
  }));
  const scores = pairScores(scorer, pairs);
  const losses = scores.map(({ real, fake }) => objective.discriminator(real, fake));
  return {
    loss: weighed(views, "discriminator", losses),
    logs: gameLogs({ objective, augmentation }, scores[0]!, scope),
  };
}

/** Remedies: a weight for a term that ties the translation to its source, if there is none. */
export function lambdaRemedies(lambda: number): Remedy[] {
  if (lambda !== 0) return [];
  return [
    {
      option: "lambda",
      against: ["complete-collapse"],
      value: 10,
      reason: "with lambda 0 nothing ties the translation to its input",
    },
  ];
}

/** Adversarial loss of a generator on images given by view. */
export function generatorAdversarialLoss(
  objective: AdversarialLoss,
  { views }: Augmentation,
  scorer: Scorer,
  made: Tensor,
  domain: string,
  scope: Scope,
): Tensor {
  const shown = views.map((view) => view.fake(made, `of the generator's images${domain}`, scope));
  return weighed(views, "generator", headScores(scorer, shown).map(objective.generator));
}

export function adamOf({ beta1 }: TranslationOptions): TrainStep["optimizer"] {
  return (rate) => adam({ learningRate: rate, beta1, beta2: 0.999 });
}

/** Mean absolute difference of two images, averaged over all axes. */
export function meanAbsolute(x: Tensor, y: Tensor): Tensor {
  return mean(abs(sub(x, y)));
}

export function meanSquared(x: Tensor, y: Tensor): Tensor {
  return mean(square(sub(x, y)));
}
