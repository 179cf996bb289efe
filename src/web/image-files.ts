import { DataError } from "../base/errors.ts";
import { ndarray } from "../base/ndarray.ts";
import { type DataSplit, type SkippedFile, arrayDataset, splitOff } from "../data/index.ts";

/** Pictures in a page: files chosen by the user, drawn or fetched pictures. */
export type PictureSource = Blob | ImageBitmap | { readonly name: string; readonly picture: Blob | ImageBitmap };

/** Name, size and channels of images that a browser decodes. */
export interface PictureOptions {
  /** Name of the data. */
  readonly name: string;
  /** Side in pixels: pictures are scaled by their shorter side and centre-cropped. */
  readonly size: number;
  /** 1 for grey, 3 (default) for colour. */
  readonly channels?: 1 | 3;
}

/**
 * Pictures as data: EXIF orientation applied, transparency on white, scaled and cropped to squares [size, size,
 * channels]. A tenth of them, always the same, is the test split. Pictures that the browser cannot decode are skipped,
 * and listed.
 * @throws DataError when none can be read.
 */
export async function readPictures(sources: readonly PictureSource[], options: PictureOptions): Promise<DataSplit> {
  const { name, size, channels = 3 } = options;
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  const skipped: SkippedFile[] = [];
  const files: string[] = [];
  const items = new Uint8Array(sources.length * size * size * channels);
  for (const [i, source] of sources.entries()) {
    const { file, picture } = namedSource(source, i);
    const bitmap = await decoded(picture);
    if (bitmap === null) {
      skipped.push({ file, reason: "the browser cannot decode it" });
      continue;
    }
    draw(context, bitmap, size);
    if (bitmap !== picture) bitmap.close();
    const { data } = context.getImageData(0, 0, size, size);
    const start = files.length * size * size * channels;
    if (channels === 3) for (let p = 0; p < size * size; p++) items.set(data.subarray(4 * p, 4 * p + 3), start + 3 * p);
    else for (let p = 0; p < size * size; p++) items[start + p] = luma(data, 4 * p);
    files.push(file);
  }
  if (files.length === 0) {
    const first = skipped[0] === undefined ? "no picture" : `${skipped.length}, among them ${skipped[0].file}`;
    throw new DataError(`readPictures: ${name} must hold pictures that the browser can decode - got ${first}`);
  }
  const read = items.subarray(0, files.length * size * size * channels).slice();
  const shape = [files.length, size, size, channels];
  return splitOff(arrayDataset({ name, kind: "image", items: ndarray("uint8", shape, read), skipped, files }));
}

/** Pictures by URL. @throws DataError for one that cannot be fetched, or when none can be decoded. */
export async function fetchPictures(addresses: readonly (string | URL)[], options: PictureOptions): Promise<DataSplit> {
  const sources = await Promise.all(
    addresses.map(async (address) => {
      const response = await fetch(address);
      if (!response.ok) throw new DataError(`fetchPictures: ${String(address)} must be found - got ${response.status}`);
      return { name: String(address), picture: await response.blob() };
    }),
  );
  return readPictures(sources, options);
}

function namedSource(source: PictureSource, i: number): { file: string; picture: Blob | ImageBitmap } {
  if ("picture" in source) return { file: source.name, picture: source.picture };
  return { file: source instanceof File ? source.name : `picture ${i + 1}`, picture: source };
}

async function decoded(picture: Blob | ImageBitmap): Promise<ImageBitmap | null> {
  if (picture instanceof ImageBitmap) return picture;
  return createImageBitmap(picture, { imageOrientation: "from-image" }).catch(() => null);
}

function draw(context: OffscreenCanvasRenderingContext2D, bitmap: ImageBitmap, size: number): void {
  const scale = size / Math.min(bitmap.width, bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  context.fillStyle = "white";
  context.fillRect(0, 0, size, size);
  context.drawImage(bitmap, (size - width) / 2, (size - height) / 2, width, height);
}

/** ITU-R BT.601, as in JPEG. */
function luma(data: Uint8ClampedArray, at: number): number {
  return Math.round(0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!);
}
