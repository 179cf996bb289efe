import { significant } from "../base/digits.ts";
import { range } from "../base/range.ts";
import type { Dataset } from "./dataset.ts";
import type { ValueScale } from "./value-scale.ts";

/** The lowest and the highest value of images that use only a small part of [0, 1]. */
export interface NarrowRange {
  readonly min: number;
  readonly max: number;
}

/** Share of [0, 1] up to which a range is narrow: 14 bits stored in 16 use a quarter. */
const narrow = 1 / 4;
const chunk = 256;

/** The range of images whose values all lie within a quarter of [0, 1]; null if they use more, and for points. */
export async function narrowRange(dataset: Dataset): Promise<NarrowRange | null> {
  if (dataset.kind === "points") return null;
  let [min, max] = [1, 0];
  for (let start = 0; start < dataset.size; start += chunk) {
    const { data } = await dataset.read(range(start, Math.min(dataset.size, start + chunk)));
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    // In most data, the first images already contain black and white.
    if (max - min > narrow) return null;
  }
  return { min, max };
}

/** A warning about images in a narrow range, with the likely cause. */
export function narrowRangeWarning({ min, max }: NarrowRange, scales: readonly ValueScale[] = []): string {
  const [scale] = scales.length === 1 ? scales : [];
  const lies = min === max ? `all values are ${brief(min)}` : `all values lie between ${brief(min)} and ${brief(max)}`;
  const inFile =
    scale === undefined || scale.high === 1
      ? ""
      : `, ${leastInType(min, scale)} to ${leastInType(max, scale)} in ${scale.type}`;
  return `${lies} on the scale from 0 to 1${inFile}: ${remedyFor({ min, max }, scale)}`;
}

function remedyFor({ min, max }: NarrowRange, scale: ValueScale | undefined): string {
  const deep = scale !== undefined && scale.high > 255;
  if (min === max) {
    const nothing = "the images contain no information";
    return deep && max === 0
      ? `${nothing}; if these are 8-bit numbers stored in ${bitsOf(scale)} bits, save 257 * a`
      : nothing;
  }
  const whole = scale !== undefined && scale.high > 1;
  if (whole && max * scale.high <= 1 + rounding) return `save a mask of 0 and 1 as ${scale.high} * a`;
  if (whole && min * scale.high < 1) {
    const used = Math.log2(leastInType(max, scale) + 1);
    // Above 8 bits, cameras and microscopes have one of a few bit depths.
    const bits = deep ? (depths.find((depth) => depth >= used) ?? Infinity) : Math.ceil(used);
    if (bits < bitsOf(scale))
      return `if these are ${bits}-bit numbers stored in ${bitsOf(scale)} bits, save ${2 ** (bitsOf(scale) - bits)} * a`;
  }
  return "the contrast is too low to learn from; rescale all images by (a - low) / (high - low)";
}

const depths = [8, 10, 12, 14, 16];
/** Rounding tolerance of a float32 value around a whole number. */
const rounding = 1e-2;

function bitsOf({ high }: ValueScale): number {
  return Math.log2(high + 1);
}

/**
 * Whether a value is one of the 256 levels of 8 bits: the images were then converted, and the file's own number is
 * known only approximately.
 */
function isLevel(value: number): boolean {
  return Math.abs(255 * value - Math.round(255 * value)) < 1e-4;
}

/** The smallest number of the file's own type that the value can stand for, given rounding to 256 levels. */
function leastInType(value: number, { high }: ValueScale): number {
  if (high <= 255 || !isLevel(value)) return Math.round(value * high);
  return Math.max(0, Math.ceil(((Math.round(255 * value) - 0.5) * high) / 255));
}

function brief(value: number): string {
  return String(significant(value, 2));
}
