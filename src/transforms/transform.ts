import type { Tensor } from "../graph/tensor.ts";

/** A differentiable function from items to items of the same shape. */
export interface Transform {
  readonly name: string;
  /** Images [n, h, w, c] in [-1, 1]; what comes in from outside the image is 0, grey. */
  images(x: Tensor): Tensor;
  /** Points [n, 2], around the origin; not given where it means nothing to points. */
  points?(x: Tensor): Tensor;
}

/** Transformations that belong together: what `--transforms NAME` names. */
export interface TransformSet {
  readonly name: string;
  readonly summary: string;
  /** Whether each can be undone: only then are two distributions as far apart after it as before. */
  readonly invertible: boolean;
  /** Whether images must be as high as they are wide. */
  readonly square: boolean;
  /** The first is the identity. Sets that share one share the object. */
  readonly members: readonly Transform[];
}
