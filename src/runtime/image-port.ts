import { z } from "zod";

import { DataError, OptionError } from "../base/errors.ts";
import { type NdArray, type Shape, zeros } from "../base/ndarray.ts";
import type { OnnxValue } from "../onnx/index.ts";
import { type OnnxNet, describeValue } from "./onnx-net.ts";

/** Position of the channels: [n, c, h, w] or [n, h, w, c]. */
export const imageLayouts = ["channels-first", "channels-last"] as const;
/** Order of an image's axes in an ONNX file. */
export type ImageLayout = (typeof imageLayouts)[number];

/** Values of black and white in a file. */
export const valueRanges = { "0,1": [0, 1], "-1,1": [-1, 1], "0,255": [0, 255] } as const;
/** Range of an image's numbers at an input or output of an ONNX file. */
export type ValueRange = keyof typeof valueRanges;

/** Form of images at an input or output of a file. */
export interface ImagePort {
  readonly layout: ImageLayout;
  /** Null if unknown. */
  readonly range: ValueRange | null;
  /** [h, w, c] of one image; -1 for any. */
  readonly shape: Shape;
}

/** The form given by the user, for files that do not declare it. */
export interface ImageForm {
  readonly layout?: ImageLayout | undefined;
  readonly range?: ValueRange | undefined;
}

/** Metadata of an input or output in files written by zaya, as far as it is read again. */
const portFacts = z.object({ prior: z.string().nullable().optional() });
const fileFacts = z.record(z.string(), portFacts);
/** What an exported file records about an input or output. */
export type PortFacts = z.output<typeof portFacts>;

/**
 * The metadata of an input or output in a file written by zaya; null for other files. Its images are channels-first and in [0, 1],
 * even in older files without this metadata.
 */
export function factsOf({ header }: OnnxNet, { name }: OnnxValue): PortFacts | null {
  if (header.producer !== "zaya") return null;
  try {
    const { inputs = "{}", outputs = "{}" } = header.metadata;
    const [taken, given] = [inputs, outputs].map((text) => fileFacts.parse(JSON.parse(text)));
    return taken![name] ?? given![name] ?? {};
  } catch {
    return {};
  }
}

/**
 * Form of the images at an input or output: as given by the user, as declared by the file, or as implied by its shape.
 * @param shape Shape of an actual output, if the file does not declare it.
 * @throws DataError unless it has four axes. @throws OptionError if channels could be first or last.
 */
export function imagePort(
  net: OnnxNet,
  value: OnnxValue,
  form: ImageForm,
  flag: string,
  shape: Shape | null = null,
): ImagePort {
  const extents = (value.extents ?? shape ?? []).map((extent, axis) => {
    const declared = typeof extent === "number" ? { size: extent, symbol: "", denotation: "" } : extent;
    return { ...declared, size: declared.size ?? shape?.[axis] ?? null };
  });
  if (extents.length !== 4) {
    throw new DataError(`${net.name} must have images [n, c, h, w] or [n, h, w, c] - got ${describeValue(value)}`);
  }
  const facts = factsOf(net, value);
  const layout = form.layout ?? (facts === null ? layoutOf(extents) : "channels-first");
  if (layout === null) {
    throw new OptionError(
      `${net.name} must have an unambiguous channel axis - got ${describeValue(value)}, in which channels can be first or last`,
      `pass ${flag} channels-first or ${flag} channels-last`,
    );
  }
  const [, a, b, c] = extents.map(({ size }) => size ?? -1) as [number, number, number, number];
  const [h, w, channels] = layout === "channels-first" ? [b, c, a] : [a, b, c];
  if (channels !== -1 && channels > 4) {
    throw new DataError(
      `${net.name} must have images of 1 or 3 channels - got ${describeValue(value)}, ${layout}`,
      form.layout === undefined ? undefined : `is ${flag} ${form.layout} right?`,
    );
  }
  const range = declaredRange(net, value);
  if (form.range !== undefined && form.range !== "0,255" && /^u?int/.test(value.type)) {
    throw new OptionError(
      `${net.name} holds whole numbers, so its images must be in 0,255 - got ${form.range} for ${describeValue(value)}`,
    );
  }
  return { layout, range: form.range ?? range, shape: [h, w, channels] };
}

