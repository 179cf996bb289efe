import type { Tensor } from "../graph/tensor.ts";
import { add, mul, sub } from "../ops/index.ts";
import type { DataInfo } from "./model.ts";

// Images are [0, 1] outside and [-1, 1] between the players of a game; points are the same in both.

/** Items as the players see them. */
export function toPlayers(kind: DataInfo["kind"], items: Tensor): Tensor {
  return kind === "points" ? items : sub(mul(items, 2), 1);
}

/** Items as others see them. */
export function fromPlayers(kind: DataInfo["kind"], items: Tensor): Tensor {
  return kind === "points" ? items : mul(add(items, 1), 0.5);
}
