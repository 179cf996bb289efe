import { extname } from "node:path";

import { OptionError } from "../base/errors.ts";
import { type NdArray, castTo } from "../base/ndarray.ts";
import { encodeCsv } from "../codec/csv.ts";
import { encodeNpy } from "../codec/npy.ts";
import { encodePng } from "../codec/png.ts";
import type { Dataset } from "../data/index.ts";
import { imageGrid, toChannelsFirst } from "../train/index.ts";

const itemFiles = ".png is a grid of pictures, .npy a float32 array [n, c, h, w] or [n, d], .csv a table of points";

/** How items are written, by the file's ending. @throws OptionError for another ending. */
export function requireItemFile(path: string): void {
  if (![".png", ".npy", ".csv"].includes(extname(path))) {
    throw new OptionError(`--out: must end in .png, .npy or .csv - got ${path}`, itemFiles);
  }
}

/** @throws OptionError for a picture of points, and for a table of images. */
export function requireFitting(path: string, kind: Dataset["kind"]): void {
  const ending = extname(path);
  if (ending === ".png" && kind !== "image") {
    throw new OptionError(`--out: only images can be drawn - got points for ${path}`, "write a .npy or a .csv file");
  }
  if (ending === ".csv" && kind !== "points") {
    throw new OptionError(`--out: only points make a table - got images for ${path}`, "write a .png or a .npy file");
  }
}

/** The ending of a file of items where nobody says. */
export function usualEnding(kind: Dataset["kind"]): string {
  return kind === "image" ? ".png" : ".npy";
}

/** @throws OptionError when the path does not end in .png. */
export function requirePicture(path: string): void {
  if (extname(path) !== ".png") throw new OptionError(`--out: must end in .png - got ${path}`);
}

/** Items [n, h, w, c] or [n, d] as the bytes of a file of that name, whose ending fits them. */
export async function encodeItems(items: NdArray, path: string, about: string): Promise<Uint8Array> {
  if (extname(path) === ".npy") return encodeNpy(castTo(toChannelsFirst(items), "float32"));
  return extname(path) === ".csv" ? encodeCsv(castTo(items, "float32")) : encodePicture(items, 8, about);
}

/** Images [n, h, w, c] in [0, 1] as a PNG, so many in a row. */
export function encodePicture(images: NdArray, columns: number, about: string): Promise<Uint8Array> {
  return encodePng(imageGrid(images, { columns }), { Software: "zaya", Description: about });
}
