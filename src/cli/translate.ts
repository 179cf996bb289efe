import type { Command } from "commander";
import { z } from "zod";

import { OptionError, ZayaError } from "../base/errors.ts";
import { choiceField, parseOptions } from "../base/options.ts";
import { type Direction, directions, translatingRecipes } from "../models/index.ts";
import {
  type Device,
  availableMemory,
  encodeImage,
  imageEndings,
  onnxFile,
  ortOptions,
  readImage,
  requireFree,
  writeOutput,
} from "../node/index.ts";
import type { ValueRange } from "../runtime/index.ts";
import {
  type ImageNet,
  directionsOf,
  finiteItems,
  fits,
  ofPixels,
  openOnnxTranslator,
  translateImage,
} from "../trained/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { exitCodes } from "./failure.ts";
import { addFlags, addOutputFlags, givenOptions } from "./flags.ts";
import { counted } from "./format.ts";
import { catchInterrupt } from "./interrupt.ts";
import { isOnnxPath, onnxFields, type OnnxForm, probedWarning, requireNoOnnxForm } from "./onnx-flags.ts";
import { openRunModel } from "./open-run.ts";
import { addExamples } from "./help.ts";
import { Output } from "./output.ts";
import { type Failure, jobsFor } from "./translate-jobs.ts";
import { type ParameterFlags, addParameterFlags, parametersOf } from "./weights.ts";

const options = z.object({
  direction: choiceField("direction of translation, for models with two", directions).optional(),
  fit: choiceField(
    "how to translate images whose size differs from the model's: resize to its size and back, or translate tiles that overlap by half",
    fits,
  ).default("resize"),
  ...onnxFields,
});

