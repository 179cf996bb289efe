import { DataError, OptionError } from "../base/errors.ts";
import { gibibytes } from "../base/gibibytes.ts";
import { type NdArray, type Shape, formatShape, zeros } from "../base/ndarray.ts";
import {
  type ImageLayout,
  type ImagePort,
  OnnxNet,
  type OnnxSource,
  type OrtOptions,
  type ValueRange,
  declaredRange,
  describeValue,
  fromPort,
  imagePort,
  probedRange,
  toPort,
} from "../runtime/index.ts";
import type { ImageNet } from "./translate.ts";

const hint = "use AtoB.onnx or BtoA.onnx from the export folder of a run";

/** Side of the images on which a net of dynamic size is tested. */
const probeSide = 128;
/** Candidates for the number that must divide the image sides in a net of dynamic size: each halving doubles it. */
const multiples = [1, 2, 4, 8, 16, 32, 64];

/** Side of the images with which the memory use of a net with dynamic size is measured. */
const roomSide = 512;

/** Properties of an ONNX file given by the user, where the file does not declare them. */
export interface TranslatorForm {
  readonly layout?: ImageLayout | undefined;
  readonly inputRange?: ValueRange | undefined;
  readonly outputRange?: ValueRange | undefined;
  /** The output to use if there are several. */
  readonly outputName?: string | undefined;
}

/** Memory of the process in bytes: in use, and available in addition. */
export interface ProcessMemory {
  used(): number;
  free(): number;
}

/** A net, and the layout of its images. */
interface Translation {
  readonly net: OnnxNet;
  /** Name of the output. */
  readonly name: string;
  readonly input: ImagePort;
  readonly layout: ImageLayout;
  readonly ranges: readonly [input: ValueRange, output: ValueRange];
}

/** An ONNX file from images to images of the same size. */
export interface OnnxTranslator extends ImageNet {
  /** Values of black and white in the input and the output. */
  readonly ranges: readonly [input: ValueRange, output: ValueRange];
  /** Whether the file declares it, or it was inferred from outputs. */
  readonly probed: boolean;
  close(): Promise<void>;
}

/**
 * Opens an ONNX file that maps images to images of the same size.
 * @param memory Available memory, by which images that are too large for a net of dynamic size are refused; null where it cannot be measured,
 * as in browsers.
 * @throws DataError if it is not one, by its declared input and its output for an image.
 * @throws OptionError if a flag is needed to interpret it.
 */
export async function openOnnxTranslator(
  source: OnnxSource,
  said: TranslatorForm,
  options: OrtOptions,
  memory: ProcessMemory | null,
): Promise<OnnxTranslator> {
  const net = await OnnxNet.open(source, options);
  try {
    return await translatorOf(net, said, memory);
  } catch (error) {
    await net.close();
    throw error;
  }
}

async function translatorOf(net: OnnxNet, said: TranslatorForm, memory: ProcessMemory | null): Promise<OnnxTranslator> {
  const { input } = net;
  if (input.extents!.length !== 4) {
    throw new DataError(`${net.name} must have one input of images [n, c, h, w] - got ${describeValue(input)}`, hint);
  }
  const port = imagePort(net, input, { layout: said.layout, range: said.inputRange }, "--layout");
  const [height, width, channels] = port.shape as [number, number, number];
  if ((channels !== 1 && channels !== 3 && channels !== -1) || (height === -1) !== (width === -1)) {
    throw new DataError(
      `${net.name} must take images with 1 or 3 channels, of fixed or dynamic size - got ${describeValue(input)}`,
      hint,
    );
  }
  const output = net.output(said.outputName, ["translation", "image", "y"], "--output-name");
  const shape = [height, width, channels === -1 ? 3 : channels] as const;
  const probe = probeImage(height === -1 ? [probeSide, probeSide, shape[2]] : shape);
  const given = (range: ValueRange): Promise<NdArray> => net.apply(toPort(probe, port, range), output.name, 1);
  const saidRange = port.range ?? said.outputRange;
  const made = await given(saidRange ?? "0,1");
  const layout = layoutGiven(net, port, toPort(probe, port, "0,1").shape, made.shape);
  const givenRange = declaredRange(net, output) ?? undefined;
  const range = saidRange ?? (await probedRange(async (each) => (each === "0,1" ? made : given(each)), givenRange));
  if (range === null) {
    throw new OptionError(
      `${net.name} must declare the pixel range of its images - got outputs that fit no range or several`,
      "pass --input-range 0,1 or -1,1 (most GANs) or 0,255 (most style transfer), and --output-range if it differs",
    );
  }
  const inputRange = port.range ?? range;
  const ranges = [inputRange, said.outputRange ?? givenRange ?? inputRange] as const;
  const translation: Translation = { net, name: output.name, input: port, layout, ranges };
  return {
    shape,
    run: height === -1 ? await anySize(translation, shape[2], memory) : (images) => translated(translation, images),
    ranges,
    probed: range !== (saidRange ?? "0,1"),
    close: () => net.close(),
  };
}

