import { ndarray } from "../base/ndarray.ts";
import { type Tensor, constant, staticDim } from "../graph/tensor.ts";
import {
  add,
  cast,
  equal,
  greater,
  lessEqual,
  matmul,
  mean,
  mul,
  reshape,
  slice,
  sub,
  transpose,
} from "../ops/index.ts";
import { shiftOf } from "./translation.ts";

/** Number of uniform random numbers per image. */
export const diffAugmentDraws = 7;

/**
 * DiffAugment with color, translation and cutout, all of it differentiable. Colour, for images with three channels:
 * brightness by up to 0.5, saturation by a factor of up to 2, contrast by a factor of 0.5 to 1.5. Translation: by up to
 * an eighth of the side along either axis. Cutout: a grey square of half the side, centred anywhere.
 * @param images [n, h, w, c] in [-1, 1]; colour may leave this range.
 * @param draws Uniform on [0, 1), [n, 7].
 * @returns Images [n, h, w, c].
 * @source Zhao et al., arXiv 2006.10738, and the policy color,translation,cutout of the authors' code.
 */
export function diffAugment(images: Tensor, draws: Tensor): Tensor {
  const draw = (place: number): Tensor => slice(draws, 1, place, place + 1);
  const coloured = images.shape[3] === 3 ? recoloured(images, draw(0), draw(1), draw(2)) : images;
  const moved = movedRows(movedRows(coloured, draw(3)), draw(4));
  return mul(moved, sub(1, mul(covered(moved, 1, draw(5)), covered(moved, 2, draw(6)))));
}

function recoloured(images: Tensor, brightness: Tensor, saturation: Tensor, contrast: Tensor): Tensor {
  const each = (draw: Tensor): Tensor => reshape(draw, [-1, 1, 1, 1]);
  /** Scales deviations from the mean over `axes`. */
  const spread = (x: Tensor, axes: readonly number[], factor: Tensor): Tensor => {
    const middle = mean(x, { axes, keepDims: true });
    return add(mul(sub(x, middle), factor), middle);
  };
  const bright = add(images, each(sub(brightness, 0.5)));
  const saturated = spread(bright, [3], each(mul(saturation, 2)));
  return spread(saturated, [1, 2, 3], each(add(contrast, 0.5)));
}

/** Whole numbers [n, 1] in [0, count), from uniform numbers [n, 1]. */
function wholeBelow(count: number, draws: Tensor): Tensor {
  return cast(mul(draws, count), "int32");
}

function integers(values: readonly number[], shape: readonly number[]): Tensor {
  return constant(ndarray("int32", shape, Int32Array.from(values)));
}

/**
 * Shifts the rows of each image by up to an eighth of their number in either direction, filling with grey, and
 * transposes rows and columns, so that applying it twice shifts both: [n, h, w, c] to [n, w, h, c].
 */
function movedRows(images: Tensor, draws: Tensor): Tensor {
  const [n, h, w, c] = images.shape as readonly [number, number, number, number];
  const most = shiftOf(h);
  const shift = reshape(wholeBelow(2 * most + 1, draws), [n, 1, 1]);
  // Row r of the result is row r + shift - most of the image.
  const distances = Array.from({ length: h * h }, (_, i) => (i % h) - Math.floor(i / h) + most);
  const from = cast(equal(integers(distances, [1, h, h]), shift), "float32");
  return transpose(reshape(matmul(from, reshape(images, [n, h, w * c])), images.shape), [0, 2, 1, 3]);
}

/** Which positions of an axis the square covers: 1 or 0, [n, h, 1, 1] or [n, 1, w, 1]. */
function covered(images: Tensor, axis: 1 | 2, draws: Tensor): Tensor {
  const side = staticDim(images, axis, "diffAugment");
  const length = Math.floor(side / 2 + 0.5);
  const centre = wholeBelow(side + 1 - (length % 2), draws);
  const places = (offset: number) =>
    integers(
      Array.from({ length: side }, (_, i) => i + offset),
      [1, side],
    );
  const half = Math.floor(length / 2);
  const inside = mul(
    cast(lessEqual(centre, places(half)), "float32"),
    cast(greater(centre, places(half - length)), "float32"),
  );
  return reshape(inside, axis === 1 ? [-1, side, 1, 1] : [-1, 1, side, 1]);
}
