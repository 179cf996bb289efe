import { stat } from "node:fs/promises";
import { extname } from "node:path";

import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { choiceField, textField } from "../base/options.ts";
import { imageLayouts, type ValueRange, valueRanges } from "../runtime/index.ts";

export const rangeWords = Object.keys(valueRanges) as [ValueRange, ...ValueRange[]];

/** Properties of an ONNX file given by flags, where the file does not declare them. */
export const onnxFields = {
  layout: choiceField("axis order of images in an ONNX file, if its shape is ambiguous", imageLayouts).optional(),
  inputRange: choiceField(
    "values of black and white in the input of an ONNX file, unless declared in the file",
    rangeWords,
  ).optional(),
  outputRange: choiceField(
    "values of black and white in the output of an ONNX file, unless declared in the file",
    rangeWords,
  ).optional(),
  outputName: textField("output to use of an ONNX file that has several", "name").optional(),
};

export type OnnxForm = z.output<z.ZodObject<typeof onnxFields>>;

/** @throws OptionError if flags for ONNX files are given for something else. */
export function requireNoOnnxForm(given: Readonly<Record<string, unknown>>, run: string): void {
  const idle = Object.keys(onnxFields).find((name) => given[name] !== undefined);
  if (idle === undefined) return;
  throw new OptionError(
    `--${idle.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is for ONNX files, and ${run} is a run`,
    "remove it: a run defines its own ranges and layout",
  );
}

/** Notes that a range was inferred from a file's outputs. */
export function probedWarning(path: string, range: ValueRange, flag: string): string {
  return `${path} does not declare its pixel range; inferred from its outputs: ${range}. Set it with ${flag}`;
}

/** Whether a path denotes an ONNX file rather than the folder of a run. */
export async function isOnnxPath(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found === null ? extname(path).toLowerCase() === ".onnx" : !found.isDirectory();
}
