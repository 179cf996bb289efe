import { OptionError } from "../base/errors.ts";
import { type NdArray, type Shape, formatShape, zeros } from "../base/ndarray.ts";

/** Weights of the places of a line that one place of the new line is made of, `first` and those after it. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Images [n, h, w, c] at another size [height, width], bilinear and antialiased: a triangle over the old pixels, one pixel
 * wide to either side where the image grows, and as wide as a new pixel where it shrinks, cut off at the edges. Pillow's
 * and PyTorch's `antialias` do the same.
 * @throws OptionError unless the new size is at least 1 x 1.
 */
export function resizeBilinear(images: NdArray, size: readonly [height: number, width: number]): NdArray<"float32"> {
  const [n, h, w, c] = images.shape as [number, number, number, number];
  if (images.shape.length !== 4 || !size.every((length) => Number.isInteger(length) && length >= 1)) {
    throw new OptionError(
      `resizeBilinear: needs images [n, h, w, c] and a size of at least 1 x 1 - got ${formatShape(images.shape)} and ${size.join(" x ")}`,
    );
  }
  const [height, width] = size;
  const rows = resizeAxis(images.data, [n, h, w * c], height);
  return resizeAxis(rows.data, [n * height, w, c], width, [n, height, width, c]);
}

/** The middle one of three axes at another length. */
function resizeAxis(
  data: ArrayLike<number>,
  [outer, from, inner]: readonly [number, number, number],
  to: number,
  shape: Shape = [outer, to, inner],
): NdArray<"float32"> {
  const out = zeros(shape);
  const taps = tapsOf(from, to);
  for (let i = 0; i < outer; i++) {
    taps.forEach(({ first, weights }, place) => {
      const target = (i * to + place) * inner;
      for (let j = 0; j < inner; j++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * data[(i * from + first + k) * inner + j]!;
        out.data[target + j] = sum;
      }
    });
  }
  return out;
}

function tapsOf(from: number, to: number): Taps[] {
  const step = from / to;
  const reach = Math.max(1, step);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * step;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const last = Math.min(from, Math.floor(centre + reach + 0.5));
    const weights = Float64Array.from({ length: last - first }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}
