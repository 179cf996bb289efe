import { OptionError } from "../base/errors.ts";
import { type NdArray, formatShape, zeros } from "../base/ndarray.ts";

/** For each position of a line, the weights of the old positions that it combines, `first` and those after it. */
interface Taps {
  /** First old position, for each position. */
  readonly first: Int32Array;
  /** Offset of the weights of each position; one more at the end. */
  readonly starts: Int32Array;
  readonly weights: Float64Array;
}

/**
 * Resizes images [n, h, w, c] to [height, width], bilinear and antialiased: a triangle filter over the old pixels, with
 * a half-width of one old pixel for upscaling and of one new pixel for downscaling, cut off at the edges. The same as
 * `antialias` in Pillow and PyTorch. Bytes give numbers from 0 to 255.
 * @throws OptionError unless the new size is at least 1 x 1.
 */
export function resizeBilinear(images: NdArray, size: readonly [height: number, width: number]): NdArray<"float32"> {
  const out = zeros(sizedAs(images, size));
  resizeRows(images, size, (row, at) => out.data.set(row, at));
  return out;
}

/**
 * The same for images in [0, 1], as bytes [n, height, width, c], with values outside clipped. Uses no more memory than
 * the result.
 */
export function resizeToBytes(images: NdArray, size: readonly [height: number, width: number]): NdArray<"uint8"> {
  const out = zeros(sizedAs(images, size), "uint8");
  resizeRows(images, size, (row, at) => {
    for (let i = 0; i < row.length; i++) {
      const value = row[i]!;
      out.data[at + i] = value <= 0 ? 0 : value >= 1 ? 255 : 255 * value + 0.5;
    }
  });
  return out;
}

function sizedAs(images: NdArray, [height, width]: readonly [number, number]): number[] {
  return [images.shape[0]!, height, width, images.shape[3]!];
}

/** Produces the new rows [width * c] one after the other, with the flat position of each. */
function resizeRows(
  images: NdArray,
  size: readonly [height: number, width: number],
  take: (row: Float32Array, at: number) => void,
): void {
  const [n, h, w, c] = images.shape as [number, number, number, number];
  if (images.shape.length !== 4 || !size.every((length) => Number.isInteger(length) && length >= 1)) {
    throw new OptionError(
      `resizing needs images [n, h, w, c] and a size of at least 1 x 1 - got ${formatShape(images.shape)} and ${size.join(" x ")}`,
    );
  }
  const [height, width] = size;
  const [down, across] = [tapsOf(h, height), tapsOf(w, width)];
  const sums = new Float64Array(w * c);
  const line = new Float32Array(w * c);
  const row = new Float32Array(width * c);
  for (let item = 0; item < n; item++) {
    for (let y = 0; y < height; y++) {
      sums.fill(0);
      const begin = down.starts[y]!;
      for (let k = begin; k < down.starts[y + 1]!; k++) {
        const weight = down.weights[k]!;
        const from = (item * h + down.first[y]! + k - begin) * w * c;
        for (let j = 0; j < sums.length; j++) sums[j] = sums[j]! + weight * images.data[from + j]!;
      }
      line.set(sums);
      resizeLine(line, c, across, row);
      take(row, (item * height + y) * width * c);
    }
  }
}

function resizeLine(line: Float32Array, c: number, { first, starts, weights }: Taps, out: Float32Array): void {
  for (let x = 0, to = 0; x < first.length; x++) {
    const [begin, end] = [starts[x]!, starts[x + 1]!];
    for (let channel = 0; channel < c; channel++, to++) {
      let sum = 0;
      for (let k = begin, at = first[x]! * c + channel; k < end; k++, at += c) sum += weights[k]! * line[at]!;
      out[to] = sum;
    }
  }
}

function tapsOf(from: number, to: number): Taps {
  const step = from / to;
  const reach = Math.max(1, step);
  const first = new Int32Array(to);
  const starts = new Int32Array(to + 1);
  const weights: number[] = [];
  for (let place = 0; place < to; place++) {
    const centre = (place + 0.5) * step;
    let begin = Math.max(0, Math.floor(centre - reach + 0.5));
    let last = Math.min(from, Math.floor(centre + reach + 0.5));
    // Positions with zero weight at the ends would cost as much as others.
    while (begin < last - 1 && Math.abs(begin + 0.5 - centre) >= reach) begin++;
    while (begin < last - 1 && Math.abs(last - 0.5 - centre) >= reach) last--;
    let total = 0;
    for (let at = begin; at < last; at++) {
      const weight = Math.max(0, 1 - Math.abs(at + 0.5 - centre) / reach);
      weights.push(weight);
      total += weight;
    }
    first[place] = begin;
    starts[place + 1] = weights.length;
    for (let k = starts[place]!; k < weights.length; k++) weights[k]! /= total;
  }
  return { first, starts, weights: Float64Array.from(weights) };
}
