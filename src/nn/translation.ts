import { OptionError } from "../base/errors.ts";
import { type Shape, formatShape } from "../base/ndarray.ts";
import { fold } from "../base/random.ts";
import { type Tensor } from "../graph/tensor.ts";
import { add, concat, leakyRelu, padReflect, relu, tanh } from "../ops/index.ts";
import { type Part, dropout, sequential } from "./compose.ts";
import { conv2d, convTranspose2d } from "./conv.ts";
import { sizeAdvice } from "./image-size.ts";
import { normalInit } from "./init.ts";
import type { Layer, Params } from "./layer.ts";
import { batchNorm, instanceNorm } from "./norm.ts";

// Image-to-image nets for images [n, h, w, c] in [-1, 1], and the patch discriminator.

const init = normalInit(0.02);
const halving = { kernel: 4, stride: 2, padding: 1, init } as const;
const slope = 0.2;
const leaky = (x: Tensor): Tensor => leakyRelu(x, slope);

function mirrored(border: number): (x: Tensor) => Tensor {
  const both = [border, border] as const;
  return (x) => padReflect(x, [[0, 0], both, both, [0, 0]]);
}

/** Residual connection: the layer's output plus its input. */
function residual(layer: Layer): Layer {
  return { ...layer, apply: (params, x, ctx) => add(x, layer.apply(params, x, ctx)) };
}

/** Options of residual generators. */
export interface ResidualGeneratorOptions {
  /** Channels of the first layer; each of the two downsamplings doubles them. */
  readonly channels: number;
  readonly blocks: number;
}

/** Downsamplings of a residual generator. */
const halvings = 2;
/** Smallest image side, also for the patch discriminator. */
const minSide = 16;

/**
 * Maps images [n, h, w, c] to images of the same shape: a wide convolution, two downsamplings, residual blocks, two
 * upsamplings. Uses reflection padding and instance normalisation, which makes biases redundant.
 * @throws OptionError when height or width is not a multiple of 4, or too small for reflection padding.
 * @source Zhu et al., arXiv 1703.10593, section 7.1, after Johnson et al., arXiv 1603.08155.
 */
export function residualGenerator({ channels, blocks }: ResidualGeneratorOptions, item: Shape): Layer {
  const [height, width, colours] = item as [number, number, number];
  const share = 2 ** halvings;
  if (height % share !== 0 || width % share !== 0 || Math.min(height, width) < 2 * share) {
    throw new OptionError(
      `residual generator: height and width must be multiples of ${share}, ${2 * share} or more - got ${formatShape(item)}`,
      sizeAdvice(item, share, minSide),
    );
  }
  const unit = (size: number): Part[] => [instanceNorm(size), relu];
  const plain = { padding: 0, bias: false, init } as const;
  const inner = channels * share;
  const block = (): Layer =>
    residual(
      sequential([
        mirrored(1),
        conv2d(inner, inner, { ...plain, kernel: 3 }),
        ...unit(inner),
        mirrored(1),
        conv2d(inner, inner, { ...plain, kernel: 3 }),
        instanceNorm(inner),
      ]),
    );
  const levels = Array.from({ length: halvings }, (_, i) => channels * 2 ** i);
  const down = levels.flatMap((size): Part[] => [
    conv2d(size, 2 * size, { kernel: 3, stride: 2, padding: 1, bias: false, init }),
    ...unit(2 * size),
  ]);
  const up = levels
    .toReversed()
    .flatMap((size): Part[] => [
      convTranspose2d(2 * size, size, { kernel: 3, stride: 2, padding: 1, outputPadding: 1, bias: false, init }),
      ...unit(size),
    ]);
  return sequential([
    mirrored(3),
    conv2d(colours, channels, { ...plain, kernel: 7 }),
    ...unit(channels),
    ...down,
    ...Array.from({ length: blocks }, block),
    ...up,
    mirrored(3),
    conv2d(channels, colours, { kernel: 7, padding: 0, init }),
    tanh,
  ]);
}

/** Upper limit of the channels, as a multiple of those of the first layer. */
const maxChannels = 8;
/** Number of innermost levels with dropout of rate 1/2 in training. */
const droppedLevels = 3;

/**
 * Maps images [n, h, w, c] to images of the same shape: downsampled to one pixel or an odd size and upsampled back,
 * with skip connections between matching levels. Its only noise is dropout in training.
 * @throws OptionError when height or width is odd.
 * @source Isola et al., arXiv 1611.07004, section 6.1.1.
 */
