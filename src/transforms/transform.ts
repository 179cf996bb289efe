import type { Tensor } from "../graph/tensor.ts";

/** A differentiable function from items to items of the same shape. */
export interface Transform {
  readonly name: string;
  /** Images [n, h, w, c] in [-1, 1]; pixels from outside the image are 0, grey. */
  images(x: Tensor): Tensor;
  /** Points [n, 2], around the origin; not given if it does not apply to points. */
  points?(x: Tensor): Tensor;
}

/** A set of transformations, selected by its name in `--transforms NAME`. */
export interface TransformSet {
  readonly name: string;
  readonly summary: string;
  /** Whether every member is invertible: only then does it preserve the divergence between two distributions. */
  readonly invertible: boolean;
  /** Whether images must be square. */
  readonly square: boolean;
  /** The first member is the identity. Sets share the objects of common members. */
  readonly members: readonly Transform[];
}
