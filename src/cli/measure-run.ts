import type { Command } from "commander";
import { z } from "zod";

import { DataError, OptionError } from "../base/errors.ts";
import { choiceField, integerField, parseOptions, textField, flagOf } from "../base/options.ts";
import { fold, key } from "../base/random.ts";
import { type DataSplit, take } from "../data/index.ts";
import { type Metric, metrics } from "../metrics/index.ts";
import { type Device, openRunFolder } from "../node/index.ts";
import { imageLayouts } from "../runtime/index.ts";
import {
  type Evaluation,
  type Measured,
  type Measurement as Chosen,
  type Refusal,
  endMetrics,
  drawnMetrics,
  endMeasurements,
  keepEvaluation,
  measureEach,
  takesFeatures,
} from "../evaluation/index.ts";
import { inRun } from "../run/index.ts";
import { deviceOf } from "./device.ts";
import { addFlags, givenOptions } from "./flags.ts";
import { count, counted } from "./format.ts";
import { addNames } from "./help.ts";
import { addMetricFlags, chooseMetrics, requireUsed } from "./metric-flags.ts";
import { rangeWords } from "./onnx-flags.ts";
import { type OpenedFeatures, openFeatures } from "./open-features.ts";
import { type OpenedRun, openRunModel, openSameData } from "./open-run.ts";
import type { Output } from "./output.ts";
import { refusalLines } from "./result-lines.ts";
import { addParameterFlags, describeParameters, givenParameter, parametersOf } from "./weights.ts";

const options = z.object({
  limit: integerField("evaluate on the first n test items only (default: all)", { min: 1 }).optional(),
  seed: integerField("random seed of the metrics (default: the run's seed, as at the end of training)", {
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }).optional(),
  features: textField(
    "feature space of the metrics: the run folder of a classifier, or an ONNX file that maps images or [n, d] to vectors; required for images (default: the coordinates of points)",
    "run|file",
  ).optional(),
  featureRange: choiceField(
    "values of black and white in the input of that ONNX file, unless declared in the file (default: 0,1)",
    rangeWords,
  ).optional(),
  featureLayout: choiceField(
    "axis order of images in that ONNX file, if its shape is ambiguous",
    imageLayouts,
  ).optional(),
  featureOutput: textField(
    "output of that ONNX file to use, if it has several and none is named features",
    "name",
  ).optional(),
});

/** How to measure, as given by a command's flags. */
export interface MeasureFlags extends Readonly<Record<string, unknown>> {
  readonly metric?: readonly string[];
  readonly device?: string;
  readonly weights?: string;
  readonly checkpoint?: string;
  readonly recipe?: string;
}

export interface Measurement extends Measured {
  /** Test items. */
  readonly n: number;
  /** Each with its file in the run. */
  readonly results: readonly (Evaluation & { readonly file: string })[];
  /** Metrics that the model or its data do not allow; the others were measured. */
  readonly refused: readonly Refusal[];
}

/** Adds the flags of measurements. @param otherwise What is measured without --metric, for the help. */
export function addMeasureFlags(command: Command, otherwise: string): void {
  command.option(
    "--metric <name>",
    `metric from the list above, or a .js or .ts file that exports one of your own; repeatable (default: ${otherwise})`,
    (name: string, all: readonly string[] = []) => [...all, name],
  );
  addNames(
    command,
    "Metrics:",
    metrics.map(({ name, summary }) => [name, summary]),
  );
  addFlags(command, options);
  addMetricFlags(command);
  addParameterFlags(command);
}

/** @throws OptionError for flags that are not valid, before a run is opened. */
export async function checkMeasureFlags(flags: MeasureFlags): Promise<void> {
  parseOptions(options, givenOptions(flags, options), "eval");
  parametersOf(flags);
  if (flags.metric === undefined) requireUsed(flags, [...endMetrics, ...drawnMetrics]);
  for (const metric of flags.metric === undefined ? [] : await chooseMetrics(flags.metric, flags)) {
    parseOptions(metric.options, givenOptions(flags, metric.options), metric.name);
  }
}

/** @throws OptionError for flags of measurements if nothing is measured. */
export function requireNoMeasureFlags(flags: MeasureFlags): void {
  requireUsed(flags, []);
  const idle = Object.keys(givenOptions(flags, options))[0] ?? givenParameter({ ...flags, recipe: undefined });
  if (idle !== undefined) throw new OptionError(`${flagOf(idle)} is an option of metrics and needs --metric`);
}

