import * as onnxruntime from "onnxruntime-web/wasm";
import { z } from "zod";
import { DataError } from "../../../src/base/errors.ts";
import { type NdArray, castTo, ndarray } from "../../../src/base/ndarray.ts";
import { key } from "../../../src/base/random.ts";
import { resizeBilinear } from "../../../src/data/index.ts";
import { cycleInputs } from "../../../src/evaluation/index.ts";
import { cycleError, hiddenInformation } from "../../../src/metrics/index.ts";
import type { Direction } from "../../../src/models/index.ts";
import { supplyOnnxRuntime } from "../../../src/runtime/onnxruntime-missing.ts";
import { type OnnxTranslator, openOnnxTranslator, translateImage } from "../../../src/trained/index.ts";
import { fetched } from "./fetched.ts";
import type { FromTranslator, NetFacts, PagePicture, ToTranslator } from "./translator-protocol.ts";

// A Worker that translates pictures by ONNX files, as `zaya translate FILE.onnx` does.

// The page's security policy forbids code that is made at run time, which zod would try.
z.config({ jitless: true });

/** Longer side to which larger pictures are reduced, in pixels: a net of any size takes memory by the pixel. */
const largest = 512;

interface OpenedNet extends NetFacts {
  readonly net: OnnxTranslator;
}

const nets: Partial<Record<Direction, OpenedNet>> = {};
let picture: ImageBitmap | null = null;
let runtime: Promise<void> | null = null;
/** What is asked for is done in order, one thing after the other. */
let queue: Promise<void> = Promise.resolve();

const tell = (message: FromTranslator, transfer: Transferable[] = []): void => postMessage(message, { transfer });

addEventListener("message", ({ data: message }: MessageEvent<ToTranslator>) => {
  queue = queue
    .then(() => take(message))
    .catch((error: { readonly message: string; readonly hint?: string }) =>
      tell({ type: "failed", file: message.file.name, message: error.message, hint: error.hint }),
    );
});

async function take(message: ToTranslator): Promise<void> {
  if (message.type === "net") await openNet(message);
  else await openPicture(message.file);
  await translate();
}

/** ONNX Runtime, which is large, is loaded with the first file. */
async function load(base: string): Promise<void> {
  const { env } = onnxruntime;
  env.logLevel = "error";
  env.wasm.numThreads = 1;
  env.wasm.wasmBinary = (await fetched(new URL("onnxruntime/ort.wasm.gz", base))).buffer as ArrayBuffer;
  supplyOnnxRuntime(onnxruntime);
}

async function openNet({ direction, file, range, base }: Extract<ToTranslator, { type: "net" }>): Promise<void> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  await (runtime ??= load(base).catch((error: unknown) => {
    runtime = null;
    throw error;
  }));
  const said = range === null ? {} : { inputRange: range, outputRange: range };
  const net = await openOnnxTranslator({ name: file.name, bytes }, said, { device: "cpu", threads: 1 }, null);
  await nets[direction]?.net.close();
  nets[direction] = { net, name: file.name, shape: net.shape, ranges: net.ranges, isInferred: net.probed };
}

async function openPicture(file: File): Promise<void> {
  const opened = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (opened === null) throw new DataError(`${file.name} must be a picture that this browser can decode`);
  picture?.close();
  picture = opened;
}

/** The picture as bytes [h, w, c], on white. */
function pixelsOf(bitmap: ImageBitmap, channels: number): NdArray<"uint8"> {
  const scale = Math.min(1, largest / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((length) => Math.max(1, Math.round(scale * length))) as [
    number,
    number,
  ];
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    if (channels === 3) pixels.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
    // ITU-R BT.601, as in JPEG.
    else pixels[i] = Math.round(0.299 * data[4 * i]! + 0.587 * data[4 * i + 1]! + 0.114 * data[4 * i + 2]!);
  }
  return ndarray("uint8", [height, width, channels], pixels);
}

function pagePicture({ shape, data }: NdArray<"uint8">): PagePicture {
  const [height, width, channels] = shape as [number, number, number];
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = data[i * channels + Math.min(c, channels - 1)]!;
  }
  return { width, height, rgba };
}

async function translate(): Promise<void> {
  const { AtoB: there, BtoA: back } = nets;
  if (there !== undefined && back !== undefined && there.shape.join() !== back.shape.join()) {
    throw new DataError(
      `${back.name} must take images of the same size and channels as ${there.name}, ${shapeWords(there)} - got ${shapeWords(back)}`,
    );
  }
  const pictures: NdArray<"uint8">[] = [];
  if (picture !== null) {
    pictures.push(pixelsOf(picture, (there ?? back)?.shape[2] ?? 3));
    if (there !== undefined) pictures.push(await translateImage(there.net, pictures.at(-1)!, "resize"));
    if (there !== undefined && back !== undefined) {
      pictures.push(await translateImage(back.net, pictures.at(-1)!, "resize"));
    }
  }
  const cycle = pictures.length === 3 ? await cycleOf(pictures[0]!, there!, back!) : null;
  const shown = pictures.map(pagePicture);
  const facts = Object.fromEntries(Object.entries(nets).map(([direction, { net: _, ...each }]) => [direction, each]));
  tell(
    { type: "translated", nets: facts, pictures: shown, cycle },
    shown.map(({ rgba }) => rgba.buffer),
  );
}

const shapeWords = ({ shape: [height, width, channels] }: NetFacts) =>
  `${height === -1 ? "any size" : `${width} x ${height}`} with ${channels} channels`;

/** Metrics of cycles on one image, at the nets' own size: resizing would blur the faint noise. */
async function cycleOf(
  image: NdArray<"uint8">,
  there: OpenedNet,
  back: OpenedNet,
): Promise<{ error: number; hidden: number }> {
  const [h, w, c] = image.shape as [number, number, number];
  const unit = castTo({ ...image, shape: [1, h, w, c] }, "float32");
  for (let i = 0; i < unit.data.length; i++) unit.data[i]! /= 255;
  const [tall, wide] = there.shape as [number, number];
  const source = tall === -1 || (tall === h && wide === w) ? unit : resizeBilinear(unit, [tall, wide]);
  const inputs = await cycleInputs(
    source,
    (images) => there.net.run(castTo(images, "float32")),
    (images) => back.net.run(castTo(images, "float32")),
    key(0),
  );
  return {
    error: cycleError.measure(inputs, {}).value,
    hidden: hiddenInformation.measure(inputs, {}).value,
  };
}
