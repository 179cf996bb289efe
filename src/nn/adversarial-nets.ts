import { OptionError } from "../base/errors.ts";
import { type Shape, formatShape, sizeOf } from "../base/ndarray.ts";
import { tanh } from "../ops/index.ts";
import { type ActivationName, activation } from "./activation.ts";
import { type Part, asItems, flattenItems, sequential } from "./compose.ts";
import { conv2d, convTranspose2d } from "./conv.ts";
import { sizeAdvice } from "./image-size.ts";
import { type Initializer, glorotUniform, heNormal, normalInit } from "./init.ts";
import type { Layer } from "./layer.ts";
import { linear } from "./linear.ts";
import { batchNorm, imageNorm, layerNorm } from "./norm.ts";
import { spectralNorm } from "./spectral-norm.ts";

/** Architecture of generators and discriminators: linear layers, or the convolutions of DCGAN. */
export type AdversarialArch = "mlp" | "dcgan";

/** Normalisation of a generator's or discriminator's hidden layers. */
export type AdversarialNorm = "none" | "batch" | "layer" | "spectral";

/** Options that generators and discriminators share. */
export interface AdversarialNetOptions {
  readonly arch: AdversarialArch;
  /** Widths of the hidden layers; for dcgan, channels from the image inwards. */
  readonly hidden: readonly number[];
  readonly activation: ActivationName;
  /** Slope of leaky-relu below 0. */
  readonly slope: number;
}

/** Options of generators. */
export interface GeneratorOptions extends AdversarialNetOptions {
  readonly latent: number;
  /** Initial biases of the hidden layers. */
  readonly initialBias: number;
  /** Whether the output is bounded to [-1, 1] by tanh; the default for images. */
  readonly bounded?: boolean;
}

/** Options of discriminators. */
export interface DiscriminatorOptions extends AdversarialNetOptions {
  readonly norm: AdversarialNorm;
  /** Outputs per item; default: one score. */
  readonly outputs?: number;
}

const dcganInit = normalInit(0.02);
const double = { kernel: 4, stride: 2, padding: 1 } as const;

function denseInit(name: ActivationName): Initializer {
  return name === "tanh" ? glorotUniform : heNormal;
}

/**
 * Maps codes [n, latent] to items [n, ...item]: points unbounded, images in [-1, 1]. With dcgan, each layer doubles
 * height and width and has batch normalisation.
 * @throws OptionError when the image size does not fit the number of layers, or for initial biases with batch
 * normalisation.
 * @source Radford et al., arXiv 1511.06434, section 3.
 */
export function generatorNet(options: GeneratorOptions, item: Shape): Layer {
  const { arch, hidden, latent, slope, initialBias } = options;
  const unit = activation(options.activation, slope);
  const outward = hidden.toReversed();
  const bounded: Part[] = item.length === 3 && options.bounded !== false ? [tanh] : [];
  if (arch === "mlp") {
    const init = denseInit(options.activation);
    const sizes = [latent, ...outward];
    const layers = outward.flatMap((size, i): Part[] => [linear(sizes[i]!, size, { init, initialBias }), unit]);
    return sequential([...layers, linear(outward.at(-1)!, sizeOf(item)), asItems(item), ...bounded]);
  }
  const small = smallest(item, hidden);
  if (initialBias !== 0) {
    throw new OptionError(
      `dcgan: batch normalisation removes the biases of hidden layers - got an initial bias of ${initialBias}`,
      mlpInstead,
    );
  }
  const sizes = [...outward, item.at(-1)!];
  const up = sizes.slice(1).flatMap((size, i): Part[] => {
    const layer = { ...double, init: dcganInit, bias: i === hidden.length - 1 };
    return [batchNorm(sizes[i]!), unit, convTranspose2d(sizes[i]!, size, layer)];
  });
  const first = linear(latent, sizeOf(small), { init: dcganInit, bias: false });
  return sequential([first, asItems(small), ...up, ...bounded]);
}

/**
 * Maps items [n, ...item], images in [-1, 1], to scores [n, outputs]. Spectral normalisation applies to all layers,
 * other normalisation to all but the first and the last.
 * @throws OptionError when the image size does not fit the number of layers.
 * @source Radford et al., arXiv 1511.06434, section 3.
 */
export function discriminatorNet(options: DiscriminatorOptions, item: Shape): Layer {
  const { arch, hidden, norm, slope, outputs = 1 } = options;
  const unit = activation(options.activation, slope);
  const weighted = (layer: Layer): Layer => (norm === "spectral" ? spectralNorm(layer) : layer);
  const normal = (size: number, place: number): Part[] => {
    if (place === 0 || norm === "none" || norm === "spectral") return [];
    if (norm === "batch") return [batchNorm(size)];
    return [arch === "mlp" ? layerNorm(size) : imageNorm(size)];
  };
  if (arch === "mlp") {
    const init = denseInit(options.activation);
    const sizes = [sizeOf(item), ...hidden];
    const layers = hidden.flatMap((size, i): Part[] => [
      weighted(linear(sizes[i]!, size, { init })),
      ...normal(size, i),
      unit,
    ]);
    return sequential([flattenItems, ...layers, weighted(linear(hidden.at(-1)!, outputs))]);
  }
  const small = smallest(item, hidden);
  const sizes = [item.at(-1)!, ...hidden];
  const down = hidden.flatMap((size, i): Part[] => [
    weighted(conv2d(sizes[i]!, size, { ...double, init: dcganInit })),
    ...normal(size, i),
    unit,
  ]);
  return sequential([...down, flattenItems, weighted(linear(sizeOf(small), outputs, { init: dcganInit }))]);
}

/** Shape of an image after it is halved once per entry of `channels`. */
function smallest(item: Shape, channels: readonly number[]): readonly [number, number, number] {
  const share = 2 ** channels.length;
  const [height, width] = item as [number, number, number];
  if (item.length !== 3) {
    throw new OptionError(`dcgan: convolutions need images [h, w, c] - got points ${formatShape(item)}`, mlpInstead);
  }
  if (channels.length === 0) {
    throw new OptionError(
      `dcgan: height and width must be even and at least 8 - got ${formatShape(item)}`,
      `${sizeAdvice(item, 4, 8)}; or ${mlpInstead}`,
    );
  }
  if (height % share === 0 && width % share === 0) return [height / share, width / share, channels.at(-1)!];
  throw new OptionError(
    `dcgan: ${channels.length} halving convolutions need height and width that are multiples of ${share} - got ${formatShape(item)}`,
    `${sizeAdvice(item, share)}; or ${mlpInstead}`,
  );
}

const mlpInstead = "use --arch mlp";

/**
 * Default hidden widths: two layers of 128 for mlp; for dcgan 64 channels, doubled at each halving until 4 to 7 pixels
 * are left. Empty where the image cannot be halved like this.
 */
export function defaultHidden(arch: AdversarialArch, item: Shape): number[] {
  if (arch === "mlp") return [128, 128];
  let [height, width] = item as [number, number, number];
  const channels: number[] = [];
  while (height % 2 === 0 && width % 2 === 0 && Math.min(height, width) >= 8) {
    channels.push(64 * 2 ** channels.length);
    [height, width] = [height / 2, width / 2];
  }
  return channels;
}
