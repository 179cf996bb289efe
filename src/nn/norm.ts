import { type Tensor, staticDim } from "../graph/tensor.ts";
import { add, customGradient, div, mean, mul, reshape, sqrt, square, stopGradient, sub, sum } from "../ops/index.ts";
import { constantInit } from "./init.ts";
import { type Layer, type Params, param } from "./layer.ts";

/** Options of normalisation layers. */
export interface NormOptions {
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: number;
  /** Whether to learn a scale and a shift per channel. */
  readonly affine?: boolean;
}

/** Options of `batchNorm`. */
export interface BatchNormOptions extends NormOptions {
  /** Weight of the current batch in the running statistics. */
  readonly momentum?: number;
}

/** A learned scale and shift, or none. */
type Affine = { readonly scale: Tensor; readonly shift: Tensor } | null;

/** Mean and variance over axes, kept with extent 1. */
function moments(x: Tensor, axes: readonly number[]) {
  const average = mean(x, { axes, keepDims: true });
  const centred = sub(x, average);
  return { average, centred, variance: mean(square(centred), { axes, keepDims: true }) };
}

/**
 * Normalises x to mean 0 and variance 1 over `axes`, then scales and shifts each channel. The gradient is the
 * closed-form rule on per-channel vectors, with half as many passes over large tensors as op by op.
 */
function normalize(x: Tensor, axes: readonly number[], epsilon: number, affine: Affine): Tensor {
  const { centred, variance } = moments(x, axes);
  const inverse = div(1, sqrt(add(variance, epsilon)));
  const slope = affine === null ? inverse : mul(inverse, affine.scale);
  const value = affine === null ? mul(centred, slope) : add(mul(centred, slope), affine.shift);
  const inputs = affine === null ? [x] : [x, affine.scale, affine.shift];
  return customGradient(value, inputs, (g) => {
    const count = axes.reduce((product, axis) => product * staticDim(x, axis, "normalize"), 1);
    if (affine !== null && !perChannel(axes, x)) return throughScale(g, x, centred, inverse, axes, count, affine);
    const total = sum(g, { axes, keepDims: true });
    const along = sum(mul(g, centred), { axes, keepDims: true });
    const pull = mul(mul(slope, mul(inverse, inverse)), mul(along, 1 / count));
    const dx = sub(sub(mul(g, slope), mul(centred, pull)), mul(slope, mul(total, 1 / count)));
    if (affine === null) return [dx];
    return [dx, reshape(mul(along, inverse), affine.scale.shape), reshape(total, affine.shift.shape)];
  });
}

/**
 * Whether the statistics are per channel, like the scale; the gradients of scale and shift then follow from those of
 * the statistics.
 */
function perChannel(axes: readonly number[], x: Tensor): boolean {
  return axes.length === x.shape.length - 1 && axes.every((axis, i) => axis === i);
}

/** The rule for the other case: scale and shift vary along the normalised axes, or several statistics share them. */
function throughScale(
  g: Tensor,
  x: Tensor,
  centred: Tensor,
  inverse: Tensor,
  axes: readonly number[],
  count: number,
  affine: NonNullable<Affine>,
): Tensor[] {
  const standard = mul(centred, inverse);
  const scaled = mul(g, affine.scale);
  const total = mul(sum(scaled, { axes, keepDims: true }), 1 / count);
  const along = mul(sum(mul(scaled, standard), { axes, keepDims: true }), 1 / count);
  const dx = mul(inverse, sub(sub(scaled, total), mul(standard, along)));
  const lead = x.shape.map((_, axis) => axis).slice(0, -1);
  return [dx, sum(mul(g, standard), { axes: lead }), sum(g, { axes: lead })];
}

function affineOf(params: Params, affine: boolean): Affine {
  return affine ? { scale: param(params, "scale"), shift: param(params, "shift") } : null;
}

function affineValues(channels: number, affine: boolean) {
  return affine ? { scale: constantInit([channels], 1), shift: constantInit([channels], 0) } : {};
}

/**
 * Batch normalisation over all axes but the last, [n, ..., channels]. Training uses the statistics of the batch and
 * updates running ones (with the unbiased variance, as in PyTorch); inference uses the running ones. Parameters: scale,
 * shift [channels].
 * @source Ioffe, Szegedy, arXiv 1502.03167, algorithms 1 and 2.
 */
export function batchNorm(channels: number, options: BatchNormOptions = {}): Layer {
  const { epsilon = 1e-5, affine = true, momentum = 0.1 } = options;
  return {
    init: () => affineValues(channels, affine),
    stats: { mean: constantInit([channels], 0), variance: constantInit([channels], 1) },
    apply: (params, x, ctx) => {
      const learned = affineOf(params, affine);
      if (!ctx.training) {
        const inverse = div(1, sqrt(add(ctx.stat("variance"), epsilon)));
        const slope = learned === null ? inverse : mul(inverse, learned.scale);
        const scaled = mul(sub(x, ctx.stat("mean")), slope);
        return learned === null ? scaled : add(scaled, learned.shift);
      }
      const axes = x.shape.map((_, axis) => axis).slice(0, -1);
      const { average, variance } = moments(x, axes);
      const count = axes.reduce((product, axis) => product * staticDim(x, axis, "batchNorm"), 1);
      const carry = (name: string, batch: Tensor, factor: number) => {
        const newest = mul(reshape(stopGradient(batch), [channels]), factor);
        const old = ctx.stat(name);
        ctx.updateStat(name, add(old, mul(sub(newest, old), momentum)));
      };
      carry("mean", average, 1);
      carry("variance", variance, count / Math.max(1, count - 1));
      return normalize(x, axes, epsilon, learned);
    },
  };
}

/**
 * Instance normalisation of [n, h, w, c]: per image and channel, over height and width. @source Ulyanov et al., arXiv
 * 1607.08022.
 */
export function instanceNorm(channels: number, options: NormOptions = {}): Layer {
  const { epsilon = 1e-5, affine = false } = options;
  return {
    init: () => affineValues(channels, affine),
    apply: (params, x) => normalize(x, [1, 2], epsilon, affineOf(params, affine)),
  };
}

/** Layer normalisation of [..., features] over the last axis. @source Ba et al., arXiv 1607.06450. */
export function layerNorm(features: number, options: NormOptions = {}): Layer {
  const { epsilon = 1e-5, affine = true } = options;
  return {
    init: () => affineValues(features, affine),
    apply: (params, x) => normalize(x, [x.shape.length - 1], epsilon, affineOf(params, affine)),
  };
}

/**
 * Layer normalisation of images [n, h, w, c]: per image, over height, width and channels, then scaled and shifted per
 * channel.
 * @source Ba et al., arXiv 1607.06450; for convolutions as in Gulrajani et al., arXiv 1704.00028, section 4.
 */
export function imageNorm(channels: number, options: NormOptions = {}): Layer {
  const { epsilon = 1e-5, affine = true } = options;
  return {
    init: () => affineValues(channels, affine),
    apply: (params, x) => normalize(x, [1, 2, 3], epsilon, affineOf(params, affine)),
  };
}
