import { basename, join, resolve } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { gibibytes } from "../base/gibibytes.ts";
import { type NdArray, type Shape, rows, sizeOf } from "../base/ndarray.ts";
import { choiceField, integerField, parseOptions, textField } from "../base/options.ts";
import { maxOf } from "../base/many.ts";
import type { Dataset } from "../data/index.ts";
import { type Device, availableMemory, onnxFile, ortOptions, requireFree, writeOutput } from "../node/index.ts";
import { readDataRecord } from "../run/index.ts";
import { drawnPicture, readReals, samplesPicture } from "../report/index.ts";
import { finiteItems } from "../trained/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { addFlags, addOutputFlags, givenOptions } from "./flags.ts";
import { count, counted } from "./format.ts";
import { addExamples } from "./help.ts";
import { type Noise, interpolated, noiseOfSeed, noiseOfSeeds, seedsOf } from "./item-noise.ts";
import { type OnnxForm, isOnnxPath, onnxFields, probedWarning, requireNoOnnxForm } from "./onnx-flags.ts";
import { OnnxSampler } from "./onnx-sampler.ts";
import { openRunModel } from "./open-run.ts";
import { Output } from "./output.ts";
import {
  type DrawItems,
  bytesToWrite,
  encodeFilm,
  encodeItems,
  imageFormats,
  imagesPicture,
  isFolder,
  requireFilmFile,
  requireFitting,
  requireItemFile,
  defaultEnding,
} from "./picture-file.ts";
import { type ParameterFlags, type Parameters, addParameterFlags, givenParameter, parametersOf } from "./weights.ts";

const options = z.object({
  n: integerField("items to sample (default: 64, or one for each of --seeds)", { min: 1 }).optional(),
  seed: integerField("random seed of the noise z", { min: 0, max: Number.MAX_SAFE_INTEGER }).default(0),
  seeds: textField("one seed per item, such as 0-63 or 3,17; the same seed gives the same item", "seeds").optional(),
  interpolate: integerField(
    "write a looping animation (.webp, .gif): spherical interpolation from each item to the next and from the last to the first, n frames each",
    { min: 2, max: 1000 },
  ).optional(),
  out: textField(
    "file to write: .png, .jpg, .webp (image grid, or plot of points), .npy (float32 [n, c, h, w] or [n, d]) or .csv of points; or a folder, ending in /, with one file per image (default: RUN-samples.png, .npy of points)",
    "file|dir/",
  ).optional(),
  format: choiceField("format of the images in a folder", imageFormats).default("png"),
  ...onnxFields,
});

