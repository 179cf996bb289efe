import { OptionError, inScope } from "../base/errors.ts";
import { fold } from "../base/random.ts";

import { type Dims, type Tensor, staticShape } from "../graph/tensor.ts";
import { cast, greaterEqual, mul, relu, reshape } from "../ops/index.ts";
import type { Initializer } from "./init.ts";
import type { Layer, Params, Values } from "./layer.ts";
import { linear } from "./linear.ts";

/** A layer, or a function without parameters. */
export type Part = Layer | ((x: Tensor) => Tensor);

/** Applies parts one after the other; parameters are named by index: 0, 1, ... */
export function sequential(parts: readonly Part[]): Layer {
  const layers = parts.map(asLayer);
  const stats = Object.fromEntries(layers.flatMap((layer, i) => (layer.stats ? [[i, layer.stats]] : [])));
  return {
    init: (key) => {
      const values = layers.map((layer, i) => [i, layer.init(fold(key, i))] as const);
      return Object.fromEntries(values.filter(([, value]) => Object.keys(value).length > 0)) as Values;
    },
    stats,
    apply: (params, x, ctx) =>
      layers.reduce((out, layer, i) => {
        const own = (params[i] ?? {}) as Params;
        return inScope(String(i), () => layer.apply(own, out, ctx.at(String(i))));
      }, x),
  };
}

function asLayer(part: Part): Layer {
  return typeof part === "function" ? { init: () => ({}), apply: (_, x) => part(x) } : part;
}

/** Options of `mlp`. */
export interface MlpOptions {
  readonly activation?: (x: Tensor) => Tensor;
  readonly init?: Initializer;
}

/** Linear layers [n, sizes[0]] to [n, sizes.at(-1)], with an activation between them but not after the last. */
export function mlp(sizes: readonly number[], options: MlpOptions = {}): Layer {
  const { activation = relu, init } = options;
  const parts = sizes.slice(1).flatMap((size, i): Part[] => {
    const layer = linear(sizes[i]!, size, init && { init });
    return i === 0 ? [layer] : [activation, layer];
  });
  return sequential(parts);
}

/** Flattens each item: [n, ...] to [n, features]. */
export function flattenItems(x: Tensor): Tensor {
  return reshape(x, [x.shape[0]!, x.shape.slice(1).reduce<number>((size, extent) => size * (extent as number), 1)]);
}

/** Reshapes each item: [n, features] to [n, ...shape]. */
export function asItems(shape: Dims): (x: Tensor) => Tensor {
  return (x) => reshape(x, [x.shape[0]!, ...shape]);
}

/**
 * In training, zeroes each number with probability `rate` and scales the others by 1 / (1 - rate). The shape is
 * unchanged.
 * @throws OptionError unless the rate is in [0, 1).
 */
export function dropout(rate: number): Layer {
  if (!(rate >= 0 && rate < 1)) throw new OptionError(`dropout: rate must be in [0, 1) - got ${rate}`);
  return {
    init: () => ({}),
    apply: (_, x, ctx) => {
      if (!ctx.training || rate === 0) return x;
      const drawn = ctx.noise("mask", "uniform", staticShape(x, "dropout"));
      return mul(x, mul(cast(greaterEqual(drawn, rate), "float32"), 1 / (1 - rate)));
    },
  };
}
