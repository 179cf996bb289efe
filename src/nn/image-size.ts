import type { Shape } from "../base/ndarray.ts";

/**
 * Hint for images [h, w, c] that cannot be halved often enough: the nearest size that can. Images in files are resized
 * to it; arrays keep their size.
 * @param multiple Height and width must be multiples of this.
 * @param least Smallest height and width.
 */
export function sizeAdvice([height, width]: Shape, multiple: number, least: number = multiple): string {
  const side = Math.min(height!, width!) / multiple;
  const sizes = new Set([Math.floor(side), Math.ceil(side)].map((n) => Math.max(least, n * multiple)));
  const flags = [...sizes].map((size) => `--size ${size}`).join(" or ");
  return `resize the images of a folder with ${flags}; resize arrays of images before saving them`;
}
