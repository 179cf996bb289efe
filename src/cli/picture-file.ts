import { extname } from "node:path";

import { OptionError } from "../base/errors.ts";
import { type NdArray, castTo } from "../base/ndarray.ts";
import { encodeCsv } from "../codec/csv.ts";
import { encodeNpy } from "../codec/npy.ts";
import { encodePng } from "../codec/png.ts";
import type { Dataset } from "../data/index.ts";
import { toChannelsFirst } from "../train/index.ts";

const itemFiles =
  ".png is a grid of images or a plot of points, .npy a float32 array [n, c, h, w] or [n, d], .csv a table of points";

/** Bytes that a number of the items takes, at the most, while they are written: in a table, and in a grid of small images enlarged. */
const bytesPerNumber: Readonly<Record<string, number>> = { ".npy": 8, ".csv": 32, ".png": 64 };

/** Bytes that an item of so many numbers takes, itself and as it is written to a file of that name. */
export function bytesToWrite(path: string, numbers: number): number {
  return numbers * (2 * Float32Array.BYTES_PER_ELEMENT + bytesPerNumber[extname(path)]!);
}

/** How items are written, by the file's ending. @throws OptionError for another ending. */
export function requireItemFile(path: string): void {
  if (![".png", ".npy", ".csv"].includes(extname(path))) {
    throw new OptionError(`--out: must end in .png, .npy or .csv - got ${path}`, itemFiles);
  }
}

/** @throws OptionError for a table of images. */
export function requireFitting(path: string, kind: Dataset["kind"]): void {
  if (extname(path) === ".csv" && kind !== "points") {
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

/** Items [n, h, w, c] or [n, d] as the bytes of a file of that name, whose ending fits them; `draw` makes a picture. */
export async function encodeItems(
  items: NdArray,
  path: string,
  about: string,
  draw: (items: NdArray) => Promise<NdArray<"uint8">>,
): Promise<Uint8Array> {
  if (extname(path) === ".npy") return encodeNpy(castTo(toChannelsFirst(items), "float32"));
  return extname(path) === ".csv" ? encodeCsv(castTo(items, "float32")) : encodePicture(await draw(items), about);
}

/** A picture [h, w, 1 or 3] as a PNG. */
export function encodePicture(picture: NdArray<"uint8">, about: string): Promise<Uint8Array> {
  return encodePng(picture, { Software: "zaya", Description: about });
}
