import { DataError } from "../base/errors.ts";
import { type NdArray, type Shape, castTo, formatShape, zeros } from "../base/ndarray.ts";
import { resizeBilinear, resizeToBytes } from "../data/index.ts";

/** Floats in [0, 1], or bytes. */
type Pixels = "float32" | "uint8";

/** A net from images to images as large. */
export interface ImageNet {
  /** Of one image, [h, w, c]; h and w are -1 where it takes any size. */
  readonly shape: Shape;
  /** Images [n, h, w, c] into such: floats in [0, 1] give floats, bytes give bytes. */
  run<D extends Pixels>(images: NdArray<D>): Promise<NdArray<D>>;
}

/** A function of images in [0, 1] as one of bytes too. */
export function ofPixels(run: (images: NdArray) => Promise<NdArray>): ImageNet["run"] {
  return async <D extends Pixels>(images: NdArray<D>): Promise<NdArray<D>> => {
    if (images.dtype !== "uint8") return (await run(images)) as NdArray<D>;
    const made = await run(toUnit(castTo(images, "float32"), images.dtype));
    return toBytes(made) as NdArray<D>;
  };
}

/**
 * Brings images [n, h, w, c] into [0, 1], in place, as pictures and metrics take them; leaves points alone, and values that
 * are not finite, which tell that a run has diverged.
 */
export function clipped(items: NdArray): NdArray {
  if (items.shape.length !== 4) return items;
  const { data } = items;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value < 0 && value !== -Infinity) data[i] = 0;
    else if (value > 1 && value !== Infinity) data[i] = 1;
  }
  return items;
}

/** Images in [0, 1] as bytes, values beyond brought there. */
export function toBytes(images: NdArray): NdArray<"uint8"> {
  const out = zeros(images.shape, "uint8");
  for (let i = 0; i < out.data.length; i++) out.data[i] = toByte(images.data[i]!);
  return out;
}

function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 1 ? 255 : Math.floor(255 * value + 0.5);
}

/** How images of other sizes go through a net. */
export const fits = ["resize", "tiles"] as const;
/** How an image of another size is brought through a net. */
export type Fit = (typeof fits)[number];

/**
 * One image [h, w, c] of any size through a net, into an image of the same size. `resize` brings it to the net's size and
 * back (bilinear, antialiased; proportions give way), `tiles` cuts it into tiles of the net's size that overlap by half and
 * fade into each other. An image of the net's own size goes through as it is, and so does any where the net takes any.
 * @throws DataError when channels differ, or an image to be cut is smaller than a tile.
 */
export async function translateImage<D extends Pixels>(
  net: ImageNet,
  image: NdArray<D>,
  fit: Fit,
): Promise<NdArray<D>> {
  const [height, width, channels] = image.shape as [number, number, number];
  const [tall, wide] = net.shape as [number, number, number];
  if (channels !== net.shape[2]) {
    throw new DataError(`images must have ${net.shape[2]} channels - got ${formatShape(image.shape)}`);
  }
  const one: NdArray<D> = { ...image, shape: [1, ...image.shape] };
  if (tall === -1 || (height === tall && width === wide)) return first(await net.run(one));
  if (fit === "tiles") return throughTiles(net, image);
  const made = await net.run(toUnit(resizeBilinear(one, [tall, wide]), image.dtype));
  const back = image.dtype === "uint8" ? resizeToBytes : resizeBilinear;
  return first(back(made, [height, width])) as NdArray<D>;
}

/** Numbers that came of bytes, brought to [0, 1] in place. */
function toUnit(images: NdArray<"float32">, of: Pixels): NdArray<"float32"> {
  if (of === "uint8") for (let i = 0; i < images.data.length; i++) images.data[i]! /= 255;
  return images;
}

function first<D extends Pixels>(images: NdArray<D>): NdArray<D> {
  return { ...images, shape: images.shape.slice(1) };
}

/** Tile by tile; what later tiles can still change is held apart, so that memory is that of a row of tiles. */
async function throughTiles<D extends Pixels>(net: ImageNet, image: NdArray<D>): Promise<NdArray<D>> {
  const [height, width, channels] = image.shape as [number, number, number];
  const [tall, wide] = net.shape as [number, number, number];
  if (height < tall || width < wide) {
    throw new DataError(
      `an image must be at least as large as a tile, ${tall} x ${wide} - got ${height} x ${width}`,
      "use --fit resize for any size",
    );
  }
  const out = zeros(image.shape, image.dtype);
  const [tops, lefts] = [starts(height, tall), starts(width, wide)];
  const [down, across] = [weightsAlong(height, tops, tall), weightsAlong(width, lefts, wide)];
  const line = width * channels;
  const band = new Float64Array(tall * line);
  const fading = Float64Array.from({ length: wide }, (_, x) => fade(x, wide));
  const bytes = image.dtype === "uint8";
  for (const [i, top] of tops.entries()) {
    for (const left of lefts) {
      const made = await net.run(toUnit(cut(image, top, left, tall, wide), image.dtype));
      for (let y = 0, from = 0; y < tall; y++) {
        const vertical = fade(y, tall);
        for (let x = 0, to = y * line + left * channels; x < wide; x++) {
          const weight = vertical * fading[x]!;
          for (let c = 0; c < channels; c++, from++, to++) band[to]! += weight * made.data[from]!;
        }
      }
    }
    // Rows above the next tiles are done.
    const done = (tops[i + 1] ?? top + tall) - top;
    for (let y = 0; y < done; y++) {
      for (let x = 0, at = y * line, to = (top + y) * line; x < width; x++) {
        const weight = down[top + y]! * across[x]!;
        for (let c = 0; c < channels; c++, at++, to++) {
          const value = Math.fround(band[at]! / weight);
          out.data[to] = bytes ? toByte(value) : value;
        }
      }
    }
    band.copyWithin(0, done * line).fill(0, (tall - done) * line);
  }
  return out;
}

/** Where tiles begin that overlap by half; the last ends where the image does. */
function starts(length: number, tile: number): number[] {
  const count = Math.ceil((length - tile) / Math.max(1, Math.floor(tile / 2))) + 1;
  return Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * (length - tile)) / (count - 1))));
}

/** Weight of a tile's pixel, most in the middle and never 0. */
function fade(place: number, length: number): number {
  return Math.min(place + 1, length - place);
}

/** Sum of the weights of all tiles at each place of a line. */
function weightsAlong(length: number, begins: readonly number[], tile: number): Float64Array {
  const out = new Float64Array(length);
  for (const begin of begins) for (let at = 0; at < tile; at++) out[begin + at]! += fade(at, tile);
  return out;
}

function cut(image: NdArray, top: number, left: number, tall: number, wide: number): NdArray<"float32"> {
  const [, width, channels] = image.shape as [number, number, number];
  const out = zeros([1, tall, wide, channels]);
  for (let y = 0; y < tall; y++) {
    const from = ((top + y) * width + left) * channels;
    out.data.set(image.data.subarray(from, from + wide * channels) as never, y * wide * channels);
  }
  return out;
}
