import { OptionError } from "../base/errors.ts";
import { type NdArray, joinRows, sizeOf, zeros } from "../base/ndarray.ts";
import { fold, key } from "../base/random.ts";
import type { Generator } from "../models/index.ts";
import { drawNoise } from "../trained/index.ts";

/** The noise from which one item is generated. */
export type Noise = Pick<Generator, "noise" | "shape">;

/** Noise of the items `start` to `stop` of a seed: that of item `i` depends only on the seed and `i`. */
export function noiseOfSeed(noise: Noise, seed: number, start: number, stop: number): NdArray {
  return drawNoise(noise, fold(key(seed), "sample"), stop - start, start);
}

/** Noise of the first item of each of the given seeds. */
export function noiseOfSeeds(noise: Noise, seeds: readonly number[]): NdArray {
  return joinRows(seeds.map((seed) => noiseOfSeed(noise, seed, 0, 1)));
}

/** Maximum number of seeds in a list. */
const maxSeeds = 1_000_000;

/** `0-63`, `3`, or `1,5,8-11`. @throws OptionError for other text. */
export function seedsOf(text: string): number[] {
  const seeds: number[] = [];
  for (const part of text.split(",")) {
    const match = /^\s*(\d{1,15})(?:-(\d{1,15}))?\s*$/.exec(part);
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || last < first || seeds.length + last - first >= maxSeeds) {
      throw new OptionError(
        `--seeds must be seeds and ranges of them, at most ${maxSeeds} in all - got ${text}`,
        "for example --seeds 0-63, or --seeds 3,17,20-25",
      );
    }
    for (let seed = first; seed <= last; seed++) seeds.push(seed);
  }
  return seeds;
}

/**
 * Codes between each row and the next, and from the last back to the first, `steps` each: along great circles, so that
 * codes keep the norm of Gaussian noise.
 * @source White, "Sampling Generative Networks" (2016), section 2.1
 */
export function interpolated(codes: NdArray, steps: number): NdArray<"float32"> {
  const count = codes.shape[0]!;
  const width = sizeOf(codes.shape.slice(1));
  const out = zeros([count * steps, ...codes.shape.slice(1)]);
  for (let i = 0; i < count; i++) {
    const from = codes.data.subarray(i * width, (i + 1) * width);
    const next = ((i + 1) % count) * width;
    const to = codes.data.subarray(next, next + width);
    for (let step = 0; step < steps; step++) {
      const [a, b] = slerpWeights(from, to, step / steps);
      const at = (i * steps + step) * width;
      for (let j = 0; j < width; j++) out.data[at + j] = a * from[j]! + b * to[j]!;
    }
  }
  return out;
}

/** Weights of two vectors at a fraction of the way between them. */
function slerpWeights(from: ArrayLike<number>, to: ArrayLike<number>, share: number): [number, number] {
  let [dot, a, b] = [0, 0, 0];
  for (let j = 0; j < from.length; j++) {
    dot += from[j]! * to[j]!;
    a += from[j]! ** 2;
    b += to[j]! ** 2;
  }
  const angle = Math.acos(Math.min(1, Math.max(-1, dot / Math.sqrt(a * b))));
  // Parallel vectors do not define a great circle.
  if (!(Math.sin(angle) > 1e-6)) return [1 - share, share];
  return [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
}
