import { constants } from "node:buffer";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { DataError, OptionError } from "../base/errors.ts";
import { gibibytes } from "../base/gibibytes.ts";
import { type NdArray, ndarray } from "../base/ndarray.ts";
import { type SkippedFile, skippedWords } from "../data/dataset.ts";
import { type NumberType, type ValueScale, scaleOf } from "../data/value-scale.ts";
import { type Decoding, type ImageHeader, type Picture, openImage } from "./decode-image.ts";
import { listFiles } from "./list-files.ts";
import { availableMemory } from "./memory.ts";
import { readRegular } from "./read-file.ts";

export interface ImageOptions extends Decoding {
  /** Maximum number of readable images. */
  readonly limit?: number | undefined;
}

export interface ImageFolderOptions extends ImageOptions {
  /** Read only these files. */
  readonly only?: ReadonlySet<string> | undefined;
}

/** Bytes of an image file from any source. */
export interface EncodedImage {
  /** Its name, for messages. */
  readonly file: string;
  /** @throws Error with the reason if there are none. */
  bytes(): Promise<Uint8Array>;
}

export interface ReadImages {
  /** `[n, h, w, c]`; `c` is 1 when every image is grey, else 3. */
  readonly items: NdArray<"uint8">;
  /** Name of each item; in a folder, its relative path with "/". */
  readonly files: readonly string[];
  /** For each item, the index of the given image. */
  readonly places: readonly number[];
  /** How values were scaled to [0, 1], for each type among them. */
  readonly scales: readonly ValueScale[];
  /** Notes on how the files were interpreted, one sentence each. */
  readonly notes: readonly string[];
  readonly skipped: readonly SkippedFile[];
}

export interface ReadImageFolder extends ReadImages {
  /** Files beyond the limit, which were not opened. */
  readonly unread: readonly string[];
}

/** An image whose header has been read, with its index among the given images. */
interface Opened extends ImageHeader {
  readonly file: string;
  readonly place: number;
}

/** Maximum size of an image file. */
const maxFileBytes = 2 ** 30;
/** Maximum number of bytes that are decoded concurrently, unless a single image needs more. */
const decodedTogether = 2 ** 28;
/** Maximum number of pixels of an image without resizing. */
const maxItemPixels = 2 ** 24;

/**
 * Reads all images in a folder and its subfolders, sorted by path, except hidden ones.
 * @throws DataError if no file is a readable image. @throws OptionError if sizes differ and none is given.
 */
export async function readImageFolder(folder: string, options: ImageFolderOptions = {}): Promise<ReadImageFolder> {
  const { only } = options;
  const skipped: SkippedFile[] = [];
  const listed = await listFiles(folder, skipped);
  const files = only === undefined ? listed : listed.filter((file) => only.has(file));
  // Bytes instead of a path: sharp caches the contents of a path, even if the file has changed.
  function* images(): Generator<EncodedImage> {
    for (const file of files) {
      yield { file, bytes: () => readRegular(join(folder, file), { bytes: maxFileBytes }) };
    }
  }
  const read = await readImages(folder, images(), files.length, options, skipped);
  if (read === null) throw noReadableImage(folder, skipped, "no files", "in this folder and the folders in it");
  const limited = read.files.length === options.limit;
  return { ...read, unread: limited ? files.slice(read.places.at(-1)! + 1) : [] };
}

/**
 * Reads images in any format that sharp supports, and TIFF files with any type of numbers. EXIF orientation is applied,
 * transparency is composited on white, values are converted to 8 bits, and of several frames the first is read. Null if no image
 * is readable; unreadable ones are added to `skipped`. Headers are read before anything is decoded, and no image beyond the limit
 * is opened.
 * @param where Subject of messages. @param count Maximum number of images.
 * @throws OptionError if sizes differ and none is given, or the images do not fit in memory.
 */
export async function readImages(
  where: string,
  images: Iterable<EncodedImage> | AsyncIterable<EncodedImage>,
  count: number,
  options: ImageOptions,
  skipped: SkippedFile[],
): Promise<ReadImages | null> {
  const { limit = Infinity } = options;
  const items = new ItemBuffer(where, Math.min(count, limit));
  const types = new Set<NumberType>();
  const severalFrames: Opened[] = [];
  let first: Opened | undefined;
  let place = 0;
  // In groups, in order: the errors and the items do not depend on which image finishes first.
  for await (const group of inGroups(images, () => Math.min(2 * availableParallelism(), limit - items.size))) {
    const headers = await Promise.all(group.map((encoded) => openEncoded(encoded, place++, options)));
    const opened = headers.filter((header) => "decode" in header);
    first ??= opened[0];
    if (options.size === undefined) for (const image of opened) requireOneSize(where, first!, image);
    const pictures = await decodeAll(opened, options);
    for (const image of headers) {
      if ("reason" in image) {
        skipped.push(image);
        continue;
      }
      const picture = pictures.get(image)!;
      if (typeof picture === "string") {
        skipped.push({ file: image.file, reason: picture });
        continue;
      }
      items.add(picture, image);
      types.add(image.type);
      if (image.frames > 1) severalFrames.push(image);
    }
    if (items.size >= limit) break;
  }
  if (items.size === 0) return null;
  return {
    items: items.array(),
    files: items.files,
    places: items.places,
    scales: [...types].flatMap((type) => scaleOf(type) ?? []),
    notes: severalFrames.length === 0 ? [] : [framesNote(severalFrames)],
    skipped,
  };
}