/** Measures a run's newest checkpoint on its test data; the results are written into its eval/. */
export function measureRun(folder: string, flags: MeasureFlags, output: Output): Promise<Measurement> {
  return inRun(folder, () => measureIn(folder, flags, output));
}

async function measureIn(folder: string, flags: MeasureFlags, output: Output): Promise<Measurement> {
  const given = parseOptions(options, givenOptions(flags, options), "eval");
  const device = deviceOf(flags.device);
  const lock = await openRunFolder(folder);
  try {
    const run = await openRunModel(folder, device, parametersOf(flags));
    let compared: OpenedFeatures | null = null;
    try {
      const data = await openSameData(run.run);
      const chosen = flags.metric === undefined ? usualOf(run, data, flags) : await chosenBy(flags.metric, flags);
      compared = await featuresFor(
        chosen.map(({ metric }) => metric),
        given,
        device,
      );
      return await measure({ run, data, chosen, given, compared }, output);
    } finally {
      await compared?.close();
      await run.close();
    }
  } finally {
    await lock.release();
  }
}

async function featuresFor(
  chosen: readonly Metric[],
  { features, featureRange: range, featureLayout: layout, featureOutput: output }: z.output<typeof options>,
  device: Device,
): Promise<OpenedFeatures | null> {
  if (features === undefined) return null;
  if (chosen.some(takesFeatures)) return openFeatures(features, { range, layout, output }, device);
  throw new OptionError(
    `--features applies only to metrics of features - got --metric ${chosen.map(({ name }) => name).join(", ")}`,
    `add one of them (${metrics
      .filter(takesFeatures)
      .map(({ name }) => name)
      .join(", ")}), or remove --features`,
  );
}

interface Task {
  readonly run: OpenedRun;
  readonly data: DataSplit;
  readonly chosen: readonly Chosen[];
  readonly given: z.output<typeof options>;
  readonly compared: OpenedFeatures | null;
}

async function measure(
  { run: opened, data: { train, test }, chosen, given, compared }: Task,
  output: Output,
): Promise<Measurement> {
  const { run, trained, step, weights } = opened;
  const data = given.limit === undefined ? test : take(test, given.limit);
  const seed = given.seed ?? run.config.train.seed;
  output.say(
    `evaluating on ${count(data.size)} of ${counted(test.size, "test item")}, with ${describeParameters(step, weights)}`,
  );
  const by = fold(key(seed), "evaluate");
  const subject = { trained, data, part: "test", key: by, training: train, features: compared?.features };
  const files: string[] = [];
  const { results, refused } = await measureEach(subject, chosen, {
    before: (metric) => output.show(metric.name),
    after: async (result) => files.push(await keepEvaluation(run.store, { ...result, step, seed, weights })),
  });
  const [first] = refused;
  // If nothing could be measured, the first reason is the error.
  if (first !== undefined && results.length === 0) {
    for (const refusal of refused.slice(1)) output.warn(...refusalLines(refusal));
    throw new DataError(first.reason, first.hint);
  }
  return {
    step,
    seed,
    weights,
    n: data.size,
    results: results.map((result, i) => ({ ...result, file: files[i]! })),
    refused,
  };
}

async function chosenBy(names: readonly string[], flags: MeasureFlags): Promise<Chosen[]> {
  const chosen = await chooseMetrics(names, flags);
  return chosen.map((metric) => ({ metric, options: givenOptions(flags, metric.options) }));
}

/** The metrics measured at the end of training. @throws OptionError for models without any. */
function usualOf({ trained, run }: OpenedRun, data: DataSplit, flags: MeasureFlags): Chosen[] {
  const usual = endMeasurements(trained.model, data);
  if (usual.length === 0) {
    throw new OptionError(
      `${run.config.recipe} has no default metrics, so --metric is required`,
      "add one or more, such as --metric kid; zaya list metrics shows all",
    );
  }
  const metrics = usual.map(({ metric }) => metric);
  requireUsed(flags, metrics);
  return usual.map((each) => ({ ...each, options: { ...each.options, ...givenOptions(flags, each.metric.options) } }));
}
