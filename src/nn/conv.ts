import { fold } from "../base/random.ts";
import * as ops from "../ops/index.ts";
import type { ConvTransposeOptions } from "../ops/index.ts";
import { type Initializer, constantInit, heNormal } from "./init.ts";
import { type Layer, param } from "./layer.ts";

interface ConvLayerOptions extends ConvTransposeOptions {
  /** Height and width of the kernel. */
  readonly kernel: number | readonly [number, number];
  readonly bias?: boolean;
  readonly init?: Initializer;
}

/**
 * Convolution of images [n, h, w, inputs] to [n, h', w', outputs]. Parameters: weight [kh, kw, inputs / groups,
 * outputs], bias [outputs].
 */
export function conv2d(inputs: number, outputs: number, options: Omit<ConvLayerOptions, "outputPadding">): Layer {
  const shape = [...kernelSize(options), inputs / (options.groups ?? 1), outputs];
  return convolution(shape, outputs, options, ops.conv2d);
}

/**
 * Transposed convolution of images [n, h, w, inputs] to [n, h', w', outputs]. Parameters: weight [kh, kw, outputs /
 * groups, inputs], bias [outputs].
 */
export function convTranspose2d(inputs: number, outputs: number, options: ConvLayerOptions): Layer {
  const shape = [...kernelSize(options), outputs / (options.groups ?? 1), inputs];
  return convolution(shape, outputs, options, ops.convTranspose2d);
}

function kernelSize({ kernel }: ConvLayerOptions): readonly [number, number] {
  return typeof kernel === "number" ? [kernel, kernel] : kernel;
}

function convolution(
  shape: readonly number[],
  outputs: number,
  options: ConvLayerOptions,
  convolve: typeof ops.conv2d | typeof ops.convTranspose2d,
): Layer {
  const { bias = true, init = heNormal } = options;
  return {
    init: (key) => ({ weight: init(fold(key, "weight"), shape), ...(bias && { bias: constantInit([outputs], 0) }) }),
    apply: (params, x) => {
      const out = convolve(x, param(params, "weight"), options);
      return bias ? ops.add(out, param(params, "bias")) : out;
    },
  };
}
