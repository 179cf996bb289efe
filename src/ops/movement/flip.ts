import { ShapeError } from "../../base/errors.ts";
import { formatShape } from "../../base/ndarray.ts";
import { type Tensor, staticDim } from "../../graph/tensor.ts";
import { resolveAxis } from "../reduce/axes.ts";
import { gather, indexTensor } from "../select/gather.ts";
import { transpose } from "./transpose.ts";

/** x in reverse order along each of the axes; the shape is unchanged. */
export function flip(x: Tensor, axes: readonly number[]): Tensor {
  return axes.reduce((out, axis) => {
    const along = resolveAxis(out, axis, "flip");
    const extent = staticDim(out, along, "flip");
    return gather(out, indexTensor(Array.from({ length: extent }, (_, i) => extent - 1 - i)), along);
  }, x);
}

/**
 * Rotates x by `times` quarter turns in the plane of two axes, from the first towards the second; for images [n, h, w,
 * c] counter-clockwise. An odd number of turns swaps the extents of both axes.
 * @throws ShapeError unless `times` is a whole number.
 */
export function rot90(x: Tensor, times: number, axes: readonly [number, number] = [1, 2]): Tensor {
  if (!Number.isInteger(times))
    throw new ShapeError(`rot90: the number of quarter turns must be whole - got ${times} for ${formatShape(x.shape)}`);
  const [first, second] = axes.map((axis) => resolveAxis(x, axis, "rot90")) as [number, number];
  const turns = ((times % 4) + 4) % 4;
  if (turns === 0) return x;
  if (turns === 2) return flip(x, [first, second]);
  const order = x.shape.map((_, axis) => (axis === first ? second : axis === second ? first : axis));
  return turns === 1 ? transpose(flip(x, [second]), order) : flip(transpose(x, order), [second]);
}
