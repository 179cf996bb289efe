import { extname } from "node:path";

import { OptionError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { castTo } from "../base/ndarray.ts";
import { encodeNpy } from "../codec/npy.ts";
import { encodePng } from "../codec/png.ts";
import { imageGrid, toChannelsFirst } from "../train/index.ts";

/** How items are written, by the file's ending. @throws OptionError for another ending. */
export function requireItemFile(path: string): void {
  if (![".png", ".npy"].includes(extname(path))) {
    throw new OptionError(
      `--out: must end in .png or .npy - got ${path}`,
      ".png is a grid of pictures, .npy a float32 array [n, c, h, w]",
    );
  }
}

/** @throws OptionError when the path does not end in .png. */
export function requirePicture(path: string): void {
  if (extname(path) !== ".png") throw new OptionError(`--out: must end in .png - got ${path}`);
}

/** Items [n, h, w, c] or [n, d] as the bytes of a file of that name. @throws OptionError for a picture of points. */
export async function encodeItems(items: NdArray, path: string, about: string): Promise<Uint8Array> {
  if (extname(path) === ".npy") return encodeNpy(castTo(toChannelsFirst(items), "float32"));
  if (items.shape.length !== 4) {
    throw new OptionError(
      `--out: only images can be drawn - got items of ${items.shape.slice(1).join(" x ")}`,
      "write them to a .npy file",
    );
  }
  return encodePicture(items, 8, about);
}

/** Images [n, h, w, c] in [0, 1] as a PNG, so many in a row. */
export function encodePicture(images: NdArray, columns: number, about: string): Promise<Uint8Array> {
  return encodePng(imageGrid(images, { columns }), { Software: "zaya", Description: about });
}
