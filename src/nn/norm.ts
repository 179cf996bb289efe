import { full, zeros } from "../base/ndarray.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import { add, customGradient, div, mean, mul, sqrt, square, stopGradient, sub, sum } from "../ops/index.ts";
import { type Layer, type Params, param } from "./layer.ts";

export interface NormOptions {
  /** Added to the variance. */
  readonly epsilon?: number;
  /** Learn a scale and a shift for each channel. */
  readonly affine?: boolean;
}

export interface BatchNormOptions extends NormOptions {
  /** Share of the newest batch in the running statistics. */
  readonly momentum?: number;
}

/**
 * x with mean 0 and variance 1 over `axes`. The gradient is the closed rule in per-channel vectors instead of what the
 * single ops would give, which passes over the large tensors nearly twice as often.
 */
function standardize(x: Tensor, axes: readonly number[], epsilon: number) {
  const average = mean(x, { axes, keepDims: true });
  const centred = sub(x, average);
  const variance = mean(square(centred), { axes, keepDims: true });
  const inverse = div(1, sqrt(add(variance, epsilon)));
  const count = axes.reduce((product, axis) => product * staticDim(x, axis, "standardize"), 1);
  const standard = (value: Tensor): Tensor =>
    customGradient(value, [x], (g) => {
      const y = standard(value);
      const slope = mul(sum(mul(g, y), { axes, keepDims: true }), 1 / count);
      const shift = mul(sum(g, { axes, keepDims: true }), 1 / count);
      return [mul(inverse, sub(sub(g, shift), mul(y, slope)))];
    });
  return { value: standard(mul(centred, inverse)), average, variance, count };
}

/** y * scale + shift, channel by channel. */
function transform(params: Params, y: Tensor, affine: boolean): Tensor {
  return affine ? add(mul(y, param(params, "scale")), param(params, "shift")) : y;
}

function affineValues(channels: number, affine: boolean) {
  return affine ? { scale: full([channels], 1), shift: zeros([channels]) } : {};
}

/**
 * Batch normalisation over all axes but the last. Training uses the batch's statistics and carries on running ones
 * (the variance unbiased, as PyTorch keeps it); inference uses the running ones. Parameters: scale, shift [channels].
 * @source Ioffe, Szegedy, arXiv 1502.03167, algorithms 1 and 2.
 */
export function batchNorm(channels: number, options: BatchNormOptions = {}): Layer {
  const { epsilon = 1e-5, affine = true, momentum = 0.1 } = options;
  return {
    init: () => affineValues(channels, affine),
    stats: { mean: zeros([channels]), variance: full([channels], 1) },
    apply: (params, x, ctx) => {
      if (!ctx.training) {
        const inverse = div(1, sqrt(add(ctx.stat("variance"), epsilon)));
        return transform(params, mul(sub(x, ctx.stat("mean")), inverse), affine);
      }
      const axes = x.shape.map((_, axis) => axis).slice(0, -1);
      const { value, average, variance, count } = standardize(x, axes, epsilon);
      const carry = (name: string, batch: Tensor, factor: number) => {
        const newest = mul(sum(stopGradient(batch), { axes }), factor);
        const old = ctx.stat(name);
        ctx.updateStat(name, add(old, mul(sub(newest, old), momentum)));
      };
      carry("mean", average, 1);
      carry("variance", variance, count / Math.max(1, count - 1));
      return transform(params, value, affine);
    },
  };
}

/** Normalisation of each image and channel by itself, over height and width. @source Ulyanov et al., arXiv 1607.08022. */
export function instanceNorm(channels: number, options: NormOptions = {}): Layer {
  const { epsilon = 1e-5, affine = false } = options;
  return {
    init: () => affineValues(channels, affine),
    apply: (params, x) => transform(params, standardize(x, [1, 2], epsilon).value, affine),
  };
}

/** Normalisation of each item over its last axis. @source Ba et al., arXiv 1607.06450. */
export function layerNorm(features: number, options: NormOptions = {}): Layer {
  const { epsilon = 1e-5, affine = true } = options;
  return {
    init: () => affineValues(features, affine),
    apply: (params, x) => transform(params, standardize(x, [x.shape.length - 1], epsilon).value, affine),
  };
}
