import { DataError } from "../base/errors.ts";
import { type NdArray, type Shape, formatShape, sizeOf, zeros } from "../base/ndarray.ts";
import { resizeBilinear } from "../data/index.ts";

/** Input of a net: vectors [d], or images [h, w, c]. An extent of -1 accepts any size. */
export interface FeatureInput {
  /** Name of the net, for messages. */
  readonly name: string;
  readonly shape: Shape;
}

/** How images are resized to the input. */
export function resizeRule({ shape }: FeatureInput): string {
  const [h, w] = shape;
  return shape.length !== 3 || h === -1 || w === -1 ? "none" : `bilinear, antialiased, to ${h} x ${w}`;
}

/**
 * Items in the shape of an input: images are resized, and grey ones repeated over the channels if several are needed.
 * @throws DataError when the items do not fit.
 */
export function fitItems(items: NdArray, input: FeatureInput): NdArray {
  const { shape } = input;
  const [h, w, c] = shape as [number, number, number];
  if (items.shape.length !== shape.length + 1) throw unfit(items, input);
  if (shape.length === 1) {
    if (h === -1 || h === items.shape[1]) return items;
    throw unfit(items, input);
  }
  const coloured = withChannels(items, c);
  if (coloured === null) throw unfit(items, input);
  const same = h === -1 || w === -1 || (h === items.shape[1] && w === items.shape[2]);
  return same ? coloured : resizeBilinear(coloured, [h, w]);
}

/** Flattens each item to a vector: [n, d]. */
export function flatItems(items: NdArray): NdArray {
  return { ...items, shape: [items.shape[0]!, sizeOf(items.shape.slice(1))] };
}

/** Null if images have another number of channels and are not grey. */
function withChannels(images: NdArray, channels: number): NdArray | null {
  const own = images.shape[3]!;
  if (channels === -1 || own === channels) return images;
  if (own !== 1) return null;
  const out = zeros([...images.shape.slice(0, 3), channels]);
  for (let i = 0; i < images.data.length; i++) out.data.fill(images.data[i]!, i * channels, (i + 1) * channels);
  return out;
}

function unfit(items: NdArray, { name, shape }: FeatureInput): DataError {
  const wanted = shape.map((extent) => (extent === -1 ? "any" : extent));
  return new DataError(
    `${name} takes items of ${formatShape(wanted)} - got ${formatShape(items.shape.slice(1))}`,
    shape.length === 3
      ? "images are resized and greyscale is repeated to three channels, but colour is not removed and points are not images"
      : undefined,
  );
}
