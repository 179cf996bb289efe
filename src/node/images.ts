import { constants } from "node:buffer";
import { readFile, readdir, realpath, stat } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";

import type { OutputInfo, Sharp } from "sharp";

import { DataError, EngineError, OptionError } from "../base/errors.ts";
import { type NdArray, ndarray } from "../base/ndarray.ts";
import type { SkippedFile } from "../data/dataset.ts";

export interface ImageOptions {
  /** Side in pixels: each image is scaled to cover a square of it, and its centre kept. Without, all must have one size. */
  readonly size?: number | undefined;
  /** Stop after so many readable images. */
  readonly limit?: number | undefined;
  /** Keep one half of each, which must be twice as wide as high; `size` is that of the half. */
  readonly half?: "left" | "right" | undefined;
}

export interface ImageFolderOptions extends ImageOptions {
  /** Read no other files than these. */
  readonly only?: ReadonlySet<string> | undefined;
}

/** The bytes of an image file, wherever they lie. */
export interface EncodedImage {
  /** What it is called. */
  readonly file: string;
  /** @throws Error why there are none. */
  bytes(): Promise<Uint8Array>;
}

export interface ReadImages {
  /** `[n, h, w, c]`; `c` is 1 when every image is grey, else 3. */
  readonly items: NdArray<"uint8">;
  /** What the images are called, in the order of the items; in a folder paths from it, with "/". */
  readonly files: readonly string[];
  /** For each item which of the given images it is. */
  readonly places: readonly number[];
  readonly skipped: readonly SkippedFile[];
}

interface Decoded {
  readonly data: Uint8Array;
  readonly info: OutputInfo;
}

