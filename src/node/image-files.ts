import { stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";

import { DataError } from "../base/errors.ts";
import { type NdArray, ndarray } from "../base/ndarray.ts";
import type { SkippedFile } from "../data/dataset.ts";
import { openImage } from "./decode-image.ts";
import { listFiles } from "./list-files.ts";
import { readRegular } from "./read-file.ts";
import { loadSharp } from "./sharp.ts";

const jpeg = { format: "jpeg", quality: 95 } as const;
/** Without this setting, sharp writes TIFF with lossy JPEG compression. */
const tiff = { format: "tiff", compression: "lzw" } as const;

/** Formats in which images are written, by file name ending. PNG has no quality setting here, because sharp would then reduce it to a palette. */
const formats = {
  ".png": { format: "png" },
  ".jpg": jpeg,
  ".jpeg": jpeg,
  ".webp": { format: "webp", quality: 95 },
  ".tif": tiff,
  ".tiff": tiff,
} as const;

/** File name endings of the formats in which images can be written. */
export const imageEndings = Object.keys(formats);

function formatOf(path: string): (typeof formats)[keyof typeof formats] | undefined {
  return formats[extname(path).toLowerCase() as keyof typeof formats];
}

/** The file name under which an image is written: with `.png` appended if its own format is only read. */
export function writableName(file: string): string {
  return formatOf(file) === undefined ? `${file}.png` : file;
}

/**
 * The files in a folder and its subfolders, sorted, as relative paths, and those that cannot be opened; null for a
 * file.
 * @throws DataError when there is neither, or the folder cannot be read.
 */
export async function filesIn(
  path: string,
): Promise<{ readonly files: string[]; readonly skipped: SkippedFile[] } | null> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new DataError(`images must be in a file or a folder that exists - got ${path}`);
  if (!found.isDirectory()) return null;
  const skipped: SkippedFile[] = [];
  return { files: await listFiles(resolve(path), skipped), skipped };
}

/**
 * One image file as bytes [h, w, channels], with EXIF orientation applied and transparency on white.
 * @param tell Called with a message if the file has several frames or pages, of which only the first is read.
 * @throws DataError when it cannot be read as an image.
 */
export async function readImage(
  path: string,
  channels: 1 | 3,
  tell?: (message: string) => void,
): Promise<NdArray<"uint8">> {
  const opened = await openImage(await readRegular(path), path);
  if (typeof opened !== "string" && opened.frames > 1)
    tell?.(`${path}: only the first of ${opened.frames} frames is read`);
  const picture = typeof opened === "string" ? opened : await opened.decode({ channels });
  if (typeof picture === "string") throw new DataError(`${path} must be an image - got ${picture}`);
  return ndarray("uint8", [picture.height, picture.width, channels], picture.pixels);
}

/** Encodes an image [h, w, 1 or 3] of bytes in the format of the file name's ending. */
export async function encodeImage(image: NdArray<"uint8">, path: string): Promise<Uint8Array> {
  const open = await loadSharp();
  const [height, width, channels] = image.shape as [number, number, 1 | 3];
  const raw = { width, height, channels };
  const coloured = open(image.data, { raw }).toColourspace(channels === 1 ? "b-w" : "srgb");
  const { format, ...how } = formatOf(path)!;
  return coloured.toFormat(format, how).toBuffer();
}

/**
 * Encodes images [n, h, w, 1 or 3] of bytes as a looping animation, .webp or .gif. @param delay Milliseconds per image.
 */
export async function encodeAnimation(images: NdArray<"uint8">, path: string, delay: number): Promise<Uint8Array> {
  const open = await loadSharp();
  const [n, height, width, channels] = images.shape as [number, number, number, 1 | 3];
  const raw = { width, height: n * height, channels, pageHeight: height };
  const frames = open(images.data, { raw }).toColourspace("srgb");
  const how = { loop: 0, delay: new Array<number>(n).fill(delay) };
  return (extname(path).toLowerCase() === ".gif" ? frames.gif(how) : frames.webp({ ...how, quality: 90 })).toBuffer();
}

/** Path of a file of one folder in another folder. */
export function counterpart(folder: string, file: string): string {
  return join(folder, ...writableName(file).split("/"));
}
