import { DataError } from "../base/errors.ts";
import { sizeOf } from "../base/ndarray.ts";
import { type PointScale, intoScale } from "../base/point-scale.ts";
import { range } from "../base/range.ts";
import { type Dataset, readExact } from "./dataset.ts";

/** Relative difference below which numbers differ only by float64 rounding. */
const rounding = 2 ** -50;
/** Numbers per read. */
const numbersAtOnce = 2 ** 20;

/**
 * Mean and standard deviation of each coordinate over all points, in float64, for points in units of their own;
 * undefined for all other data.
 */
export function pointScaleOf(data: Dataset): PointScale | undefined {
  if (data.ownUnits !== true) return undefined;
  const width = sizeOf(data.shape);
  const [mean, squares] = [new Float64Array(width), new Float64Array(width)];
  const atOnce = Math.max(1, Math.floor(numbersAtOnce / width));
  for (let start = 0; start < data.size; start += atOnce) {
    const stop = Math.min(data.size, start + atOnce);
    const items = readExact(data, range(start, stop)).data;
    for (let n = start; n < stop; n++) {
      for (let column = 0; column < width; column++) {
        const distance = items[(n - start) * width + column]! - mean[column]!;
        mean[column]! += distance / (n + 1);
        squares[column]! += distance * (items[(n - start) * width + column]! - mean[column]!);
      }
    }
  }
  const deviation = Array.from(squares, (sum, column) => {
    const own = Math.sqrt(sum / data.size);
    if (own === 0) requireOneValue(data, column);
    // Rounding may leave a small deviation for equal numbers.
    return own > rounding * Math.abs(mean[column]!) ? own : 1;
  });
  return { mean: [...mean], deviation };
}

/**
 * @throws DataError for a coordinate whose values differ by so little that their squared differences underflow to 0.
 */
function requireOneValue(data: Dataset, column: number): void {
  const two = twoValues(data, column);
  if (two === null) return;
  throw new DataError(
    `${data.name}: numbers of a column must differ by 1e-150 or more, as smaller differences have no squares - got ${two[0]} and ${two[1]} for x${column + 1}`,
    "give them in another unit: multiply the column by one number",
  );
}

/** The first value of a coordinate, and the first value that differs from it; null if all are equal. */
export function twoValues(data: Dataset, column: number): [number, number] | null {
  const width = sizeOf(data.shape);
  const first = readExact(data, range(0, 1)).data[column]!;
  const atOnce = Math.max(1, Math.floor(numbersAtOnce / width));
  for (let start = 0; start < data.size; start += atOnce) {
    const items = readExact(data, range(start, Math.min(data.size, start + atOnce))).data;
    for (let at = column; at < items.length; at += width) if (items[at] !== first) return [first, items[at]!];
  }
  return null;
}

/** The same points standardised to mean 0 and deviation 1 by the scale; unchanged without one. */
export function standardised(data: Dataset, scale: PointScale | undefined): Dataset {
  if (scale === undefined) return data;
  const read: Dataset["read"] = (indices) => intoScale(readExact(data, indices), scale);
  const { name, kind, shape, size, labels, skipped, fingerprint } = data;
  return {
    name,
    kind,
    shape,
    size,
    labels,
    skipped,
    fingerprint,
    read,
    ...(data.classNames && { classNames: data.classNames }),
    ...(data.prefetch && { prefetch: (indices: ArrayLike<number>) => data.prefetch!(indices) }),
  };
}