interface TranslateFlags extends Readonly<Record<string, unknown>> {
  readonly device?: string;
  readonly weights?: string;
  readonly checkpoint?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const printed = jsonForm({
  keys: ["out", "images", "direction", "fit", "shape", "ranges?", "failed"],
  notes: "`failed` lists files with reasons",
});

const stoppedForm = jsonForm({
  given: "(interrupted)",
  keys: ["out", "status", "images", "failed"],
});

export const translateCommand: CommandDefinition = { declare: declareTranslate, json: [printed, stoppedForm] };

function declareTranslate(command: Command): void {
  command
    .argument("<run>", "run folder, or an ONNX file that maps images to images")
    .argument("<input>", "an image, or a folder of images")
    .argument(
      "<output>",
      `file or folder to write; images keep size, name and format (${imageEndings.join(", ")}; others become PNG: NAME.gif.png)`,
    );
  addFlags(command, options);
  addParameterFlags(command);
  addDeviceFlag(command);
  addOutputFlags(command, { force: "replace files" });
  addExamples(command, [
    [
      "a folder of images of the first domain",
      "zaya translate runs/cyclegan-horses-zebras-1 horses made --direction AtoB",
    ],
  ]);
  command.action(async (run: string, input: string, output: string, flags: TranslateFlags) => {
    process.exitCode = await runTranslate(run, input, output, flags);
  });
}

/** A net, and how to release its resources. */
interface OpenedNet extends ImageNet {
  readonly direction: Direction | null;
  /** Of a file: the values of black and white in its inputs and outputs. */
  readonly ranges?: readonly [input: ValueRange, output: ValueRange];
  close(): Promise<void>;
}

async function runTranslate(run: string, input: string, target: string, flags: TranslateFlags): Promise<number> {
  const output = new Output(flags);
  const { direction, fit, ...form } = parseOptions(options, givenOptions(flags, options), "translate");
  const force = flags.force === true;
  const { jobs, failed: unopened } = await jobsFor(input, target);
  for (const { to } of jobs) await requireFree(to, force);
  const net = await openNet(run, direction, form, flags, output);
  const failed: Failure[] = [];
  const fail = (failure: Failure): void => {
    failed.push(failure);
    output.warn(`${failure.file}: ${failure.reason}`);
  };
  try {
    unopened.forEach(fail);
    const signal = catchInterrupt(output, "after this image");
    for (const [i, { from, to }] of jobs.entries()) {
      if (signal.aborted) return stopped(output, target, i + unopened.length - failed.length, jobs.length, failed);
      output.show(`${i + 1} of ${jobs.length}  ${from}`);
      try {
        const image = await readImage(from, net.shape[2] === 1 ? 1 : 3, (message) => output.warn(message));
        await writeOutput(to, await encodeImage(await translateImage(net, image, fit), to), force);
      } catch (error) {
        if (!(error instanceof ZayaError)) throw error;
        if (jobs.length === 1 && unopened.length === 0) throw error;
        fail({ file: from, reason: error.message });
      }
    }
  } finally {
    await net.close();
  }
  const done = jobs.length + unopened.length - failed.length;
  const way = net.direction === null ? "" : `, ${net.direction}`;
  const [height, width] = net.shape;
  const sizes = height === -1 ? "each at its own size" : `of ${height} x ${width} pixels inside, others by ${fit}`;
  output.result([`${target}: ${counted(done, "image")}${way}, ${sizes}`], printed, {
    out: target,
    images: done,
    direction: net.direction,
    fit,
    shape: net.shape,
    ...(net.ranges && { ranges: net.ranges }),
    failed,
  });
  return failed.length > 0 ? exitCodes.refused : exitCodes.done;
}

function stopped(output: Output, out: string, images: number, count: number, failed: readonly Failure[]): number {
  output.result(
    [`stopped after ${images} of ${counted(count, "image")}; the same command with --force translates all of them`],
    stoppedForm,
    { out, status: "interrupted", images, failed },
  );
  return exitCodes.interrupted;
}

async function openNet(
  path: string,
  wanted: Direction | undefined,
  form: OnnxForm,
  flags: TranslateFlags,
  output: Output,
): Promise<OpenedNet> {
  const device = deviceOf(flags.device);
  if (await isOnnxPath(path)) return openFile(path, wanted, form, device, flags, output);
  requireNoOnnxForm(form, path);
  const { trained, close } = await openRunModel(path, device, parametersOf(flags));
  try {
    const direction = chosenWay(path, directionsOf(trained.model), wanted);
    const { map, input } = trained.model.translators![direction]!;
    const shape = trained.model.maps[map]!.inputs[input]!;
    return {
      shape,
      direction,
      run: ofPixels(async (images) => finiteItems(await trained.translate(images, direction), "translations")),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function chosenWay(path: string, ways: readonly Direction[], wanted: Direction | undefined): Direction {
  if (ways.length === 0) {
    throw new OptionError(
      `the run must be an image-to-image model - got ${path}`,
      `train one: zaya train ${translatingRecipes()[0]} --data A B`,
    );
  }
  if (wanted === undefined && ways.length > 1) {
    throw new OptionError(`the run translates in two directions; choose one with --direction: ${ways.join(", ")}`);
  }
  const way = wanted ?? ways[0]!;
  if (ways.includes(way)) return way;
  throw new OptionError(`this run translates ${ways.join(", ")} - got --direction ${way}`);
}

async function openFile(
  path: string,
  wanted: Direction | undefined,
  form: OnnxForm,
  device: Device,
  flags: ParameterFlags,
  output: Output,
): Promise<OpenedNet> {
  const idle = { "--direction": wanted, "--weights": flags.weights, "--checkpoint": flags.checkpoint };
  for (const [flag, value] of Object.entries(idle)) {
    if (value !== undefined) {
      throw new OptionError(`${flag} is for runs - got ${value} for the ONNX file ${path}`);
    }
  }
  const net = await openOnnxTranslator(await onnxFile(path), form, ortOptions(device), {
    used: () => process.memoryUsage.rss(),
    free: availableMemory,
  });
  if (net.probed) output.warn(probedWarning(path, net.ranges[0], "--input-range"));
  return { ...net, direction: null };
}