/** Maps images [n, h, w, c]. @throws DataError if the net cannot process them, or its outputs are not images of the same size. */
async function translated<D extends "float32" | "uint8">(
  { net, name, input, layout, ranges }: Translation,
  images: NdArray<D>,
): Promise<NdArray<D>> {
  const made = await net.apply(images, name, 1, (part) => toPort(part, input, ranges[0]));
  if (made.shape.length !== 4) throw notAsLarge(net, images.shape, made.shape);
  const result = fromPort(made, layout, ranges[1], images.dtype);
  if (result.shape.join() === images.shape.join()) return result;
  throw notAsLarge(net, images.shape, result.shape);
}

function notAsLarge(net: OnnxNet, taken: Shape, made: Shape): DataError {
  return new DataError(
    `${net.name} must return images of the input size, ${formatShape(taken)} - got ${formatShape(made)}`,
    hint,
  );
}

/** The channel axis of the output: that of the input, unless only the other layout has the same size. */
function layoutGiven(net: OnnxNet, { layout }: ImagePort, taken: Shape, made: Shape): ImageLayout {
  if (made.join() === taken.join()) return layout;
  const [n, a, b, c] = taken;
  const other = layout === "channels-first" ? [n, b, c, a] : [n, c, a, b];
  if (made.join() !== other.join()) throw notAsLarge(net, taken, made);
  return layout === "channels-first" ? "channels-last" : "channels-first";
}

/** A test image with all levels from black to white, in a different order in each channel. */
function probeImage([height, width, channels]: readonly [number, number, number]): NdArray<"float32"> {
  const out = zeros([1, height, width, channels]);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++, at++) {
        const [down, across] = [y / Math.max(1, height - 1), x / Math.max(1, width - 1)];
        out.data[at] = [across, down, (across + down) / 2, 1 - across][c]!;
      }
    }
  }
  return out;
}

/**
 * A net for images of any size: images whose sides it cannot halve often enough are padded by their edges, and
 * the padding is cropped from the output; images that do not fit into memory are refused before anything is allocated.
 */
async function anySize(
  translation: Translation,
  channels: number,
  memory: ProcessMemory | null,
): Promise<ImageNet["run"]> {
  const multiple = await multipleOf(translation, channels);
  let bytesPerPixel: number | null = null;
  return async (images) => {
    const [n, h, w, c] = images.shape as [number, number, number, number];
    const [height, width] = [h, w].map((length) => Math.ceil(length / multiple) * multiple) as [number, number];
    if (memory !== null && height * width > roomSide ** 2) {
      bytesPerPixel ??= await measureRoom(translation, channels, memory);
      requireRoom(translation.net, [h, w], bytesPerPixel * height * width, memory.free());
    }
    if (height === h && width === w) return translated(translation, images);
    const made = await translated(translation, reframed(images, [n, height, width, c]));
    return reframed(made, [n, h, w, c]);
  };
}

/** The smallest number that must divide the sides of its images. @throws DataError if no candidate works. */
async function multipleOf(translation: Translation, channels: number): Promise<number> {
  let reason: unknown;
  for (const multiple of multiples) {
    const side = probeSide + multiple;
    try {
      await translated(translation, probeImage([side, side, channels]));
      return multiple;
    } catch (error) {
      reason = error;
    }
  }
  throw reason;
}

/** Bytes that the net needs per pixel, measured by the growth of this process. */
async function measureRoom(translation: Translation, channels: number, memory: ProcessMemory): Promise<number> {
  const before = memory.used();
  await translated(translation, probeImage([roomSide, roomSide, channels]));
  const grown = Math.max(0, memory.used() - before);
  // Memory of smaller probes is already allocated; images as floats are added for input and output.
  return grown / (roomSide ** 2 - (probeSide + 1) ** 2) + 2 * channels * Float32Array.BYTES_PER_ELEMENT;
}

function requireRoom(net: OnnxNet, [height, width]: readonly [number, number], bytes: number, free: number): void {
  if (bytes <= free) return;
  const scale = Math.sqrt(free / bytes);
  throw new OptionError(
    `${net.name} takes about ${gibibytes(bytes)} for an image of ${width} x ${height}, which must be free - got ${gibibytes(free)}`,
    `resize the image first: about ${Math.floor(width * scale)} x ${Math.floor(height * scale)} would fit`,
  );
}

/** Images cropped or edge-padded to another size, at the right and at the bottom. */
function reframed<D extends "float32" | "uint8">(images: NdArray<D>, shape: Shape): NdArray<D> {
  const [, h, w, c] = images.shape as [number, number, number, number];
  const [n, height, width] = shape as [number, number, number, number];
  const out = zeros(shape, images.dtype);
  for (let item = 0, to = 0; item < n; item++) {
    for (let y = 0; y < height; y++) {
      const line = (item * h + Math.min(y, h - 1)) * w;
      for (let x = 0; x < width; x++) {
        const from = (line + Math.min(x, w - 1)) * c;
        for (let k = 0; k < c; k++, to++) out.data[to] = images.data[from + k]!;
      }
    }
  }
  return out;
}
