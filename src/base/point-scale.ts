import { type NdArray, ndarray, zeros } from "./ndarray.ts";

/** Mean and deviation of each coordinate of points: what is taken from them, and what they are divided by. */
export interface PointScale {
  readonly mean: readonly number[];
  /** 1 for a coordinate that is the same throughout. */
  readonly deviation: readonly number[];
}

/** Steps of float32 that a deviation must have for its numbers to be as good as in float64. */
export const enoughSteps = 1000;

/** The distance from a number of this size to the next float32. */
export function float32Step(size: number): number {
  return 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(size))) - 23);
}

/** The coordinates that float32 has too few steps for: far from 0, and close to each other, as times of a day in seconds since 1970. */
export function coarseCoordinates({ mean, deviation }: PointScale): number[] {
  return [...mean.keys()].filter(
    (column) => mean[column] !== 0 && deviation[column]! < enoughSteps * float32Step(mean[column]!),
  );
}

/** Points [n, ..., d] with mean 0 and deviation 1. */
export function intoScale({ shape, data }: NdArray, { mean, deviation }: PointScale): NdArray<"float32"> {
  const width = mean.length;
  const out = zeros(shape);
  for (let i = 0; i < data.length; i++) out.data[i] = (data[i]! - mean[i % width]!) / deviation[i % width]!;
  return out;
}

/** Points [n, ..., d] of mean 0 and deviation 1 in their own units, in float64. */
export function outOfScale({ shape, data }: NdArray, { mean, deviation }: PointScale): NdArray<"float64"> {
  const width = mean.length;
  const out = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = data[i]! * deviation[i % width]! + mean[i % width]!;
  return ndarray("float64", shape, out);
}
