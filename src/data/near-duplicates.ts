import { OptionError } from "../base/errors.ts";
import { range } from "../base/range.ts";
import type { Dataset } from "./dataset.ts";
import { resizeBilinear } from "./resize-bilinear.ts";

/** Nearly equal images among those compared. */
export interface NearDuplicates {
  /** Each such image, with one that it nearly equals. */
  readonly pairs: readonly (readonly [image: number, near: number])[];
  /** Number of images compared. */
  readonly of: number;
}

/** Side in pixels at which images are compared. */
const side = 8;
/** Two images are nearly equal if their mean absolute difference is below this. */
const nearDistance = 2 / 255;
const maxCompared = 10_000;
const chunk = 256;

/**
 * Images that nearly equal another one: resized to 8 x 8, their mean absolute difference is below 2 / 255. All pairs
 * among the first 10,000 images are compared.
 * @throws OptionError for anything but images.
 */
export async function nearDuplicates(dataset: Dataset): Promise<NearDuplicates> {
  if (dataset.kind !== "image") {
    throw new OptionError(`items must be images - got ${dataset.kind} in ${dataset.name}`);
  }
  const images = byBrightness(await thumbnails(dataset));
  const found = new Map<number, number>();
  images.forEach((image, i) => {
    // The mean difference is at least the difference of the means, so images whose means differ more can be skipped.
    for (let j = i + 1; j < images.length && images[j]!.mean - image.mean < nearDistance; j++) {
      const other = images[j]!;
      if ((found.has(image.at) && found.has(other.at)) || !nearlyEqual(image.pixels, other.pixels)) continue;
      if (!found.has(image.at)) found.set(image.at, other.at);
      if (!found.has(other.at)) found.set(other.at, image.at);
    }
  });
  return { pairs: [...found].toSorted(([a], [b]) => a - b), of: images.length };
}

async function thumbnails(dataset: Dataset): Promise<Float32Array[]> {
  const count = Math.min(dataset.size, maxCompared);
  const out: Float32Array[] = [];
  for (let start = 0; start < count; start += chunk) {
    const images = await dataset.read(range(start, Math.min(count, start + chunk)));
    const { data } = resizeBilinear(images, [side, side]);
    const extent = side * side * dataset.shape[2]!;
    for (let at = 0; at < data.length; at += extent) out.push(data.slice(at, at + extent));
  }
  return out;
}

interface Thumbnail {
  /** Index of the image. */
  readonly at: number;
  readonly pixels: Float32Array;
  readonly mean: number;
}

/** In ascending order of brightness. */
function byBrightness(all: readonly Float32Array[]): Thumbnail[] {
  const images = all.map((pixels, at) => ({
    at,
    pixels,
    mean: pixels.reduce((sum, value) => sum + value, 0) / pixels.length,
  }));
  return images.toSorted((a, b) => a.mean - b.mean);
}

function nearlyEqual(a: Float32Array, b: Float32Array): boolean {
  const maxSum = nearDistance * a.length;
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    sum += Math.abs(a[i]! - b[i]!);
    if (sum >= maxSum) return false;
  }
  return true;
}
