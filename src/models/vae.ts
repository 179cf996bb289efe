import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { type Shape, formatShape, scalar, sizeOf, zeros } from "../base/ndarray.ts";
import { choiceField, integerField, integerListField, numberOrField } from "../base/options.ts";
import {
  type Normal,
  bernoulliLogProb,
  normalKlTerms,
  normalLogProb,
  sampleBernoulli,
  sampleNormal,
  standardNormalLogProb,
} from "../distributions/index.ts";
import { type Tensor, constant, staticShape } from "../graph/tensor.ts";
import {
  type Layer,
  type Part,
  asItems,
  conv2d,
  convTranspose2d,
  flattenItems,
  heNormal,
  linear,
  param,
  sequential,
} from "../nn/index.ts";
import { add, mean, mul, neg, relu, reshape, sigmoid, slice, sub, sum } from "../ops/index.ts";
import { adam } from "../optim/index.ts";
import { type DataInfo, type Likelihood, type Model, type Scope, defineModel } from "./model.ts";

const options = z.object({
  likelihood: choiceField("what the decoder says of a pixel: bernoulli (binary) or gaussian (real)", [
    "bernoulli",
    "gaussian",
  ]).default("bernoulli"),
  sigma: numberOrField("deviation of the gaussian likelihood: a number, or learned with the weights", ["learned"], {
    above: 0,
  }).optional(),
  arch: choiceField("nets of linear layers (mlp) or of convolutions (conv)", ["mlp", "conv"]).default("mlp"),
  latent: integerField("dimensions of the code", { min: 1 }).default(20),
  hidden: integerListField(
    "widths of the encoder's hidden layers, reversed in the decoder (channels for conv); 400, or 32,64 for conv",
  ).optional(),
  binarize: choiceField(
    "grey pixels as probabilities of binary ones: none, fixed (one draw for each image) or dynamic (a new draw at each use); dynamic for bernoulli",
    ["none", "fixed", "dynamic"],
  ).optional(),
});

type Options = z.output<typeof options>;

export const vae = defineModel({
  name: "vae",
  summary: "variational autoencoder with a normal posterior and prior",
  source: "Kingma, Welling, arXiv 1312.6114",
  options,
  defaults: { batch: 128, epochs: 10, learningRate: 1e-3 },
  build,
});

function build(chosen: Options, data: DataInfo): Model {
  requireFitting(chosen, data);
  const { latent } = chosen;
  const learned = chosen.likelihood === "gaussian" && (chosen.sigma ?? "learned") === "learned";
  const likelihood = likelihoodOf(chosen, data);
  return {
    nets: { ...(chosen.arch === "mlp" ? mlpNets(chosen, data) : convNets(chosen, data)), ...(learned && { sigma: noiseScale }) },
    steps: [
      {
        name: "vae",
        updates: learned ? ["encoder", "decoder", "sigma"] : ["encoder", "decoder"],
        optimizer: (learningRate) => adam({ learningRate }),
        loss: (x, scope) => {
          const parts = likelihood.terms(x, scope);
          const recon = mean(parts.recon);
          const kl = mean(sum(parts.klPerLatent, { axes: [1] }));
          return { loss: add(recon, kl), logs: { recon, kl } };
        },
      },
    ],
    maps: {
      encoder: {
        inputs: { image: data.shape },
        outputs: ({ image }, scope) => {
          const q = posterior(image!, latent, scope);
          return { mean: q.mean, logvar: q.logVariance };
        },
      },
      decoder: {
        inputs: { z: [latent] },
        outputs: ({ z: code }, { nets }) => {
          const out = nets.decoder!(code!);
          return { image: chosen.likelihood === "bernoulli" ? sigmoid(out) : out };
        },
      },
    },
    generator: { map: "decoder", input: "z", output: "image", noise: "normal", shape: [latent] },
    encoder: { map: "encoder", input: "image", output: "mean" },
    likelihood,
  };
}

function posterior(x: Tensor, latent: number, { nets }: Scope): Normal {
  const both = nets.encoder!(x);
  return { mean: slice(both, 1, 0, latent), logVariance: slice(both, 1, latent, 2 * latent) };
}

