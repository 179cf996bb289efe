import type { Command } from "commander";
import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { integerField, parseOptions } from "../base/options.ts";
import { fold, key } from "../base/random.ts";
import { take } from "../data/index.ts";
import { type Metric, metrics } from "../metrics/index.ts";
import { openRunFolder } from "../node/index.ts";
import { type Evaluation, evaluate, evaluationFile } from "../train/index.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { addFlags, givenOptions, unflagged } from "./flags.ts";
import { count, counted } from "./format.ts";
import { suggestion } from "./nearest.ts";
import { openRunModel, openSameData } from "./open-run.ts";
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
      `what to measure, once or more: ${metrics.map(({ name, summary }) => `${name} (${summary})`).join(", ")} (default: ${metrics[0]!.name})`,
      (name: string, all: readonly string[] = []) => [...all, name],
    );
  addFlags(command, options);
  for (const metric of metrics) addFlags(command, unflagged(command, metric.options), `Options of ${metric.name}:`);
  command
    .option("--json", "print one JSON object at the end, and progress on stderr")
    .option("--quiet", "print no progress");
  addWeightsFlag(command);
  addDeviceFlag(command);
  command.action(runEval);
}

async function runEval(folder: string, flags: EvalFlags): Promise<void> {
  const output = new Output(flags);
  const chosen = chooseMetrics(flags.metric ?? [metrics[0]!.name]);
  const { limit, seed: given } = parseOptions(options, givenOptions(flags, options), "eval");
  requireUsed(flags, chosen);
  for (const metric of chosen) parseOptions(metric.options, givenOptions(flags, metric.options), metric.name);
  const lock = await openRunFolder(folder);
  try {
    const { run, trained, step, weights, close } = await openRunModel(
      folder,
      deviceOf(flags.device),
      weightsOf(flags.weights),
    );
    try {
      const { test } = await openSameData(run);
      const data = limit === undefined ? test : take(test, limit);
      const seed = given ?? run.config.train.seed;
      output.say(
        `measuring on ${count(data.size)} of ${counted(test.size, "test item")}, with ${describeParameters(step, weights)}`,
      );
      const results: (Evaluation & { file: string })[] = [];
      for (const metric of chosen) {
        output.show(metric.name);
        const result = await evaluate(
          metric,
          trained,
          data,
          "test",
          fold(key(seed), "evaluate"),
          givenOptions(flags, metric.options),
        );
        const measured = { step, seed, weights };
        const file = evaluationFile(result, measured);
        await run.store.write(
          file,
          new TextEncoder().encode(`${JSON.stringify({ ...result, ...measured }, null, 2)}\n`),
        );
        results.push({ ...result, file });
      }
      output.result(
        results.flatMap((result) => [numbers([result]), `  ${folder}/${result.file}`]),
        { run: folder, step, seed, weights, n: data.size, results },
      );
    } finally {
      await close();
    }
  } finally {
    await lock.release();
  }
}

function chooseMetrics(names: readonly string[]): Metric[] {
  return names.map((name) => {
    const metric = metrics.find((known) => known.name === name);
    if (metric !== undefined) return metric;
    throw new OptionError(
      `eval: the metric must be known - got ${name}`,
      suggestion(
        name,
        metrics.map((known) => known.name),
        "metrics",
      ),
    );
  });
}

/** An option of a metric that is not measured would be left out in silence. */
function requireUsed(flags: EvalFlags, chosen: readonly Metric[]): void {
  const used = chosen.flatMap((metric) => Object.keys(metric.options.shape));
  for (const metric of metrics) {
    const idle = Object.keys(givenOptions(flags, metric.options)).find((name) => !used.includes(name));
    if (idle !== undefined)
      throw new OptionError(`eval: ${idle} is an option of ${metric.name} - got it without --metric ${metric.name}`);
  }
}
