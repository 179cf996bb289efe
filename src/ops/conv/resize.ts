import { ShapeError } from "../../base/errors.ts";
import { formatShape } from "../../base/ndarray.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { add } from "../pointwise/add.ts";
import { mul } from "../pointwise/mul.ts";
import { gather, indexTensor } from "../select/gather.ts";
import { imageSize } from "./geometry.ts";

/**
 * Nearest-neighbour resize of images [n, h, w, c] to [n, size[0], size[1], c]: each position takes the value at
 * floor(position * old / new).
 * @throws ShapeError for a size below [1, 1].
 */
export function resizeNearest(x: Tensor, size: readonly [number, number]): Tensor {
  const from = imageSize(x, "resizeNearest");
  if (!size.every((length) => Number.isInteger(length) && length >= 1)) {
    throw new ShapeError(
      `resizeNearest: ${formatShape(x.shape)} needs a new size of at least [1, 1] - got ${formatShape(size)}`,
    );
  }
  return size.reduce((out, length, axis) => {
    const places = Array.from({ length }, (_, i) => Math.floor((i * from[axis]!) / length));
    return length === from[axis] ? out : gather(out, indexTensor(places), axis + 1);
  }, x);
}

/**
 * Average pooling of images [n, h, w, c] to [n, size[0], size[1], c]: the mean of each block. @throws ShapeError unless
 * the old size is a multiple of the new one.
 */
export function resizeAverage(x: Tensor, size: readonly [number, number]): Tensor {
  const from = imageSize(x, "resizeAverage");
  return size.reduce((out, length, axis) => {
    const factor = from[axis]! / length;
    if (!Number.isInteger(factor)) {
      throw new ShapeError(
        `resizeAverage: ${formatShape(from)} must be a multiple of the new size - got ${formatShape(size)}`,
      );
    }
    if (factor === 1) return out;
    const blocks = Array.from({ length: factor }, (_, offset) =>
      gather(out, indexTensor(Array.from({ length }, (_, i) => i * factor + offset)), axis + 1),
    );
    return mul(
      blocks.reduce((sum, block) => add(sum, block)),
      1 / factor,
    );
  }, x);
}
