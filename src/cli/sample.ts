import { readFile } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { DataError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { integerField, parseOptions, textField } from "../base/options.ts";
import { fold, key } from "../base/random.ts";
import { type Device, ortOptions, requireFree, writeOutput } from "../node/index.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { addFlags, givenOptions } from "./flags.ts";
import { counted } from "./format.ts";
import { OnnxSampler } from "./onnx-sampler.ts";
import { openRunModel } from "./open-run.ts";
import { Output } from "./output.ts";
import { encodeItems, requireItemFile } from "./picture-file.ts";

const options = z.object({
  n: integerField("items to draw", { min: 1 }).default(64),
  seed: integerField("seed of the noise", { min: 0, max: Number.MAX_SAFE_INTEGER }).default(0),
  out: textField(
    "file to write: .png, a grid of pictures, or .npy, float32 [n, c, h, w]; NAME-samples.png here when not given",
  ).optional(),
});

interface SampleFlags extends Readonly<Record<string, unknown>> {
  readonly device?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function declareSample(command: Command): void {
  command.argument("<run>", "folder of a run, or an ONNX file that maps [n, d] to items");
  addFlags(command, options);
  command.option("--force", "replace the file").option("--json", "print one JSON object");
  addDeviceFlag(command);
  command.action(runSample);
}

async function runSample(source: string, flags: SampleFlags): Promise<void> {
  const output = new Output(flags);
  const {
    n,
    seed,
    out = `${nameOf(source)}-samples.png`,
  } = parseOptions(options, givenOptions(flags, options), "sample");
  const force = flags.force === true;
  requireItemFile(out);
  await requireFree(out, force);
  const device = deviceOf(flags.device);
  const items = await (extname(source) === ".onnx" ? sampleFile : sampleRun)(source, n, seed, device);
  await writeOutput(out, await encodeItems(items, out, `${nameOf(source)}, seed ${seed}`), force);
  output.result([`${out}: ${counted(n, "item")}, seed ${seed}`], { out, n, seed, shape: items.shape.slice(1) });
}

function nameOf(source: string): string {
  return basename(resolve(source), ".onnx");
}

/** The noise of item `i` depends on the seed and `i` alone, whether a run or its file draws it. */
function noiseKey(seed: number) {
  return fold(key(seed), "sample");
}

async function sampleRun(folder: string, n: number, seed: number, device: Device): Promise<NdArray> {
  const { trained, close } = await openRunModel(folder, device);
  try {
    return await trained.sample(noiseKey(seed), n);
  } finally {
    await close();
  }
}

async function sampleFile(path: string, n: number, seed: number, device: Device): Promise<NdArray> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(`sample: the file must be readable - got ${error.code} for ${path}`);
  });
  const sampler = await OnnxSampler.open(bytes, path, ortOptions(device));
  try {
    return await sampler.sample(noiseKey(seed), n);
  } finally {
    await sampler.close();
  }
}
