import type { Key } from "../base/random.ts";
import type { NdArray, Shape } from "../base/ndarray.ts";
import type { Tree } from "../base/tree.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Parameters of a layer as a tree of symbolic tensors. */
export type Params = Tree<Tensor>;
/** Parameters of a layer as a tree of arrays. */
export type Values = Tree<NdArray<"float32">>;

/** Distributions that the host can sample; a graph declares noise inputs of these kinds and is fed the numbers. */
export type NoiseKind = "normal" | "uniform";

/** Services that the surrounding step provides to a layer or a loss. */
export interface Context {
  /** True: batch statistics and dropout. False: running statistics, no dropout. */
  readonly training: boolean;
  /** The context of a named part. */
  at(part: string): Context;
  /** A noise input with fresh values at every step: standard normal, or uniform on [0, 1). */
  noise(name: string, kind: NoiseKind, shape: Shape): Tensor;
  /** Uniform numbers [n, ...shape] on [0, 1) that depend only on the item: the same whenever the item is in a batch. */
  itemNoise(name: string, shape: Shape): Tensor;
  /** A scalar that the host computes from the number of steps already made and the length of the run. */
  scalar(name: string, at: (step: number, steps: number) => number): Tensor;
  /** Current value of one of the layer's running statistics. */
  stat(name: string): Tensor;
  /** Sets the next value of a running statistic. */
  updateStat(name: string, value: Tensor): void;
  /** Makes an activation available for inspection; by default nothing is recorded. */
  observe(name: string, value: Tensor): void;
}

/**
 * A function with parameters. The parameters are a plain tree, separate from the layer, so that the same layer can be
 * applied with other parameters, as unrolled optimisation does.
 */
export interface Layer {
  /** Initial parameters. */
  init(key: Key): Values;
  /** Initial running statistics: state that is carried from step to step without a gradient. */
  readonly stats?: Values;
  apply(params: Params, x: Tensor, ctx: Context): Tensor;
}

/** The parameter with this name; its shape is that of the initial value. */
export function param(params: Params, name: string): Tensor {
  return params[name] as Tensor;
}
