import type { Shape } from "../base/ndarray.ts";

/**
 * What to do about images [h, w, c] that cannot be halved so often: a size next to theirs that can. Images in files are brought
 * to it; arrays have one already.
 * @param multiple What height and width are to be multiples of. @param least The smallest of them.
 */
export function sizeAdvice([height, width]: Shape, multiple: number, least: number = multiple): string {
  const side = Math.min(height!, width!) / multiple;
  const sizes = new Set([Math.floor(side), Math.ceil(side)].map((n) => Math.max(least, n * multiple)));
  const flags = [...sizes].map((size) => `--size ${size}`).join(" or ");
  return `resize the images of a folder with ${flags}; resize arrays of images before saving them`;
}
