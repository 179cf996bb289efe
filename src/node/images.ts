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
  /** Read no other files than these. */
  readonly only?: ReadonlySet<string> | undefined;
}

/** Bytes of an image file from any source. */
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
  /** How numbers became [0, 1], for each type among them. */
  readonly scales: readonly ValueScale[];
  /** What was decided and is not to be seen from the items, a sentence each. */
  readonly notes: readonly string[];
  readonly skipped: readonly SkippedFile[];
}

export interface ReadImageFolder extends ReadImages {
  /** Files beyond the limit, which were not opened. */
  readonly unread: readonly string[];
}

/** An image whose header has been read, and which of the given ones it is. */
interface Opened extends ImageHeader {
  readonly file: string;
  readonly place: number;
}

/** A file larger than this is no image. */
const maxFileBytes = 2 ** 30;
/** Bytes that are decoded at one time, unless one image alone takes more. */
const decodedTogether = 2 ** 28;
/** Maximum number of pixels of an image without resizing. */
const maxItemPixels = 2 ** 24;

/**
 * All images in a folder and the folders in it, sorted by path, hidden ones left out.
 * @throws DataError when no file is a readable image. @throws OptionError when sizes differ and none is asked for.
 */
export async function readImageFolder(folder: string, options: ImageFolderOptions = {}): Promise<ReadImageFolder> {
  const { only } = options;
  const skipped: SkippedFile[] = [];
  const listed = await listFiles(folder, skipped);
  const files = only === undefined ? listed : listed.filter((file) => only.has(file));
  // The bytes rather than the path: sharp keeps what it has read from a path, even when the file has changed.
  function* images(): Generator<EncodedImage> {
    for (const file of files) {
      yield { file, bytes: () => readRegular(join(folder, file), { bytes: maxFileBytes }) };
    }
  }
  const read = await readImages(folder, images(), files.length, options, skipped);
  if (read === null) throw nothingRead(folder, skipped, "no files", "in this folder and the folders in it");
  const limited = read.files.length === options.limit;
  return { ...read, unread: limited ? files.slice(read.places.at(-1)! + 1) : [] };
}

/**
 * Images in any format that sharp reads, and TIFF files of any numbers: turned upright as EXIF says, transparency laid on white,
 * numbers brought to 8 bits, the first picture of several. Null where none is readable; what is not is added to `skipped`.
 * Headers are read before anything is decoded, and no image is opened beyond the limit.
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
  const items = new ItemBuffer(where, Math.min(count, limit));
  const types = new Set<NumberType>();
  const severalFrames: Opened[] = [];
  let first: Opened | undefined;
  let place = 0;
  // Group by group, in order: whichever image finishes first, the same error is thrown and the same items are kept.
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

/** @param size How many the next group is to have. */
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

/** Images that can be decoded at one time. */
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
    /** Items at most. */
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

  /** Room for the first image; or for three channels, grey images before repeated in each. */
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

/** @param none What was found if nothing was skipped. @param place Where images can be. */
export function nothingRead(where: string, skipped: readonly SkippedFile[], none: string, place: string): DataError {
  return new DataError(
    `${where} must hold at least one image - got ${skipped.length === 0 ? none : skippedWords(skipped)}`,
    `PNG, JPEG, WebP, GIF, TIFF and AVIF are read, ${place}`,
  );
}