interface SampleFlags extends Readonly<Record<string, unknown>> {
  readonly device?: string;
  readonly weights?: string;
  readonly checkpoint?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const printed = jsonForm({
  keys: ["out", "n", "seed?", "seeds?", "shape"],
  notes: "`shape` of one item",
});

export const sampleCommand: CommandDefinition = { declare: declareSample, json: [printed] };

function declareSample(command: Command): void {
  command.argument("<run>", "run folder, or an ONNX file that maps noise [n, d] to items");
  addFlags(command, options);
  addParameterFlags(command);
  addDeviceFlag(command);
  addOutputFlags(command, { force: "replace files" });
  addExamples(command, [
    ["a grid of 64 images, as vae-mnist-1-samples.png", "zaya sample runs/vae-mnist-1"],
    ["1000 images as an array [n, c, h, w]", "zaya sample runs/vae-mnist-1 -n 1000 --out samples.npy"],
  ]);
  command.action(runSample);
}

/** The source of samples. */
interface Source {
  readonly kind: Dataset["kind"];
  /** The noise of an item. */
  readonly noise: Noise;
  readonly draw: DrawItems;
  decode(noise: NdArray): Promise<NdArray>;
  close(): Promise<void>;
}

/** Which items to draw. */
interface Draws {
  readonly count: number;
  /** `seed 0`, for messages. */
  readonly about: string;
  noise(noise: Noise, start: number, stop: number): NdArray;
  /** Name of an item's file, without extension. */
  name(index: number): string;
}

/** Where to write them. */
interface Target {
  readonly out: string;
  readonly about: string;
  readonly force: boolean;
}

type Given = z.output<typeof options>;

async function runSample(path: string, flags: SampleFlags): Promise<void> {
  const output = new Output(flags);
  const given = parseOptions(options, givenOptions(flags, options), "sample");
  const force = flags.force === true;
  const draws = drawsOf(given);
  const film = given.interpolate !== undefined;
  if (given.out !== undefined) await requireTarget(given.out, film, force);
  const source = await openSource(path, given, flags, output);
  try {
    const out = given.out ?? `${nameOf(path)}-samples${film ? ".webp" : defaultEnding(source.kind)}`;
    const target = { out, about: `${nameOf(path)}, ${draws.about}`, force };
    const shape = film
      ? await writeFilm(source, draws, given.interpolate!, target)
      : (await isFolder(out))
        ? await writeFolder(source, draws, given.format, target, output)
        : await writeFile(source, draws, target);
    const seeds = given.seeds === undefined ? { seed: given.seed } : { seeds: given.seeds };
    const between = film ? `${count(draws.count * given.interpolate!)} frames between ` : "";
    output.result([`${out}: ${between}${counted(draws.count, film ? "image" : "item")}, ${draws.about}`], printed, {
      out,
      n: draws.count,
      ...seeds,
      shape,
    });
  } finally {
    await source.close();
  }
}

/** One item per seed, or `n` items from one seed. @throws OptionError where both are given. */
function drawsOf({ n, seed, seeds: text, interpolate }: Given): Draws {
  if (text === undefined) {
    const count = n ?? (interpolate === undefined ? 64 : 8);
    const digits = String(count - 1).length;
    return {
      count,
      about: `seed ${seed}`,
      noise: (noise, start, stop) => noiseOfSeed(noise, seed, start, stop),
      name: (index) => `seed${seed}-${String(index).padStart(digits, "0")}`,
    };
  }
  if (n !== undefined) throw new OptionError(`--seeds sets the number of items - got -n ${n} as well`);
  const seeds = seedsOf(text);
  const digits = maxOf([seeds[0]!, seeds.at(-1)!].map((each) => String(each).length));
  return {
    count: seeds.length,
    about: `${seeds.length === 1 ? "seed" : "seeds"} ${text}`,
    noise: (noise, start, stop) => noiseOfSeeds(noise, seeds.slice(start, stop)),
    name: (index) => `seed${String(seeds[index]!).padStart(digits, "0")}`,
  };
}

/** @throws OptionError for a target that could not be written for any samples. */
async function requireTarget(out: string, film: boolean, force: boolean): Promise<void> {
  if (film) requireFilmFile(out);
  else if (await isFolder(out)) return;
  else requireItemFile(out);
  await requireFree(out, force);
}

/** All items in one file. Returns the shape of one. */
async function writeFile(source: Source, draws: Draws, { out, about, force }: Target): Promise<Shape> {
  requireFitting(out, source.kind);
  await requireFree(out, force);
  await requireRoom(source, draws.count, (numbers) => bytesToWrite(out, numbers));
  const items = await source.decode(draws.noise(source.noise, 0, draws.count));
  await writeOutput(out, await encodeItems(items, out, about, source.draw), force);
  return items.shape.slice(1);
}

/** Number of items that are drawn before they are written. */
const chunk = 64;

/** Each image in its own file. Returns the shape of one. */
async function writeFolder(
  source: Source,
  draws: Draws,
  format: (typeof imageFormats)[number],
  { out, about, force }: Target,
  output: Output,
): Promise<Shape> {
  if (source.kind !== "image") {
    throw new OptionError(
      `points are written to one file - got the folder --out ${out}`,
      "write a .csv or a .npy file",
    );
  }
  const fileOf = (index: number): string => join(out, `${draws.name(index)}.${format}`);
  const files = new Set<string>();
  for (let i = 0; i < draws.count; i++) {
    const file = fileOf(i);
    if (files.has(file)) {
      throw new OptionError(
        `each image of a folder must have a seed of its own - got two for ${file}`,
        "name each seed once; a grid, --out FILE.png, may show one twice",
      );
    }
    files.add(file);
    await requireFree(file, force);
  }
  let shape: Shape = [];
  for (let start = 0; start < draws.count; start += chunk) {
    const stop = Math.min(draws.count, start + chunk);
    output.show(`${start} of ${draws.count}`);
    const items = await source.decode(draws.noise(source.noise, start, stop));
    for (let i = start; i < stop; i++) {
      const one = rows(items, i - start, i - start + 1);
      await writeOutput(fileOf(i), await encodeItems(one, fileOf(i), about, source.draw), force);
    }
    shape = items.shape.slice(1);
  }
  return shape;
}

/** The interpolation between items as an animation. Returns the shape of a frame. */
async function writeFilm(source: Source, draws: Draws, frames: number, { out, force }: Target): Promise<Shape> {
  if (source.kind !== "image" || source.noise.noise !== "normal") {
    const got = source.kind === "image" ? `${source.noise.noise} noise` : "points";
    throw new OptionError(`--interpolate needs images generated from Gaussian noise - got ${got}`);
  }
  if (draws.count < 2) throw new OptionError("--interpolate needs at least two items - got one");
  await requireFree(out, force);
  await requireRoom(source, draws.count * frames, (numbers) => bytesToWrite(out, numbers));
  const codes = interpolated(draws.noise(source.noise, 0, draws.count), frames);
  const images = await source.decode(codes);
  await writeOutput(out, await encodeFilm(images, out), force);
  return images.shape.slice(1);
}

/** @throws OptionError if noise, items and encoded files would not fit into memory. */
async function requireRoom(source: Source, n: number, toWrite: (numbers: number) => number): Promise<void> {
  const one = await source.decode(noiseOfSeed(source.noise, 0, 0, 1));
  const each = Float32Array.BYTES_PER_ELEMENT * sizeOf(source.noise.shape) + toWrite(one.data.length);
  const memory = availableMemory();
  if (n * each <= memory) return;
  throw new OptionError(
    `items must fit into the ${gibibytes(memory)} of memory that are free - got ${n} of them, which take about ${gibibytes(n * each)}`,
    `about ${Math.floor(memory / each)} would fit; generate the rest with other seeds`,
  );
}

function nameOf(path: string): string {
  return basename(resolve(path), ".onnx");
}

async function openSource(path: string, form: OnnxForm, flags: SampleFlags, output: Output): Promise<Source> {
  const device = deviceOf(flags.device);
  if (await isOnnxPath(path)) return openFile(path, form, device, flags, output);
  requireNoOnnxForm(form, path);
  return openRun(path, device, parametersOf(flags));
}

async function openRun(folder: string, device: Device, parameters: Parameters): Promise<Source> {
  const { run, trained, close } = await openRunModel(folder, device, parameters);
  const { kind } = (await readDataRecord(run.store))!;
  const { generator } = trained;
  return {
    kind,
    noise: generator,
    draw: async (items) =>
      kind === "image" ? imagesPicture(items) : samplesPicture(trained, await readReals(run.store), items),
    decode: async (noise) => finiteItems(await trained.generate(noise)),
    close,
  };
}

async function openFile(
  path: string,
  form: OnnxForm,
  device: Device,
  flags: ParameterFlags,
  output: Output,
): Promise<Source> {
  const idle = givenParameter(flags);
  if (idle !== undefined) {
    throw new OptionError(
      `an ONNX file holds one set of parameters - got --${idle} ${flags[idle]} for ${path}`,
      `choose them when exporting: zaya export RUN --${idle}`,
    );
  }
  const sampler = await OnnxSampler.open(await onnxFile(path), form, ortOptions(device));
  const { kind, noise } = sampler;
  if (sampler.probed) output.warn(probedWarning(path, sampler.range!, "--output-range"));
  return {
    kind,
    noise,
    draw: async (items) => (kind === "image" ? imagesPicture(items) : drawnPicture(items)),
    decode: (codes) => sampler.decode(codes),
    close: () => sampler.close(),
  };
}