/** The bound and its importance-weighted form; everything that the choice of likelihood changes. */
function likelihoodOf(chosen: Options, data: DataInfo): Likelihood {
  const { latent } = chosen;
  const binarize = chosen.binarize ?? (chosen.likelihood === "bernoulli" ? "dynamic" : "none");

  const observed = (images: Tensor, scope: Scope): Tensor => {
    if (binarize === "none") return images;
    // Judged on one draw for each image, whatever it was trained on: the weights of an image are about one x.
    const noise =
      binarize === "dynamic" && scope.training
        ? scope.noise("binarize", "uniform", staticShape(images, "vae"))
        : scope.itemNoise("binarize", data.shape);
    return sampleBernoulli(images, noise);
  };
  const logLikelihood = (out: Tensor, x: Tensor, scope: Scope, batchAxes: number): Tensor => {
    if (chosen.likelihood === "bernoulli") return bernoulliLogProb(out, x, batchAxes);
    const fixed = typeof chosen.sigma === "number" ? constant(scalar(2 * Math.log(chosen.sigma))) : null;
    const logVariance = fixed ?? param(scope.nets.sigma!.params, "logVariance");
    return normalLogProb({ mean: out, logVariance }, x, batchAxes);
  };

  return {
    terms: (images, scope) => {
      const x = observed(images, scope);
      const q = posterior(x, latent, scope);
      const z = sampleNormal(q, scope.noise("z", "normal", staticShape(q.mean, "vae")));
      const recon = neg(logLikelihood(scope.nets.decoder!(z), x, scope, 1));
      return { recon, klPerLatent: normalKlTerms(q), mean: q.mean };
    },
    logWeights: (images, samples, scope) => {
      const x = observed(images, scope);
      const q = posterior(x, latent, scope);
      const [n] = staticShape(x, "vae") as [number];
      const noise = scope.noise("z", "normal", [samples, n, latent]);
      const z = sampleNormal(q, noise);
      const out = scope.nets.decoder!(reshape(z, [samples * n, latent]));
      const drawn = logLikelihood(reshape(out, [samples, n, ...data.shape]), x, scope, 2);
      // log q(z | x) is the density of the noise that made z, less half the log variance.
      const logPosterior = sub(standardNormalLogProb(noise, 2), mul(sum(q.logVariance, { axes: [1] }), 0.5));
      return sub(add(drawn, standardNormalLogProb(z, 2)), logPosterior);
    },
  };
}

type VaeNets = { readonly encoder: Layer; readonly decoder: Layer };

function mlpNets({ latent, hidden = [400] }: Options, data: DataInfo): VaeNets {
  const dense = (sizes: readonly number[]): Part[] =>
    sizes.slice(1).flatMap((size, i) => [linear(sizes[i]!, size, { init: heNormal }), relu]);
  const size = sizeOf(data.shape);
  const back = hidden.toReversed();
  return {
    encoder: sequential([flattenItems, ...dense([size, ...hidden]), linear(hidden.at(-1)!, 2 * latent)]),
    decoder: sequential([...dense([latent, ...back]), linear(back.at(-1)!, size), asItems(data.shape)]),
  };
}

/** Each hidden layer halves height and width on the way in and doubles them on the way out. */
function convNets({ latent, hidden = [32, 64] }: Options, data: DataInfo): VaeNets {
  const [height, width, channels] = data.shape as [number, number, number];
  const half = { kernel: 4, stride: 2, padding: 1 };
  const small = [height / 2 ** hidden.length, width / 2 ** hidden.length, hidden.at(-1)!] as const;
  const inward = [channels, ...hidden];
  const outward = inward.toReversed();
  const down = hidden.flatMap((size, i): Part[] => [conv2d(inward[i]!, size, half), relu]);
  const up = outward.slice(1).flatMap((size, i): Part[] => [relu, convTranspose2d(outward[i]!, size, half)]);
  return {
    encoder: sequential([...down, flattenItems, linear(sizeOf(small), 2 * latent)]),
    decoder: sequential([linear(latent, sizeOf(small)), asItems(small), ...up]),
  };
}

/** The log variance of a gaussian decoder, one number for all pixels. */
const noiseScale: Layer = { init: () => ({ logVariance: zeros([]) }), apply: (_, x) => x };

function requireFitting({ likelihood, sigma, arch, hidden = [32, 64], binarize }: Options, data: DataInfo): void {
  if (likelihood === "bernoulli" && sigma !== undefined) {
    throw new OptionError(`vae: sigma belongs to the gaussian likelihood - got ${sigma} with bernoulli`, "add --likelihood gaussian");
  }
  if (likelihood === "bernoulli" && data.kind !== "image") {
    throw new OptionError("vae: the bernoulli likelihood needs images in [0, 1] - got points", "add --likelihood gaussian");
  }
  if (likelihood === "gaussian" && binarize !== undefined && binarize !== "none") {
    throw new OptionError(`vae: binary pixels have no gaussian likelihood - got binarize ${binarize}`, "use --likelihood bernoulli");
  }
  if (arch === "conv" && !fitsHalving(data.shape, hidden.length)) {
    throw new OptionError(
      `vae: ${hidden.length} halving convolutions need height and width that are multiples of ${2 ** hidden.length} - got ${formatShape(data.shape)}`,
      "give images another --size, use fewer --hidden channels, or --arch mlp",
    );
  }
}

function fitsHalving(shape: Shape, times: number): boolean {
  return shape.length === 3 && shape.slice(0, 2).every((extent) => extent % 2 ** times === 0);
}
