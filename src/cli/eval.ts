import type { Command } from "commander";

import { type CommandDefinition, jsonForm } from "./command.ts";
import { addDeviceFlag } from "./device.ts";
import { exitCodes } from "./failure.ts";
import { addOutputFlags } from "./flags.ts";
import { addExamples } from "./help.ts";
import { type MeasureFlags, addMeasureFlags, checkMeasureFlags, measureRun } from "./measure-run.ts";
import { Output } from "./output.ts";
import { comparisonLines, refusalLines, resultLine } from "./result-lines.ts";

interface EvalFlags extends MeasureFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const printed = jsonForm({
  keys: ["run", "step", "seed", "weights", "n", "results", "refused"],
  notes:
    "each result is the content of its file in `eval/`, plus the file name as `file`; `refused` has the reasons why others could not be computed",
});

export const evalCommand: CommandDefinition = { declare: declareEval, json: [printed] };

function declareEval(command: Command): void {
  command.argument("<run>", "run folder; results are added to its eval/");
  addMeasureFlags(command, "the metrics computed at the end of training");
  addDeviceFlag(command);
  addOutputFlags(command, { quiet: true });
  addExamples(command, [
    ["the default metrics of the recipe", "zaya eval runs/vae-mnist-1"],
    ["log-likelihood on 500 test images", "zaya eval runs/vae-mnist-1 --metric nll --samples 100 --limit 500"],
    ["a classifier as feature space, once per data set", "zaya train classifier --data mnist --out runs/digits"],
    ["sample quality and diversity", "zaya eval runs/vae-mnist-1 --features runs/digits --metric kid --metric recall"],
  ]);
  command.action(runEval);
}

async function runEval(folder: string, flags: EvalFlags): Promise<void> {
  const output = new Output(flags);
  await checkMeasureFlags(flags);
  const { results, refused, ...about } = await measureRun(folder, flags, output);
  output.result(
    [
      ...results.flatMap((result) => [resultLine(result), ...comparisonLines(result), `  ${folder}/${result.file}`]),
      ...refused.flatMap(refusalLines),
    ],
    printed,
    { run: folder, ...about, results, refused },
  );
  if (refused.length > 0) process.exitCode = exitCodes.refused;
}
