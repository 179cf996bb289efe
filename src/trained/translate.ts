import { DataError, NotFiniteError } from "../base/errors.ts";
import { type NdArray, type Shape, castTo, formatShape, zeros } from "../base/ndarray.ts";
import { resizeBilinear, resizeToBytes } from "../data/index.ts";

/** Floats in [0, 1], or bytes. */
type Pixels = "float32" | "uint8";

/** An image-to-image net with outputs of the same size. */
export interface ImageNet {
  /** Shape of one image, [h, w, c]; h and w are -1 if any size is accepted. */
  readonly shape: Shape;
  /** Maps images [n, h, w, c] to images of the same shape and type: floats in [0, 1], or bytes. */
  run<D extends Pixels>(images: NdArray<D>): Promise<NdArray<D>>;
}

/** Extends a function of images in [0, 1] to bytes. */
export function ofPixels(run: (images: NdArray) => Promise<NdArray>): ImageNet["run"] {
  return async <D extends Pixels>(images: NdArray<D>): Promise<NdArray<D>> => {
    if (images.dtype !== "uint8") return (await run(images)) as NdArray<D>;
    const made = await run(toUnit(castTo(images, "float32"), images.dtype));
    return toBytes(made) as NdArray<D>;
  };
}

/**
 * Clips images [n, h, w, c] to [0, 1] in place; leaves points unchanged, and also non-finite values, which show that a
 * run diverged.
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

/**
 * Items [n, ...] unchanged, if all values are finite. @param what What they are, for the message.
 * @throws NotFiniteError naming the first other value and its item.
 */
export function finiteItems(items: NdArray, what = "samples"): NdArray {
  const { data, shape } = items;
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i]!)) continue;
    throw new NotFiniteError(
      `${what} must be finite - got ${data[i]} in item ${Math.floor((i * shape[0]!) / data.length)}`,
      "the run has diverged: check its losses",
    );
  }
  return items;
}

/** Images in [0, 1] as bytes of the same shape; values outside are clipped. */
export function toBytes(images: NdArray): NdArray<"uint8"> {
  const out = zeros(images.shape, "uint8");
  for (let i = 0; i < out.data.length; i++) out.data[i] = toByte(images.data[i]!);
  return out;
}

function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 1 ? 255 : Math.floor(255 * value + 0.5);
}

/** How images of other sizes are passed through a net. */
export const fits = ["resize", "tiles"] as const;
/** How an image of another size is passed through a net. */
export type Fit = (typeof fits)[number];

/**
 * Passes one image [h, w, c] of any size through a net, to an image of the same size. `resize` scales it to the net's
 * size and back (bilinear, antialiased, without keeping the aspect ratio); `tiles` cuts it into tiles of the net's size
 * that overlap by half and are blended. An image of the net's own size passes through unchanged, and so does any image
 * if the net accepts any size.
 * @throws DataError when the number of channels differs, or an image is smaller than a tile.
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

/** Scales numbers from bytes to [0, 1] in place. */
function toUnit(images: NdArray<"float32">, of: Pixels): NdArray<"float32"> {
  if (of === "uint8") for (let i = 0; i < images.data.length; i++) images.data[i]! /= 255;
  return images;
}

function first<D extends Pixels>(images: NdArray<D>): NdArray<D> {
  return { ...images, shape: images.shape.slice(1) };
}

/** Tile by tile; only rows that later tiles can still change are buffered, so memory is that of one row of tiles. */
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
    // Rows above the next tiles are complete.
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

/** Start positions of tiles that overlap by half; the last tile ends with the image. */
function starts(length: number, tile: number): number[] {
  const count = Math.ceil((length - tile) / Math.max(1, Math.floor(tile / 2))) + 1;
  return Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * (length - tile)) / (count - 1))));
}

/** Blending weight of a tile's pixel, largest in the middle and never 0. */
function fade(place: number, length: number): number {
  return Math.min(place + 1, length - place);
}

/** Sum of the weights of all tiles at each position of a line. */
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
