import { range } from "../base/range.ts";
import type { Dataset } from "./dataset.ts";
import type { ValueScale } from "./value-scale.ts";

/** The lowest and the highest value of images that use little of [0, 1]. */
export interface NarrowRange {
  readonly min: number;
  readonly max: number;
}

/** Share of [0, 1] that values of images leave no more than: 14 bits in 16 are a quarter. */
const narrow = 1 / 4;
const chunk = 256;

/** The range of images whose values all lie in a quarter of [0, 1] or less; null where they use more, and of points. */
export function narrowRange(dataset: Dataset): NarrowRange | null {
  if (dataset.kind === "points") return null;
  let [min, max] = [1, 0];
  for (let start = 0; start < dataset.size; start += chunk) {
    const { data } = dataset.read(range(start, Math.min(dataset.size, start + chunk)));
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    // Most data have black and white among the first images.
    if (max - min > narrow) return null;
  }
  return { min, max };
}

/** What a person should know of images in a narrow range, and likely did not mean. */
export function narrowRangeWarning({ min, max }: NarrowRange, scales: readonly ValueScale[] = []): string {
  const [scale] = scales.length === 1 ? scales : [];
  const lies = min === max ? `all values are ${brief(min)}` : `all values lie from ${brief(min)} to ${brief(max)}`;
  const told =
    scale === undefined || scale.high === 1 ? "" : `, ${inType(min, scale)} to ${inType(max, scale)} of ${scale.type}`;
  return `${lies} of [0, 1]${told}: ${remedyFor({ min, max }, scale)}`;
}

function remedyFor({ min, max }: NarrowRange, scale: ValueScale | undefined): string {
  if (min === max) return "there is nothing to learn from";
  const top = scale === undefined ? max : inType(max, scale);
  const whole = scale !== undefined && scale.high > 1;
  if (whole && top <= 1) return `a mask of 0 and 1 is saved as ${scale.high} * a`;
  const bits = Math.ceil(Math.log2(top + 1));
  const places = whole ? Math.log2(scale.high + 1) : 0;
  if (bits < places && min * (scale?.high ?? 1) < 1) {
    return `numbers of ${bits} bits in ${places}? save ${2 ** (places - bits)} * a`;
  }
  return "models learn little of so little contrast; (a - low) / (high - low) stretches all images alike";
}

/** Of images that were brought to 8 bits, the number in the file's own type that is at least there. */
function inType(value: number, { high }: ValueScale): number {
  const level = Math.round(255 * value);
  return high > 255 ? level * Math.floor((high + 1) / 256) : Math.round(value * high);
}

function brief(value: number): string {
  return String(Number(value.toPrecision(2)));
}
