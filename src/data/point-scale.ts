import { DataError } from "../base/errors.ts";
import { sizeOf } from "../base/ndarray.ts";
import { type PointScale, intoScale } from "../base/point-scale.ts";
import { range } from "../base/range.ts";
import { type Dataset, readExact } from "./dataset.ts";

/** Relative difference below which numbers differ only by float64 rounding. */
const rounding = 2 ** -50;
/** Values per read. */
const numbersAtOnce = 2 ** 20;

/**
 * Running mean and standard deviation of each coordinate of points, in float64 (Welford). @throws DataError from `scale` for
 * differences that underflow.
 */
export class PointMoments {
  private count = 0;
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;
  private readonly first: Float64Array;
  /** For each coordinate, the first value that differs from the value in `first`; NaN if there is none. */
  private readonly other: Float64Array;

  /** @param name Name of the data, for messages. */
  constructor(
    private readonly name: string,
    private readonly width: number,
  ) {
    this.mean = new Float64Array(width);
    this.squares = new Float64Array(width);
    this.first = new Float64Array(width);
    this.other = new Float64Array(width).fill(NaN);
  }

  /** Adds points, `[n, width]` in C order. */
  add(points: Float32Array | Float64Array): void {
    const { width, mean, squares, first, other } = this;
    if (this.count === 0) first.set(points.subarray(0, width));
    for (let from = 0; from < points.length; from += width) {
      this.count++;
      for (let column = 0; column < width; column++) {
        const value = points[from + column]!;
        const distance = value - mean[column]!;
        mean[column]! += distance / this.count;
        squares[column]! += distance * (value - mean[column]!);
        if (value !== first[column] && Number.isNaN(other[column])) other[column] = value;
      }
    }
  }

  /** @throws DataError for a coordinate whose values differ by so little that their squared differences underflow to 0. */
  scale(): PointScale {
    const { mean, squares, count } = this;
    const deviation = Array.from(squares, (sum, column) => {
      const own = Math.sqrt(sum / count);
      if (own === 0) this.requireOneValue(column);
      // Rounding may leave a small deviation for equal numbers.
      return own > rounding * Math.abs(mean[column]!) ? own : 1;
    });
    return { mean: [...mean], deviation };
  }

  private requireOneValue(column: number): void {
    const [first, other] = [this.first[column]!, this.other[column]!];
    if (Number.isNaN(other)) return;
    throw new DataError(
      `${this.name}: the values of a column must differ by at least 1e-150, because the squares of smaller differences underflow - got ${first} and ${other} for x${column + 1}`,
      "use a smaller unit: multiply the column by a constant",
    );
  }
}

/** Mean and standard deviation of each coordinate over all points, each read once. @throws DataError as `PointMoments`. */
export async function pointScaleOf(points: Dataset): Promise<PointScale> {
  const moments = new PointMoments(points.name, sizeOf(points.shape));
  for await (const numbers of inOrder(points)) moments.add(numbers);
  return moments.scale();
}

/** Whether a column of points has the same number throughout. */
export async function isConstantColumn(points: Dataset, column: number): Promise<boolean> {
  const width = sizeOf(points.shape);
  let first: number | undefined;
  for await (const numbers of inOrder(points)) {
    first ??= numbers[column]!;
    for (let at = column; at < numbers.length; at += width) if (numbers[at] !== first) return false;
  }
  return true;
}

/** The values of all points in order, in chunks of whole points. */
async function* inOrder(points: Dataset): AsyncGenerator<Float32Array | Float64Array> {
  const atOnce = Math.max(1, Math.floor(numbersAtOnce / sizeOf(points.shape)));
  for (let start = 0; start < points.size; start += atOnce) {
    yield (await readExact(points, range(start, Math.min(points.size, start + atOnce)))).data;
  }
}

/** The same points standardised to mean 0 and deviation 1 by the scale; unchanged without one. */
export function standardised(data: Dataset, scale: PointScale | undefined): Dataset {
  if (scale === undefined) return data;
  const read: Dataset["read"] = async (indices) => intoScale(await readExact(data, indices), scale);
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
  };
}