/** @param size Size of the next group. */
async function* inGroups<T>(items: Iterable<T> | AsyncIterable<T>, size: () => number): AsyncGenerator<readonly T[]> {
  let group: T[] = [];
  let most = size();
  for await (const item of items) {
    group.push(item);
    if (group.length < most) continue;
    yield group;
    group = [];
    most = size();
  }
  if (group.length > 0) yield group;
}

async function decodeAll(images: readonly Opened[], how: Decoding): Promise<Map<Opened, Picture | string>> {
  const pictures = new Map<Opened, Picture | string>();
  for (const together of byMemory(images)) {
    const decoded = await Promise.all(together.map((image) => image.decode(how)));
    together.forEach((image, i) => pictures.set(image, decoded[i]!));
  }
  return pictures;
}

/** Groups of images that can be decoded concurrently. */
function byMemory(images: readonly Opened[]): Opened[][] {
  const groups: Opened[][] = [];
  let left = 0;
  for (const image of images) {
    if (image.memory > left) {
      groups.push([]);
      left = decodedTogether;
    }
    groups.at(-1)!.push(image);
    left -= image.memory;
  }
  return groups;
}

async function openEncoded(
  { file, bytes: read }: EncodedImage,
  place: number,
  { half }: Decoding,
): Promise<Opened | SkippedFile> {
  let bytes: Uint8Array;
  try {
    bytes = await read();
  } catch (error) {
    return { file, reason: `cannot be read: ${(error as Error).message}` };
  }
  const opened = await openImage(bytes, file);
  if (typeof opened === "string") return { file, reason: opened };
  const { width, height } = opened;
  if (half !== undefined && width !== 2 * height) {
    return { file, reason: `${width} x ${height}, not twice as wide as high` };
  }
  return { ...opened, file, place };
}

function framesNote(images: readonly Opened[]): string {
  const shown = images.slice(0, 3).map(({ file, frames }) => `${file} (${frames})`);
  const more = images.length > shown.length ? `, and ${images.length - shown.length} more` : "";
  const what = images.length === 1 ? "1 file" : `${images.length} files`;
  return `${what} with several frames, of which only the first is read: ${shown.join(", ")}${more}`;
}

/** Sizes are read from headers, before anything is decoded. */
function requireOneSize(where: string, first: Opened, other: Opened): void {
  if (first.width !== other.width || first.height !== other.height) {
    throw new OptionError(
      `${where}: images must have one size - got ${first.file} (${first.width} x ${first.height}) and ${other.file} (${other.width} x ${other.height})`,
      "--size N scales and crops all images to N x N; 64 or another multiple of 4 works for every recipe",
    );
  }
  if (first.width * first.height <= maxItemPixels) return;
  throw new OptionError(
    `${where}: images must have at most ${Math.sqrt(maxItemPixels)} x ${Math.sqrt(maxItemPixels)} pixels - got ${first.file} (${first.width} x ${first.height})`,
    "--size N scales and crops all images to N x N",
  );
}

/** Collects items in memory reserved for the maximum number; the system commits it as it is filled. */
class ItemBuffer {
  readonly files: string[] = [];
  readonly places: number[] = [];
  private first: Picture | undefined;
  private channels: 1 | 3 = 1;
  private data = new Uint8Array(0);

  constructor(
    private readonly where: string,
    /** Maximum number of items. */
    private readonly capacity: number,
  ) {}

  get size(): number {
    return this.files.length;
  }

  add(picture: Picture, { file, place }: Opened): void {
    const { pixels } = picture;
    if (this.first === undefined || picture.channels > this.channels) this.widen(picture);
    const extent = this.extent();
    const at = this.size * extent;
    if (picture.channels === this.channels) this.data.set(pixels, at);
    else for (let i = 0; i < pixels.length; i++) this.data.fill(pixels[i]!, at + 3 * i, at + 3 * i + 3);
    this.files.push(file);
    this.places.push(place);
  }

  array(): NdArray<"uint8"> {
    const { width, height } = this.first!;
    const shape = [this.size, height, width, this.channels];
    return ndarray("uint8", shape, this.data.subarray(0, this.size * this.extent()));
  }

  private extent(): number {
    return this.first!.width * this.first!.height * this.channels;
  }

  /** Allocates memory for the first image, or converts the grey images so far to three channels. */
  private widen(picture: Picture): void {
    const before = this.data.subarray(0, this.size === 0 ? 0 : this.size * this.extent());
    this.first ??= picture;
    this.channels = picture.channels;
    const bytes = this.capacity * this.extent();
    if (bytes > Math.min(constants.MAX_LENGTH, availableMemory())) {
      const { width, height } = this.first;
      throw new OptionError(
        `${this.where}: images must fit in memory - got ${this.capacity} of ${width} x ${height}, ${gibibytes(bytes)}`,
        "resize them with --size N, or use fewer with --limit N",
      );
    }
    this.data = new Uint8Array(bytes);
    for (let i = 0; i < before.length; i++) this.data.fill(before[i]!, 3 * i, 3 * i + 3);
  }
}

/** @param none What the message reports if nothing was skipped. @param place Location in which images are expected. */
export function noReadableImage(
  where: string,
  skipped: readonly SkippedFile[],
  none: string,
  place: string,
): DataError {
  return new DataError(
    `${where} must hold at least one image - got ${skipped.length === 0 ? none : skippedWords(skipped)}`,
    `PNG, JPEG, WebP, GIF, TIFF and AVIF are read, ${place}`,
  );
}
