import { stat } from "node:fs/promises";
import { extname } from "node:path";

import { OptionError } from "../base/errors.ts";
import { type NdArray, castTo, reshaped } from "../base/ndarray.ts";
import { encodeCsv } from "../codec/csv.ts";
import { encodeNpy } from "../codec/npy.ts";
import { encodePng } from "../codec/png.ts";
import type { Dataset } from "../data/index.ts";
import { encodeAnimation, encodeImage } from "../node/index.ts";
import { imageGrid } from "../plot/index.ts";
import { toBytes, toChannelsFirst } from "../trained/index.ts";

/** Formats of single images. */
export const imageFormats = ["png", "jpg", "webp"] as const;

/** Maximum bytes of memory per value of an item while items are written: as text in a table, or enlarged in an image grid. */
const bytesPerNumber: Readonly<Record<string, number>> = {
  ".npy": 8,
  ".csv": 32,
  ".png": 64,
  ".jpg": 64,
  ".webp": 64,
  ".gif": 8,
};

const itemFiles =
  ".png, .jpg and .webp hold an image grid, a single image or a plot of points; .npy a float32 array [n, c, h, w] or [n, d]; .csv a table of points; folder/ one file per image";

/** Milliseconds per frame of an animation. */
const frameTime = 40;

/** Encodes items as a picture. */
export type DrawItems = (items: NdArray) => Promise<NdArray<"uint8">>;

/** Whether a path denotes a folder: it ends with a slash, or is one. */
export async function isFolder(path: string): Promise<boolean> {
  if (/[\\/]$/.test(path)) return true;
  return (await stat(path).catch(() => null))?.isDirectory() === true;
}

/** Bytes of an item with this many numbers, in memory and when written to a file of that name. */
export function bytesToWrite(path: string, numbers: number): number {
  return numbers * (2 * Float32Array.BYTES_PER_ELEMENT + bytesPerNumber[endingOf(path)]!);
}

/** How items are written, by the file's ending. @throws OptionError for another ending. */
export function requireItemFile(path: string): void {
  if (![".npy", ".csv", ...pictureEndings].includes(endingOf(path))) {
    throw new OptionError(`--out must end in .png, .jpg, .webp, .npy, .csv or / - got ${path}`, itemFiles);
  }
}

const pictureEndings = imageFormats.map((format) => `.${format}`);

/** @throws OptionError for a file that holds no animation. */
export function requireFilmFile(path: string): void {
  if (![".webp", ".gif"].includes(endingOf(path))) {
    throw new OptionError(`an animation must end in .webp or .gif - got --out ${path}`);
  }
}

function endingOf(path: string): string {
  return extname(path).toLowerCase();
}

/** @throws OptionError for a table of images. */
export function requireFitting(path: string, kind: Dataset["kind"]): void {
  if (endingOf(path) === ".csv" && kind !== "points") {
    throw new OptionError(`a table holds points - got images for --out ${path}`, "write a .png or a .npy file");
  }
}

/** The default ending of a file of items. */
export function defaultEnding(kind: Dataset["kind"]): string {
  return kind === "image" ? ".png" : ".npy";
}

/** @throws OptionError when the path does not end in .png. */
export function requirePicture(path: string): void {
  if (endingOf(path) !== ".png") throw new OptionError(`--out must end in .png - got ${path}`);
}

/** Encodes items [n, h, w, c] or [n, d] for a file of that name, whose ending suits them. */
export async function encodeItems(items: NdArray, path: string, about: string, draw: DrawItems): Promise<Uint8Array> {
  const ending = endingOf(path);
  const numbers = items.dtype === "float64" ? castTo(items, "float64") : castTo(items, "float32");
  if (ending === ".npy") return encodeNpy(toChannelsFirst(numbers));
  if (ending === ".csv") return encodeCsv(numbers);
  const picture = await draw(items);
  return ending === ".png" ? encodePicture(picture, about) : encodeImage(picture, path);
}

/** Images [n, h, w, c] in [0, 1]: a grid of them, or a single one unchanged. */
export function imagesPicture(images: NdArray): NdArray<"uint8"> {
  return images.shape[0] === 1 ? reshaped(toBytes(images), images.shape.slice(1)) : imageGrid(images);
}

/** Encodes images [n, h, w, c] in [0, 1] as a looping animation. */
export function encodeFilm(images: NdArray, path: string): Promise<Uint8Array> {
  return encodeAnimation(toBytes(images), path, frameTime);
}

/** A picture [h, w, 1 or 3] as a PNG. */
export function encodePicture(picture: NdArray<"uint8">, about: string): Promise<Uint8Array> {
  return encodePng(picture, { Software: "zaya", Description: about });
}
