import { OptionError } from "../base/errors.ts";
import { type Shape, formatShape, sizeOf } from "../base/ndarray.ts";
import { relu, tanh } from "../ops/index.ts";
import { rectifier } from "./activation.ts";
import { type Part, asItems, flattenItems, sequential } from "./compose.ts";
import { conv2d, convTranspose2d } from "./conv.ts";
import { sizeAdvice } from "./image-size.ts";
import { glorotUniform, heNormal } from "./init.ts";
import type { Layer } from "./layer.ts";
import { linear } from "./linear.ts";
import { discriminatorNet, generatorNet, defaultHidden } from "./adversarial-nets.ts";

/** Options of encoders and decoders. */
export interface CoderOptions {
  readonly arch: "mlp" | "conv" | "dcgan";
  /** Widths of the encoder's hidden layers, or its channels; reversed in the decoder. */
  readonly hidden?: readonly number[] | undefined;
  /** Activation of the hidden layers. */
  readonly activation: "relu" | "tanh";
  /** Outputs of the encoder per item. */
  readonly outputs: number;
  /** Inputs of the decoder per item. */
  readonly inputs: number;
}

/** An encoder from items to [n, outputs] and a decoder from [n, inputs] to items, mirror images of each other. */
export interface Coders {
  readonly encoder: Layer;
  readonly decoder: Layer;
}

/**
 * Builds an encoder and a decoder for items of shape [h, w, c] or [d].
 * @throws OptionError when the image size does not fit the number of convolutions.
 */
export function coders(options: CoderOptions, item: Shape): Coders {
  return makers[options.arch](options, item);
}

const makers = { mlp: dense, conv: convolutional, dcgan: convolutionsOfDcgan };

const activations = { relu: { unit: rectifier(relu), init: heNormal }, tanh: { unit: tanh, init: glorotUniform } };

function dense({ activation, hidden = [400], inputs, outputs }: CoderOptions, item: Shape): Coders {
  const { unit, init } = activations[activation];
  const layers = (sizes: readonly number[]): Part[] =>
    sizes.slice(1).flatMap((size, i) => [linear(sizes[i]!, size, { init }), unit]);
  const back = hidden.toReversed();
  return {
    encoder: sequential([flattenItems, ...layers([sizeOf(item), ...hidden]), linear(hidden.at(-1)!, outputs)]),
    decoder: sequential([...layers([inputs, ...back]), linear(back.at(-1)!, sizeOf(item)), asItems(item)]),
  };
}

/** Each hidden layer of the encoder halves height and width, each of the decoder doubles them. */
function convolutional({ activation, hidden = [32, 64], inputs, outputs }: CoderOptions, item: Shape): Coders {
  requireHalving(item, hidden.length);
  const { unit, init } = activations[activation];
  const [height, width, channels] = item as [number, number, number];
  const half = { kernel: 4, stride: 2, padding: 1, init };
  const small = [height / 2 ** hidden.length, width / 2 ** hidden.length, hidden.at(-1)!] as const;
  const inward = [channels, ...hidden];
  const outward = inward.toReversed();
  const down = hidden.flatMap((size, i): Part[] => [conv2d(inward[i]!, size, half), unit]);
  const up = outward.slice(1).flatMap((size, i): Part[] => [unit, convTranspose2d(outward[i]!, size, half)]);
  return {
    encoder: sequential([...down, flattenItems, linear(sizeOf(small), outputs)]),
    decoder: sequential([linear(inputs, sizeOf(small)), asItems(small), ...up]),
  };
}

/** The nets of a DCGAN: its discriminator as the encoder, its generator without tanh as the decoder. */
function convolutionsOfDcgan({ activation, hidden, inputs, outputs }: CoderOptions, item: Shape): Coders {
  const shared = { arch: "dcgan", hidden: hidden ?? defaultHidden("dcgan", item), slope: 0.2 } as const;
  return {
    encoder: discriminatorNet({ ...shared, activation: "leaky-relu", norm: "batch", outputs }, item),
    decoder: generatorNet({ ...shared, activation, latent: inputs, initialBias: 0, bounded: false }, item),
  };
}

function requireHalving(item: Shape, times: number): void {
  if (item.length === 3 && item.slice(0, 2).every((extent) => extent % 2 ** times === 0)) return;
  throw new OptionError(
    `conv: ${times} halving convolutions need height and width that are multiples of ${2 ** times} - got ${formatShape(item)}`,
    item.length === 3 ? `${sizeAdvice(item, 2 ** times)}; or use --arch mlp` : "use --arch mlp",
  );
}