export function uNet({ channels }: { readonly channels: number }, item: Shape): Layer {
  const [height, width, colours] = item as [number, number, number];
  const levels: number[] = [];
  for (let [h, w] = [height, width]; h % 2 === 0 && w % 2 === 0; [h, w] = [h / 2, w / 2]) {
    levels.push(Math.min(2 ** levels.length, maxChannels) * channels);
  }
  if (levels.length < 2) {
    throw new OptionError(
      `u-net: height and width must be multiples of 4 - got ${formatShape(item)}`,
      sizeAdvice(item, 4, minSide),
    );
  }
  const inner = (place: number): Layer | null => {
    if (place === levels.length) return null;
    const [size, outer] = [levels[place]!, levels[place - 1]!];
    const innermost = place === levels.length - 1;
    const drops = place >= levels.length - droppedLevels;
    return skipping(
      sequential([
        leaky,
        conv2d(outer, size, { ...halving, bias: innermost }),
        ...(innermost ? [] : [batchNorm(size)]),
      ]),
      inner(place + 1),
      sequential([
        relu,
        convTranspose2d(innermost ? size : 2 * size, outer, { ...halving, bias: false }),
        batchNorm(outer),
        ...(drops ? [dropout(0.5)] : []),
      ]),
    );
  };
  const first = levels[0]!;
  const outermost = sequential([relu, convTranspose2d(2 * first, colours, halving), tanh]);
  return nested(sequential([conv2d(colours, first, halving)]), inner(1), outermost);
}

/** Applies `down`, then `within`, then `up`. */
function nested(down: Layer, within: Layer | null, up: Layer): Layer {
  const parts = { down, ...(within !== null && { within }), up };
  return {
    init: (key) => Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.init(fold(key, name))])),
    stats: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.stats ?? {}])),
    apply: (params, x, ctx) =>
      Object.entries(parts).reduce(
        (out, [name, part]) => part.apply((params[name] ?? {}) as Params, out, ctx.at(name)),
        x,
      ),
  };
}

/** The same with a skip connection: the input's channels, followed by those of the result. */
function skipping(down: Layer, within: Layer | null, up: Layer): Layer {
  const inside = nested(down, within, up);
  return { ...inside, apply: (params, x, ctx) => concat([x, inside.apply(params, x, ctx)], 3) };
}

/** Options of PatchGAN discriminators. */
export interface PatchDiscriminatorOptions {
  /** Channels of the first layer; each further layer doubles them, up to eight times. */
  readonly channels: number;
  /** Convolutions with stride 2; two more with stride 1 follow. */
  readonly layers: number;
  readonly norm: "instance" | "batch";
  /** Scores per patch; default 1. */
  readonly outputs?: number;
}

/**
 * Receptive field of one score of a patch discriminator, in pixels along a side: 16, 34, 70 and 142 for 1 to 4 strided
 * layers.
 */
export function patchSide(layers: number): number {
  // The two 4 x 4 convolutions with stride 1 cover 7 pixels; each strided one before them doubles that and adds 2.
  return Array.from({ length: layers }).reduce<number>((side) => 2 * side + 2, 7);
}

/** The largest number of strided layers, up to three, whose receptive field fits into the images. */
export function defaultPatchLayers(item: Shape): number {
  const side = Math.min(item[0]!, item[1]!);
  return [3, 2].find((layers) => patchSide(layers) <= side) ?? 1;
}

/**
 * Maps images [n, h, w, c] to scores [n, h', w', outputs], one for each of many overlapping patches.
 * @throws OptionError when a patch is larger than the images.
 * @source Isola et al., arXiv 1611.07004, section 6.1.2; Zhu et al., arXiv 1703.10593, section 7.2.
 */
export function patchDiscriminator(options: PatchDiscriminatorOptions, item: Shape): Layer {
  const { channels, layers, norm, outputs = 1 } = options;
  const [height, width, colours] = item as [number, number, number];
  const side = patchSide(layers);
  if (side > Math.min(height, width)) {
    throw new OptionError(
      `patch discriminator: images must be at least as large as a patch, ${side} x ${side} - got ${formatShape(item)}`,
      `resize the images of a folder with --size ${side}${layers > 1 ? "; or use fewer --discriminator-layers" : ""}`,
    );
  }
  const normalised = (size: number): Layer => (norm === "batch" ? batchNorm(size) : instanceNorm(size));
  const sizes = Array.from({ length: layers + 1 }, (_, i) => Math.min(2 ** i, maxChannels) * channels);
  const hidden = sizes
    .slice(1)
    .flatMap((size, i): Part[] => [
      conv2d(sizes[i]!, size, { ...halving, stride: i + 1 < layers ? 2 : 1, bias: false }),
      normalised(size),
      leaky,
    ]);
  return sequential([
    conv2d(colours, channels, halving),
    leaky,
    ...hidden,
    conv2d(sizes.at(-1)!, outputs, { ...halving, stride: 1 }),
  ]);
}
