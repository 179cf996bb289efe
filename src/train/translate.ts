import { DataError } from "../base/errors.ts";
import { type NdArray, type Shape, formatShape, ndarray, zeros } from "../base/ndarray.ts";
import { resizeBilinear } from "../data/index.ts";

/** A net from images to images of one size, [n, h, w, c] in [0, 1]. */
export interface ImageNet {
  /** Of one image, [h, w, c]. */
  readonly shape: Shape;
  run(images: NdArray): Promise<NdArray>;
}

/** How images of other sizes go through a net. */
export const fits = ["resize", "tiles"] as const;
export type Fit = (typeof fits)[number];

/**
 * One image [h, w, c] of any size through a net, into an image of the same size. `resize` brings it to the net's size and
 * back (bilinear, antialiased; proportions give way), `tiles` cuts it into tiles of the net's size that overlap by half and
 * fade into each other. An image of the net's own size goes through as it is.
 * @throws DataError when channels differ, or an image to be cut is smaller than a tile.
 */
export async function translateImage(net: ImageNet, image: NdArray, fit: Fit): Promise<NdArray> {
  const [height, width, channels] = image.shape as [number, number, number];
  if (channels !== net.shape[2]) {
    throw new DataError(`translate: images must have ${net.shape[2]} channels - got ${formatShape(image.shape)}`);
  }
  const one: NdArray = { ...image, shape: [1, ...image.shape] };
  if (height === net.shape[0] && width === net.shape[1]) return first(await net.run(one));
  if (fit === "tiles") return throughTiles(net, image);
  const made = await net.run(resizeBilinear(one, [net.shape[0]!, net.shape[1]!]));
  return first(resizeBilinear(made, [height, width]));
}

function first(images: NdArray): NdArray {
  return { ...images, shape: images.shape.slice(1) };
}

async function throughTiles(net: ImageNet, image: NdArray): Promise<NdArray> {
  const [height, width, channels] = image.shape as [number, number, number];
  const [tall, wide] = net.shape as [number, number, number];
  if (height < tall || width < wide) {
    throw new DataError(
      `translate: an image that is cut into tiles must not be smaller than one, ${tall} x ${wide} - got ${height} x ${width}`,
      "--fit resize takes any size",
    );
  }
  const sums = zeros([height, width, channels], "float64");
  const weights = new Float64Array(height * width);
  for (const top of starts(height, tall)) {
    for (const left of starts(width, wide)) {
      const made = await net.run(cut(image, top, left, tall, wide));
      for (let y = 0; y < tall; y++) {
        for (let x = 0; x < wide; x++) {
          const weight = fade(y, tall) * fade(x, wide);
          const at = (top + y) * width + left + x;
          weights[at]! += weight;
          for (let c = 0; c < channels; c++) {
            sums.data[at * channels + c]! += weight * made.data[(y * wide + x) * channels + c]!;
          }
        }
      }
    }
  }
  const data = Float32Array.from(sums.data, (sum, i) => sum / weights[Math.floor(i / channels)]!);
  return ndarray("float32", image.shape, data);
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

function cut(image: NdArray, top: number, left: number, tall: number, wide: number): NdArray<"float32"> {
  const [, width, channels] = image.shape as [number, number, number];
  const out = zeros([1, tall, wide, channels]);
  for (let y = 0; y < tall; y++) {
    const from = ((top + y) * width + left) * channels;
    out.data.set(image.data.subarray(from, from + wide * channels) as never, y * wide * channels);
  }
  return out;
}
