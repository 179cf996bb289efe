import { choiceField, integerField, numberField } from "../base/options.ts";
import type { Shape } from "../base/ndarray.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import { type Layer, patchDiscriminator, residualGenerator, uNet, usualPatchLayers } from "../nn/index.ts";
import { type AdversarialLoss, hinge, leastSquares, nonSaturating } from "../objectives/index.ts";
import { abs, add, concat, mean, mul, reshape, slice, square, sub } from "../ops/index.ts";
import { adam } from "../optim/index.ts";
import type { DataInfo, Net, NetMap, TrainStep, Translator } from "./model.ts";

// What models that turn images of one domain into images of another share. Images are [0, 1] outside, [-1, 1] inside.

/** Options of every such model: its nets and its optimizer. */
export const translationOptions = {
  ngf: integerField("channels of a generator's first layer", { min: 1 }).default(32),
  ndf: integerField("channels of a discriminator's first layer; as the generator's where not given", {
    min: 1,
  }).optional(),
  discriminatorLayers: integerField(
    "halvings of a discriminator, whose patches see 16, 34, 70, 142 pixels a side; as many as fit, up to 3",
    { min: 1, max: 6 },
  ).optional(),
  beta1: numberField("share of the mean gradient that Adam keeps", { min: 0, max: 0.999 }).default(0.5),
};

export interface TranslationOptions {
  readonly ngf: number;
  readonly ndf?: number | undefined;
  readonly discriminatorLayers?: number | undefined;
  readonly beta1: number;
}

/** Generators by name. */
export const generators = { residual: "residual", unet: "unet" } as const;

/** Squared distances of scores from 1 for real and 0 for generated: the generator's whole, the discriminator's half. */
const patchSquares: AdversarialLoss = { ...leastSquares, generator: (fake) => mean(square(sub(fake, 1))) };

/** Losses by name, of the scores of patches. */
export const patchLosses = {
  "least-squares": patchSquares,
  "non-saturating": nonSaturating,
  hinge,
} as const satisfies Record<string, AdversarialLoss>;

export function patchLossField(usual: keyof typeof patchLosses) {
  return choiceField("what the players make smaller", Object.keys(patchLosses) as [keyof typeof patchLosses]).default(
    usual,
  );
}

/** Shape of one image of a pair. */
export function imageOf({ shape }: DataInfo): Shape {
  return shape.slice(1);
}

/** The images [n, h, w, c] of either domain in a batch of pairs [n, 2, h, w, c], as the nets see them. */
export function sidesOf(batch: Tensor): { readonly a: Tensor; readonly b: Tensor } {
  const [n, , ...image] = batch.shape as readonly number[];
  const side = (at: number): Tensor => inside(reshape(slice(batch, 1, at, at + 1), [n!, ...image]));
  return { a: side(0), b: side(1) };
}

function inside(images: Tensor): Tensor {
  return sub(mul(images, 2), 1);
}

function outside(images: Tensor): Tensor {
  return mul(add(images, 1), 0.5);
}

/** The map of a net from images to images, and how it is used. */
export function translation(net: string, image: Shape): { readonly map: NetMap; readonly translator: Translator } {
  return {
    map: { inputs: { x: image }, outputs: ({ x }, { nets }) => ({ y: outside(nets[net]!(inside(x!))) }) },
    translator: { map: net, input: "x", output: "y" },
  };
}

/** The map of a discriminator of patches: the mean of their scores [n, 1]. */
export function judging(net: string, image: Shape) {
  const map: NetMap = {
    inputs: { x: image },
    outputs: ({ x }, { nets }) => ({ score: mean(nets[net]!(inside(x!)), { axes: [1, 2] }) }),
  };
  return { map: { [net]: map }, judge: { map: net, input: "x", output: "score" } };
}

export function generatorOf(arch: keyof typeof generators, ngf: number, blocks: number, image: Shape): Layer {
  return arch === "unet" ? uNet({ channels: ngf }, image) : residualGenerator({ channels: ngf, blocks }, image);
}

/** A discriminator of the patches of images, or of images laid over each other channel by channel. */
export function judgeOf(
  { ngf, ndf = ngf, discriminatorLayers }: TranslationOptions,
  norm: "instance" | "batch",
  image: Shape,
): Layer {
  return patchDiscriminator({ channels: ndf, layers: discriminatorLayers ?? usualPatchLayers(image), norm }, image);
}

export function adamOf({ beta1 }: TranslationOptions): TrainStep["optimizer"] {
  return (rate) => adam({ learningRate: rate, beta1, beta2: 0.999 });
}

/** A net that sees each image by itself, on several batches in one pass. */
export function inOnePass(net: Net, batches: readonly Tensor[]): Tensor[] {
  const results = net(concat(batches));
  let from = 0;
  return batches.map((batch) => {
    const start = from;
    from += staticDim(batch, 0, "inOnePass");
    return slice(results, 0, start, from);
  });
}

/** Mean distance of two images' numbers. */
export function meanAbsolute(x: Tensor, y: Tensor): Tensor {
  return mean(abs(sub(x, y)));
}

export function meanSquared(x: Tensor, y: Tensor): Tensor {
  return mean(square(sub(x, y)));
}