type Extents = NonNullable<OnnxValue["extents"]>;

/** Inferred from ONNX's standard denotations of axes, from extents, or from names of axes; null if both layouts remain possible. */
function layoutOf(extents: Extents): ImageLayout | null {
  const [, first, middle, last] = extents as unknown as [Extents[0], Extents[0], Extents[0], Extents[0]];
  const ways = (isChannels: (extent: Extents[0]) => boolean): ImageLayout | null =>
    isChannels(first) === isChannels(last) ? null : isChannels(first) ? "channels-first" : "channels-last";
  return (
    ways(({ denotation }) => denotation === "DATA_CHANNEL") ??
    ways(({ size }) => size === 1 || size === 3) ??
    ways(({ symbol }) => /^(?:c|ch|channels?|num_channels|in_channels|out_channels)$/i.test(symbol)) ??
    // For other numbers of channels, the only axis that differs from the middle one.
    ways(({ size }) => size !== null && size <= 4 && size !== middle.size)
  );
}

/** ONNX's standard names of value ranges. */
const nominalRanges: Readonly<Record<string, ValueRange>> = {
  Normalized_0_1: "0,1",
  Normalized_1_1: "-1,1",
  NominalRange_0_255: "0,255",
};

/** The range that the file declares. @throws DataError for channels in an order other than red, green, blue. */
export function declaredRange(net: OnnxNet, value: OnnxValue): ValueRange | null {
  const facts = factsOf(net, value);
  if (facts !== null) return "0,1";
  const { metadata } = net.header;
  if (/^bgr/i.test(metadata["Image.BitmapPixelFormat"] ?? "")) {
    throw new DataError(`${net.name} must have channels in the order red, green, blue - got blue, green, red`);
  }
  // For integers, no other range is possible.
  if (/^u?int/.test(value.type)) return "0,255";
  return nominalRanges[metadata["Image.NominalPixelRange"] ?? ""] ?? null;
}

/** Images [n, h, w, c], floats in [0, 1] or bytes, in the layout and range of an input. */
export function toPort(images: NdArray, { layout }: ImagePort, range: ValueRange): NdArray<"float32"> {
  const [n, h, w, c] = images.shape as [number, number, number, number];
  const out = zeros(layout === "channels-first" ? [n, c, h, w] : [n, h, w, c]);
  const [low, high] = valueRanges[range];
  const { data } = images;
  const [planes, each, step] = layout === "channels-first" ? [c, h * w, c] : [1, h * w * c, 1];
  const bytes = images.dtype === "uint8";
  for (let item = 0, to = 0; item < n; item++) {
    for (let plane = 0; plane < planes; plane++) {
      let from = item * h * w * c + plane;
      for (let i = 0; i < each; i++, from += step, to++) {
        const value = bytes ? data[from]! / 255 : data[from]!;
        out.data[to] = low === 0 && high === 1 ? value : low + (high - low) * value;
      }
    }
  }
  return out;
}

/** An output as images [n, h, w, c] in [0, 1], or as bytes. */
export function fromPort<D extends "float32" | "uint8">(
  made: NdArray,
  layout: ImageLayout,
  range: ValueRange,
  dtype: D,
): NdArray<D> {
  const first = layout === "channels-first";
  const [n, a, b, d] = made.shape as [number, number, number, number];
  const [h, w, c] = first ? [b, d, a] : [a, b, d];
  const out = zeros([n, h, w, c], dtype as "float32" | "uint8");
  const [low, high] = valueRanges[range];
  const bytes = dtype === "uint8";
  const scale = (bytes ? 255 : 1) / (high - low);
  const { data } = made;
  const [planes, each, step] = first ? [c, h * w, c] : [1, h * w * c, 1];
  for (let item = 0, from = 0; item < n; item++) {
    for (let plane = 0; plane < planes; plane++) {
      let to = item * h * w * c + plane;
      for (let i = 0; i < each; i++, from++, to += step) {
        const value = scale === 1 && low === 0 ? data[from]! : (data[from]! - low) * scale;
        out.data[to] = !bytes ? value : value <= 0 ? 0 : value >= 255 ? 255 : value + 0.5;
      }
    }
  }
  return out as NdArray<D>;
}

