import type { Command } from "commander";
import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { choiceField, integerField, parseOptions, textField } from "../base/options.ts";
import { fold, key } from "../base/random.ts";
import { take } from "../data/index.ts";
import { type Metric, metrics } from "../metrics/index.ts";
import { type Device, openRunFolder } from "../node/index.ts";
import { type Evaluation, evaluationFile, evaluator, takesFeatures, usualMetrics } from "../train/index.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { addFlags, givenOptions } from "./flags.ts";
import { count, counted, number } from "./format.ts";
import { addMetricFlags, chooseMetrics, requireUsed } from "./metric-flags.ts";
import { type OpenedFeatures, featureRanges, openFeatures } from "./open-features.ts";
import { type OpenedRun, openRunModel, openSameData } from "./open-run.ts";
import { Output } from "./output.ts";
import { numbers } from "./progress.ts";
import { addWeightsFlag, describeParameters, weightsOf } from "./weights.ts";

const options = z.object({
  limit: integerField("measure on the first so many test items (default: all)", { min: 1 }).optional(),
  seed: integerField(
    "seed of the metrics' draws (default: the run's, which gives the numbers that training ended with)",
    {
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
    },
  ).optional(),
  features: textField(
    "what samples are compared in: the folder of a classifier's run, or an ONNX file from [n, c, h, w] or [n, d] to vectors; points are compared as they are where not given",
  ).optional(),
  featureRange: choiceField(
    "what black and white are in the input of that ONNX file",
    Object.keys(featureRanges) as [keyof typeof featureRanges],
  ).default("0,1"),
});

interface EvalFlags extends Readonly<Record<string, unknown>> {
  readonly metric?: readonly string[];
  readonly device?: string;
  readonly weights?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function declareEval(command: Command): void {
  command
    .argument("<run>", "folder of the run; results are written to its eval/")
    .option(
      "--metric <name>",
      `what to measure, once or more: ${metrics.map(({ name, summary }) => `${name} (${summary})`).join(", ")} (default: what training ends with)`,
      (name: string, all: readonly string[] = []) => [...all, name],
    );
  addFlags(command, options);
  addMetricFlags(command);
  command
    .option("--json", "print one JSON object at the end, and progress on stderr")
    .option("--quiet", "print no progress");
  addWeightsFlag(command);
  addDeviceFlag(command);
  command.action(runEval);
}

async function runEval(folder: string, flags: EvalFlags): Promise<void> {
  const output = new Output(flags);
  const asked = flags.metric === undefined ? null : chooseMetrics(flags.metric, flags);
  const given = parseOptions(options, givenOptions(flags, options), "eval");
  for (const metric of asked ?? []) parseOptions(metric.options, givenOptions(flags, metric.options), metric.name);
  const device = deviceOf(flags.device);
  const lock = await openRunFolder(folder);
  try {
    const run = await openRunModel(folder, device, weightsOf(flags.weights));
    let compared: OpenedFeatures | null = null;
    try {
      const chosen = asked ?? usualOf(run, flags);
      compared = await featuresFor(chosen, given, device);
      await measure({ folder, run, chosen, given, compared, flags }, output);
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
  { features, featureRange }: z.output<typeof options>,
  device: Device,
): Promise<OpenedFeatures | null> {
  if (features === undefined) return null;
  if (chosen.some(takesFeatures)) return openFeatures(features, featureRange, device);
  throw new OptionError(
    `eval: features are for metrics that compare items in them - got --metric ${chosen.map(({ name }) => name).join(", ")}`,
    `add --metric ${metrics.find(takesFeatures)!.name}, or leave --features out`,
  );
}

interface Task {
  readonly folder: string;
  readonly run: OpenedRun;
  readonly chosen: readonly Metric[];
  readonly given: z.output<typeof options>;
  readonly compared: OpenedFeatures | null;
  readonly flags: EvalFlags;
}

async function measure({ folder, run: opened, chosen, given, compared, flags }: Task, output: Output): Promise<void> {
  const { run, trained, step, weights } = opened;
  const { train, test } = await openSameData(run);
  const data = given.limit === undefined ? test : take(test, given.limit);
  const seed = given.seed ?? run.config.train.seed;
  output.say(
    `measuring on ${count(data.size)} of ${counted(test.size, "test item")}, with ${describeParameters(step, weights)}`,
  );
  const by = fold(key(seed), "evaluate");
  const evaluate = evaluator({ trained, data, part: "test", key: by, training: train, features: compared?.features });
  const results: (Evaluation & { readonly file: string })[] = [];
  for (const metric of chosen) {
    output.show(metric.name);
    const result = await evaluate(metric, givenOptions(flags, metric.options));
    const measured = { step, seed, weights };
    const file = evaluationFile(result, measured);
    await run.store.write(file, new TextEncoder().encode(`${JSON.stringify({ ...result, ...measured }, null, 2)}\n`));
    results.push({ ...result, file });
  }
  output.result(
    results.flatMap((result) => [numbers([result]), ...comparison(result), `  ${folder}/${result.file}`]),
    { run: folder, step, seed, weights, n: data.size, results },
  );
}

/** What training ends with. @throws OptionError for models for which that is nothing. */
function usualOf({ trained, run }: OpenedRun, flags: EvalFlags): Metric[] {
  const usual = usualMetrics(trained.model);
  if (usual.length === 0) {
    throw new OptionError(
      `eval: needs a metric of samples for ${run.config.recipe} - got none`,
      "add --metric kid, once or more; zaya list metrics shows them all",
    );
  }
  requireUsed(flags, usual);
  return usual;
}

/** Of a result of samples: what it is to be seen beside. */
function comparison({ interval: [low, high], floor, protocol }: Evaluation): string[] {
  const { samples, reference, features } = protocol;
  if (samples === undefined) return [];
  return [
    [
      "",
      ...(Number.isFinite(low) ? [`95 % interval ${number(low)} to ${number(high)}`] : []),
      ...(floor === undefined ? [] : [`real items get ${number(floor)}`]),
      `${count(samples)} drawn, ${count(reference!)} real`,
      ...(features === undefined
        ? []
        : [`${features.dimensions} features of ${features.id}, resized: ${features.resize}`]),
    ].join("  "),
  ];
}
