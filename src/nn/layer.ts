import type { Key } from "../base/random.ts";
import type { NdArray, Shape } from "../base/ndarray.ts";
import type { Tree } from "../base/tree.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Parameters of a layer as a tree of symbolic tensors. */
export type Params = Tree<Tensor>;
/** Parameters of a layer as a tree of arrays. */
export type Values = Tree<NdArray<"float32">>;

/** Distributions that the host can draw from; a graph declares what it wants and is fed the numbers. */
export type NoiseKind = "normal" | "uniform";

/** What a layer or a loss may ask of the step in which it is applied. */
export interface Context {
  /** Batch statistics and dropout in training, running statistics and none in inference. */
  readonly training: boolean;
  /** The context of a named part. */
  at(part: string): Context;
  /** Fresh numbers for every step: standard normal, or uniform on [0, 1). */
  noise(name: string, kind: NoiseKind, shape: Shape): Tensor;
  /** Uniform numbers [n, ...shape] on [0, 1) that belong to the items of the batch: the same whenever an item is seen. */
  itemNoise(name: string, shape: Shape): Tensor;
  /** A number that the host computes from the count of steps done before this one, and of all steps of the run. */
  scalar(name: string, at: (step: number, steps: number) => number): Tensor;
  /** The current value of one of the layer's running statistics. */
  stat(name: string): Tensor;
  /** Gives a running statistic its next value. */
  updateStat(name: string, value: Tensor): void;
  /** Shows a value to whoever looks at the inside of nets; most of the time nobody does. */
  observe(name: string, value: Tensor): void;
}

/**
 * A function with parameters. The parameters are a plain tree, apart from the layer: the same layer can be applied with
 * other parameters, as unrolled optimisation does.
 */
export interface Layer {
  /** Initial parameters. */
  init(key: Key): Values;
  /** Initial running statistics: values that steps carry on without a gradient. */
  readonly stats?: Values;
  apply(params: Params, x: Tensor, ctx: Context): Tensor;
}

/** A parameter by its name. */
export function param(params: Params, name: string): Tensor {
  return params[name] as Tensor;
}