/** How far a net without a bounded last layer may exceed its range, in widths of the range, and for which fraction of values. */
const slack = [
  { room: 0.1, strays: 0.05 },
  { room: 0.5, strays: 0.005 },
];

/** How far a net whose black is 0 may go below it, as a fraction of its largest value. */
const mostBelowBlack = 0.5;

/** If more than this fraction of values is below -0.1, a net's black is -1 rather than an inexact 0. */
const leastNegative = 0.002;

/** Whether values can be images in a range, and use most of that range. */
function fitsRange({ data }: NdArray, range: ValueRange): boolean {
  const [low, high] = valueRanges[range];
  let [smallest, largest, negative] = [Infinity, -Infinity, 0];
  const outside = slack.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    smallest = Math.min(smallest, value);
    largest = Math.max(largest, value);
    if (value < -0.1) negative++;
    const beyond = Math.max(low - value, value - high) / (high - low);
    for (let k = 0; k < slack.length; k++) if (beyond > slack[k]!.room) outside[k]!++;
  }
  // A range is unlikely if the values do not use it: -1 to 1 if hardly any value is negative, 0 to 255 if none is above 2, and
  // either range that starts at 0 if values reach far below 0.
  const used =
    range === "-1,1"
      ? negative > leastNegative * data.length
      : -smallest <= mostBelowBlack * largest && (range === "0,1" || largest > 2);
  return used && slack.every(({ strays }, k) => outside[k]! <= strays * data.length);
}

/** Maximum difference between two images that are equal up to rounding, as a fraction of white. */
const sameImage = 2 / 255;

/**
 * Infers the range of a net that does not declare it: the range for which outputs stay within the range of the inputs.
 * If several fit, any of them if all give the same image, as for nets that only move pixels or average them. Null if
 * none fits, or several with different images.
 * @param make Outputs [n, ...] for inputs in that range.
 * @param output Range of the outputs, if known.
 */
export async function probedRange(
  make: (range: ValueRange) => Promise<NdArray>,
  output?: ValueRange,
): Promise<ValueRange | null> {
  let found: { readonly range: ValueRange; readonly made: NdArray } | null = null;
  for (const range of Object.keys(valueRanges) as ValueRange[]) {
    const made = await make(range);
    if (!fitsRange(made, output ?? range)) continue;
    if (found === null) found = { range, made };
    else if (!areSame(found.made, output ?? found.range, made, output ?? range)) return null;
  }
  return found?.range ?? null;
}

/** Infers the range of images [n, h, w, c] from their values alone; null if none fits, or several do. */
export function rangeOfImages(images: NdArray): ValueRange | null {
  const [range, ...others] = (Object.keys(valueRanges) as ValueRange[]).filter((each) => fitsRange(images, each));
  return range === undefined || others.length > 0 ? null : range;
}

function areSame(one: NdArray, oneRange: ValueRange, two: NdArray, twoRange: ValueRange): boolean {
  const [a, b] = [valueRanges[oneRange], valueRanges[twoRange]];
  for (let i = 0; i < one.data.length; i++) {
    const [x, y] = [(one.data[i]! - a[0]) / (a[1] - a[0]), (two.data[i]! - b[0]) / (b[1] - b[0])];
    if (Math.abs(x - y) > sameImage) return false;
  }
  return true;
}
