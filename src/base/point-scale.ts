import { type NdArray, ndarray, zeros } from "./ndarray.ts";

/** Mean and standard deviation of each coordinate of points, by which they are standardised. */
export interface PointScale {
  readonly mean: readonly number[];
  /** 1 for a constant coordinate. */
  readonly deviation: readonly number[];
}

/** Number of float32 steps per standard deviation at which float32 is precise enough. */
export const enoughSteps = 1000;

/** The spacing of float32 numbers at this magnitude. */
export function float32Step(size: number): number {
  return 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(size))) - 23);
}

/** The coordinates that float32 cannot resolve because they are far from 0 and close together, such as the times of one day in seconds since 1970. */
export function coarseCoordinates({ mean, deviation }: PointScale): number[] {
  return [...mean.keys()].filter(
    (column) => mean[column] !== 0 && deviation[column]! < enoughSteps * float32Step(mean[column]!),
  );
}

/** Standardises points [n, ..., d] to mean 0 and standard deviation 1. */
export function intoScale({ shape, data }: NdArray, { mean, deviation }: PointScale): NdArray<"float32"> {
  const width = mean.length;
  const out = zeros(shape);
  for (let i = 0; i < data.length; i++) out.data[i] = (data[i]! - mean[i % width]!) / deviation[i % width]!;
  return out;
}

/** Converts standardised points [n, ..., d] back to their original units, in float64. */
export function outOfScale({ shape, data }: NdArray, { mean, deviation }: PointScale): NdArray<"float64"> {
  const width = mean.length;
  const out = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = data[i]! * deviation[i % width]! + mean[i % width]!;
  return ndarray("float64", shape, out);
}
