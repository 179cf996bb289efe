import type { Tensor } from "../../graph/tensor.ts";
import { staticDim } from "../../graph/tensor.ts";
import { mul } from "../pointwise/mul.ts";
import { type ReduceOptions, reduceAttrs } from "./axes.ts";
import { sum } from "./sum.ts";

/**
 * Mean over axes (all by default), which are removed from the shape unless `keepDims` is set; their extents must be
 * known.
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes } = reduceAttrs(x, options, "mean");
  const count = axes.reduce((product, axis) => product * staticDim(x, axis, "mean"), 1);
  return mul(sum(x, options), 1 / count);
}