interface Picture {
  readonly file: string;
  /** Which of the given images it is. */
  readonly place: number;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

/** A file of a few kilobytes can claim to be larger than the memory. */
const mostPixels = 2 ** 28;

/**
 * All images in a folder and the folders in it, sorted by path, hidden ones left out.
 * @throws DataError when no file is a readable image. @throws OptionError when sizes differ and none is asked for.
 */
export async function readImageFolder(folder: string, options: ImageFolderOptions = {}): Promise<ReadImages> {
  const { only } = options;
  const skipped: SkippedFile[] = [];
  const listed = await listFiles(folder, "", [], skipped).catch((error: unknown) => {
    throw new DataError(
      `readImageFolder: ${folder} must be a folder that can be read - got ${(error as Error).message}`,
    );
  });
  const files = listed.filter((file) => only?.has(file) ?? true).sort();
  // The bytes rather than the path: sharp keeps what it has read from a path, even when the file has changed.
  const images = files.map((file): EncodedImage => ({ file, bytes: () => readFile(join(folder, file)) }));
  const where = `readImageFolder: ${folder}`;
  const read = await readImages(where, images, files.length, options, skipped);
  if (read === null) throw nothingRead(where, skipped, "no files", "in this folder and the folders in it");
  return read;
}

/**
 * Images in any format that sharp reads: turned upright as EXIF says, transparency laid on white, 16 bits brought to 8, the first
 * picture of an animation. Null when none is readable; what is not is added to `skipped`.
 * @param where Who reads what, for messages. @param count How many there are at most.
 * @throws OptionError when sizes differ and none is asked for, or they do not fit in memory.
 */
export async function readImages(
  where: string,
  images: Iterable<EncodedImage> | AsyncIterable<EncodedImage>,
  count: number,
  options: ImageOptions,
  skipped: SkippedFile[],
): Promise<ReadImages | null> {
  const { limit = Infinity } = options;
  const open = await loadSharp();
  const pictures: Picture[] = [];
  let place = 0;
  // Group by group, in order: whichever image finishes first, the same error is thrown and the same items are kept.
  for await (const group of inGroups(images, 2 * availableParallelism())) {
    for (const result of await Promise.all(group.map((image) => readPicture(open, image, place++, options)))) {
      if (pictures.length >= limit) break;
      if ("reason" in result) skipped.push(result);
      else pictures.push(result);
    }
    checkSizes(where, pictures);
    checkMemory(where, pictures, Math.min(count, limit));
    if (pictures.length >= limit) break;
  }
  if (pictures.length === 0) return null;
  return {
    items: stack(pictures),
    files: pictures.map(({ file }) => file),
    places: pictures.map((picture) => picture.place),
    skipped,
  };
}

async function* inGroups<T>(items: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** `above` are the real paths of the folders that lead here, so that a link back up is not followed for ever. */
export async function listFiles(
  root: string,
  at: string,
  above: readonly string[],
  skipped: SkippedFile[],
): Promise<string[]> {
  const here = await realpath(join(root, at));
  if (above.includes(here)) return [];
  const files: string[] = [];
  for (const entry of await readdir(here)) {
    if (entry.startsWith(".")) continue;
    const file = at === "" ? entry : `${at}/${entry}`;
    try {
      const found = await stat(join(here, entry));
      if (found.isDirectory()) files.push(...(await listFiles(root, file, [...above, here], skipped)));
      else if (found.isFile()) files.push(file);
    } catch (error) {
      skipped.push({ file, reason: reasonOf(error) });
    }
  }
  return files;
}

export type Open = (typeof import("sharp"))["default"];

/** Loaded only where images are read: it takes a tenth of a second, and has a binary of its own for each system. */
export async function loadSharp(): Promise<Open> {
  try {
    return (await import("sharp")).default;
  } catch (error) {
    throw new EngineError(
      `readImageFolder: sharp must load to read images - got ${(error as Error).message.split("\n")[0]}`,
      "run npm install again on this machine: sharp comes with a binary for each system",
    );
  }
}

async function readPicture(
  open: Open,
  { file, bytes: read }: EncodedImage,
  place: number,
  how: ImageOptions,
): Promise<Picture | SkippedFile> {
  const bytes = await read().catch((error: unknown) => reasonOf(error));
  if (typeof bytes === "string") return { file, reason: bytes };
  if (bytes.length === 0) return { file, reason: "empty file" };
  // The step that fails is the reason: the texts of sharp's errors get mixed up between images decoded at one time.
  const image = open(bytes, { failOn: "truncated", limitInputPixels: false });
  const header = await image.metadata().catch(() => null);
  if (header === null) return { file, reason: "not an image" };
  if (header.width * header.height > mostPixels) {
    return { file, reason: `${header.width} x ${header.height}, more than ${mostPixels} pixels` };
  }
  const { width, height } = header.autoOrient;
  if (how.half !== undefined) {
    if (width !== 2 * height) return { file, reason: `${width} x ${height}, not twice as wide as high` };
    // Cut before it is scaled, so that neither half has anything of the other at the seam.
    image.autoOrient().extract({ left: how.half === "left" ? 0 : height, top: 0, width: height, height });
  }
  const channels = header.space === "b-w" || header.space === "grey16" ? 1 : 3;
  const decoded = await decode(image, channels, how.size).catch(() => null);
  if (decoded === null) return { file, reason: "damaged or cut" };
  const { data, info } = decoded;
  return { file, place, width: info.width, height: info.height, channels, pixels: data };
}

export function decode(image: Sharp, channels: 1 | 3, size: number | undefined): Promise<Decoded> {
  image.autoOrient().flatten({ background: "#fff" });
  if (size !== undefined) {
    image.resize(size, size, {
      fit: "cover",
      position: "centre",
      kernel: "lanczos3",
      fastShrinkOnLoad: false,
    });
  }
  const coloured = image.toColourspace(channels === 1 ? "b-w" : "srgb");
  return coloured.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
}

function reasonOf(error: unknown): string {
  return `cannot be read: ${(error as Error).message}`;
}

function checkSizes(where: string, pictures: readonly Picture[]): void {
  const first = pictures[0];
  const other = pictures.find(({ width, height }) => width !== first?.width || height !== first.height);
  if (first === undefined || other === undefined) return;
  throw new OptionError(
    `${where}: images must have one size - got ${first.file} (${first.width} x ${first.height}) and ${other.file} (${other.width} x ${other.height})`,
    `--size N scales and crops each to N x N`,
  );
}

/** `count` is how many images there will be at most. */
function checkMemory(where: string, pictures: readonly Picture[], count: number): void {
  const first = pictures[0];
  if (first === undefined) return;
  const channels = pictures.some((picture) => picture.channels === 3) ? 3 : 1;
  const bytes = count * first.width * first.height * channels;
  if (bytes <= Math.min(constants.MAX_LENGTH, totalmem())) return;
  throw new OptionError(
    `${where}: images must fit in memory - got ${count} of ${first.width} x ${first.height}, ${(bytes / 2 ** 30).toFixed(1)} GiB`,
    "--size N makes them smaller, --limit N takes fewer",
  );
}

/** Grey images are widened to three equal channels when others have colour. */
function stack(pictures: readonly Picture[]): NdArray<"uint8"> {
  const { width, height } = pictures[0]!;
  const channels = pictures.every((picture) => picture.channels === 1) ? 1 : 3;
  const extent = width * height * channels;
  const data = new Uint8Array(pictures.length * extent);
  for (const [n, picture] of pictures.entries()) {
    const { pixels } = picture;
    if (picture.channels === channels) data.set(pixels, n * extent);
    else for (let i = 0; i < extent; i++) data[n * extent + i] = pixels[Math.floor(i / channels)]!;
  }
  return ndarray("uint8", [pictures.length, height, width, channels], data);
}

/** @param none What there is where nothing was passed over. @param place Where images may lie. */
export function nothingRead(where: string, skipped: readonly SkippedFile[], none: string, place: string): DataError {
  const shown = skipped.slice(0, 3).map(({ file, reason }) => `${file} (${reason})`);
  const more = skipped.length > shown.length ? `, and ${skipped.length - shown.length} more` : "";
  return new DataError(
    `${where} must hold at least one image - got ${skipped.length === 0 ? none : shown.join(", ")}${more}`,
    `png, jpeg, webp, gif, tiff and avif are read, ${place}`,
  );
}
