import { ShapeError } from "../base/errors.ts";
import { type NdArray, formatShape, ndarray, rows, zeros } from "../base/ndarray.ts";

const gap = 2;
const gapLevel = 128;
/** Small images are enlarged by whole factors, up to about this width and height. */
const comfortable = 56;

/** Layout of an image grid. */
export interface GridOptions {
  readonly columns?: number;
}

/**
 * Arranges images [n, h, w, c] in [0, 1] into one picture [h', w', 1 or 3] of bytes, row by row. The range is fixed: a
 * value has the same grey in every picture.
 * @throws ShapeError for anything but images with 1 or 3 channels.
 */
export function imageGrid(images: NdArray, { columns = 8 }: GridOptions = {}): NdArray<"uint8"> {
  const [n, h, w, c] = images.shape as [number, number, number, number];
  if (images.shape.length !== 4 || (c !== 1 && c !== 3)) {
    throw new ShapeError(`imageGrid: images must be [n, h, w, 1 or 3] - got ${formatShape(images.shape)}`);
  }
  const scale = Math.max(1, Math.floor(comfortable / Math.max(h, w)));
  const across = Math.min(columns, n);
  const down = Math.ceil(n / across);
  const [tall, wide] = [h * scale + gap, w * scale + gap];
  const out = zeros([down * tall + gap, across * wide + gap, c], "uint8");
  out.data.fill(gapLevel);
  const stride = out.shape[1]! * c;
  for (let i = 0; i < n; i++) {
    const [top, left] = [Math.floor(i / across) * tall + gap, (i % across) * wide + gap];
    for (let y = 0; y < h * scale; y++) {
      for (let x = 0; x < w * scale; x++) {
        const from = ((i * h + Math.floor(y / scale)) * w + Math.floor(x / scale)) * c;
        const to = (top + y) * stride + (left + x) * c;
        for (let k = 0; k < c; k++) out.data[to + k] = level(images.data[from + k]!);
      }
    }
  }
  return out;
}

/** Spacing of the images in a grid, in pixels; null for a picture [h, w, 3] that is not a grid. */
export function gridPitch({ shape, data }: NdArray<"uint8">): { readonly x: number; readonly y: number } | null {
  const [h, w] = shape as [number, number, number];
  const isLine = (length: number, at: (i: number) => number): boolean =>
    Array.from({ length }, (_, i) => data[at(i)]).every((value) => value === gapLevel);
  const isRow = (y: number): boolean => isLine(3 * w, (i) => 3 * y * w + i);
  const isColumn = (x: number): boolean => isLine(3 * h, (i) => 3 * (Math.floor(i / 3) * w + x) + (i % 3));
  const [y, x] = [secondLine(h, isRow), secondLine(w, isColumn)];
  return x === null || y === null ? null : { x, y };
}

/** Position of the second separator line. */
function secondLine(size: number, isLine: (at: number) => boolean): number | null {
  if (!isLine(0)) return null;
  const places = Array.from({ length: size - gap }, (_, i) => i + gap);
  return places.find((at, i) => i > 0 && isLine(at)) ?? null;
}

function level(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}

/** Alternates rows of items [n, h, w, c] and of their results [n, h, w, c], `columns` at a time. */
export function pairRows(items: NdArray, results: NdArray, columns: number): NdArray<"float32"> {
  const n = items.shape[0]!;
  const width = items.data.length / n;
  const lines = Math.floor(n / columns);
  const out = zeros([lines * 2 * columns, ...items.shape.slice(1)]);
  for (let line = 0; line < lines; line++) {
    const [start, stop] = [line * columns, (line + 1) * columns];
    out.data.set(rows(items, start, stop).data as never, 2 * start * width);
    out.data.set(rows(results, start, stop).data as never, (2 * start + columns) * width);
  }
  return out;
}

/**
 * Codes for a latent traversal: for each code and each latent in `order`, `columns` values of that latent from -range
 * to range, with all others unchanged; [code, latent, column] flattened to [n, d].
 */
export function traversalCodes(
  code: NdArray,
  order: readonly number[],
  columns: number,
  range: number,
): NdArray<"float32"> {
  const d = code.shape.at(-1)!;
  const out = zeros([order.length * columns, d]);
  order.forEach((latent, row) => {
    for (let column = 0; column < columns; column++) {
      const at = (row * columns + column) * d;
      out.data.set(code.data.subarray(0, d) as never, at);
      out.data[at + latent] = -range + (2 * range * column) / (columns - 1);
    }
  });
  return out;
}

/** Codes [side * side, 2] at quantiles of the standard normal: equal steps of probability along both axes. */
export function manifoldCodes(side: number): NdArray<"float32"> {
  const quantiles = Array.from({ length: side }, (_, i) => normalQuantile((i + 0.5) / side));
  const data = quantiles.toReversed().flatMap((vertical) => quantiles.flatMap((horizontal) => [horizontal, vertical]));
  return ndarray("float32", [side * side, 2], Float32Array.from(data));
}

/**
 * Quantile function of the standard normal for p in (0, 1), accurate to about 1e-9.
 * @source Acklam's rational approximation (2003).
 */
export function normalQuantile(p: number): number {
  const centre = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ];
  const centreBelow = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
  ];
  const tail = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const tailBelow = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
  if (p > 0.97575) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(tail, q) / polynomial(tailBelow, q);
  }
  const q = p - 0.5;
  return (q * polynomial(centre, q * q)) / polynomial(centreBelow, q * q);
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((total, coefficient) => total * x + coefficient, 0);
}
