import { readFile } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { DataError, OptionError } from "../base/errors.ts";
import { gibibytes } from "../base/gibibytes.ts";
import { type NdArray, sizeOf } from "../base/ndarray.ts";
import { integerField, parseOptions, textField } from "../base/options.ts";
import { type Key, fold, key } from "../base/random.ts";
import type { Dataset } from "../data/index.ts";
import { type Device, availableMemory, ortOptions, requireFree, writeOutput } from "../node/index.ts";
import { type Weights, drawnPicture, imageGrid, readDataRecord, readReals, samplesPicture } from "../train/index.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { addFlags, givenOptions } from "./flags.ts";
import { counted } from "./format.ts";
import { OnnxSampler } from "./onnx-sampler.ts";
import { openRunModel } from "./open-run.ts";
import { Output } from "./output.ts";
import { bytesToWrite, encodeItems, requireFitting, requireItemFile, usualEnding } from "./picture-file.ts";
import { addWeightsFlag, weightsOf } from "./weights.ts";

const options = z.object({
  n: integerField("items to draw", { min: 1 }).default(64),
  seed: integerField("seed of the noise", { min: 0, max: Number.MAX_SAFE_INTEGER }).default(0),
  out: textField(
    "file to write: .png, a grid of images or a plot of points; .npy, float32 [n, c, h, w] or [n, d]; .csv, a table of points; here NAME-samples.png, or .npy of points, when not given",
  ).optional(),
});

interface SampleFlags extends Readonly<Record<string, unknown>> {
  readonly device?: string;
  readonly weights?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function declareSample(command: Command): void {
  command.argument("<run>", "folder of a run, or an ONNX file that maps [n, d] to items");
  addFlags(command, options);
  command.option("--force", "replace the file").option("--json", "print one JSON object");
  addWeightsFlag(command);
  addDeviceFlag(command);
  command.action(runSample);
}

/** What samples are drawn from. */
interface Source {
  readonly kind: Dataset["kind"];
  /** Numbers of noise that an item is made of. @throws ZayaError when it draws none. */
  noise(): number;
  draw(items: NdArray): Promise<NdArray<"uint8">>;
  sample(by: Key, n: number): Promise<NdArray>;
  close(): Promise<void>;
}

async function runSample(path: string, flags: SampleFlags): Promise<void> {
  const output = new Output(flags);
  const { n, seed, out: given } = parseOptions(options, givenOptions(flags, options), "sample");
  const force = flags.force === true;
  if (given !== undefined) {
    requireItemFile(given);
    await requireFree(given, force);
  }
  const device = deviceOf(flags.device);
  const source =
    extname(path) === ".onnx"
      ? await openFile(path, device, flags.weights)
      : await openRun(path, device, weightsOf(flags.weights));
  try {
    const out = given ?? `${nameOf(path)}-samples${usualEnding(source.kind)}`;
    requireFitting(out, source.kind);
    await requireFree(out, force);
    await requireRoom(source, n, out);
    const items = await source.sample(noiseKey(seed), n);
    await writeOutput(out, await encodeItems(items, out, `${nameOf(path)}, seed ${seed}`, source.draw), force);
    output.result([`${out}: ${counted(n, "item")}, seed ${seed}`], { out, n, seed, shape: items.shape.slice(1) });
  } finally {
    await source.close();
  }
}

/** @throws OptionError when noise, items and what is written of them would not fit into memory. */
async function requireRoom(source: Source, n: number, out: string): Promise<void> {
  const [noise, one] = [source.noise(), await source.sample(noiseKey(0), 1)];
  const each = Float32Array.BYTES_PER_ELEMENT * noise + bytesToWrite(out, one.data.length);
  const memory = availableMemory();
  if (n * each <= memory) return;
  throw new OptionError(
    `sample: items must fit into the ${gibibytes(memory)} of memory that are free - got ${n} of them, which take about ${gibibytes(n * each)}`,
    `about ${Math.floor(memory / each)} would fit; draw the rest with other seeds`,
  );
}

function nameOf(path: string): string {
  return basename(resolve(path), ".onnx");
}

/** The noise of item `i` depends on the seed and `i` alone, whether a run or its file draws it. */
function noiseKey(seed: number): Key {
  return fold(key(seed), "sample");
}

async function openRun(folder: string, device: Device, weights: Weights): Promise<Source> {
  const { run, trained, close } = await openRunModel(folder, device, weights);
  const { kind } = (await readDataRecord(run.store))!;
  return {
    kind,
    noise: () => sizeOf(trained.generator.shape),
    draw: async (items) =>
      kind === "image" ? imageGrid(items) : samplesPicture(trained, await readReals(run.store), items),
    sample: (by, n) => trained.sample(by, n),
    close,
  };
}

async function openFile(path: string, device: Device, weights: string | undefined): Promise<Source> {
  if (weights !== undefined) {
    throw new OptionError(
      `sample: a file has but one sort of parameters - got --weights ${weights} for ${path}`,
      "zaya export RUN --weights says which a file gets",
    );
  }
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(`sample: the file must be readable - got ${error.code} for ${path}`);
  });
  const sampler = await OnnxSampler.open(bytes, path, ortOptions(device));
  const { kind, size } = sampler;
  return {
    kind,
    noise: () => size,
    draw: async (items) => (kind === "image" ? imageGrid(items) : drawnPicture(items)),
    sample: (by, n) => sampler.sample(by, n),
    close: () => sampler.close(),
  };
}
