import type { Tensor } from "../graph/tensor.ts";
import { add, mul, sub } from "../ops/index.ts";
import type { DataInfo } from "./model.ts";

// Images are [0, 1] at every public boundary and [-1, 1] inside a GAN; points are the same in both.

/** Images [0, 1] to [-1, 1]; points unchanged. */
export function toModelRange(kind: DataInfo["kind"], items: Tensor): Tensor {
  return kind === "points" ? items : sub(mul(items, 2), 1);
}

/** Images [-1, 1] to [0, 1]; points unchanged. */
export function fromModelRange(kind: DataInfo["kind"], items: Tensor): Tensor {
  return kind === "points" ? items : mul(add(items, 1), 0.5);
}
