import { ndarray } from "../base/ndarray.ts";
import { type Tensor, constant } from "../graph/tensor.ts";
import { flip, matmul, rot90 } from "../ops/index.ts";
import type { Transform } from "./transform.ts";

/** A symmetry of the square: its effect on images, and on a point (x, y) as a row vector times a matrix. */
function symmetry(name: string, images: (x: Tensor) => Tensor, matrix: readonly number[]): Transform {
  const product = (x: Tensor) => matmul(x, constant(ndarray("float32", [2, 2], Float32Array.from(matrix))));
  return { name, images, points: product };
}

export const identity: Transform = { name: "identity", images: (x) => x, points: (x) => x };

/** Rotations are counter-clockwise. */
export const turned90 = symmetry("90 degrees", (x) => rot90(x, 1), [0, 1, -1, 0]);
export const turned180 = symmetry("180 degrees", (x) => rot90(x, 2), [-1, 0, 0, -1]);
export const turned270 = symmetry("270 degrees", (x) => rot90(x, 3), [0, -1, 1, 0]);

export const leftRight = symmetry("left-right", (x) => flip(x, [2]), [-1, 0, 0, 1]);
export const upDown = symmetry("up-down", (x) => flip(x, [1]), [1, 0, 0, -1]);
