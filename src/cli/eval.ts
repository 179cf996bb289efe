import type { Command } from "commander";

import type { Evaluation } from "../train/index.ts";
import { addDeviceFlag } from "./device.ts";
import { addOutputFlags } from "./flags.ts";
import { count, number } from "./format.ts";
import { addExamples } from "./help.ts";
import { type MeasureFlags, addMeasureFlags, checkMeasureFlags, measureRun } from "./measure-run.ts";
import { Output } from "./output.ts";
import { numbers } from "./progress.ts";

interface EvalFlags extends MeasureFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function declareEval(command: Command): void {
  command.argument("<run>", "run folder; results are added to its eval/");
  addMeasureFlags(command, "what training ends with");
  addDeviceFlag(command);
  addOutputFlags(command, { quiet: true });
  addExamples(command, [
    ["the test metrics of the recipe again", "zaya eval runs/vae-mnist-1"],
    ["log-likelihood of 500 test images", "zaya eval runs/vae-mnist-1 --metric nll --samples 100 --limit 500"],
    ["features to compare images in, once per data set", "zaya train classifier --data mnist --out runs/digits"],
    ["sample quality and diversity", "zaya eval runs/vae-mnist-1 --features runs/digits --metric kid --metric recall"],
  ]);
  command.action(runEval);
}

async function runEval(folder: string, flags: EvalFlags): Promise<void> {
  const output = new Output(flags);
  checkMeasureFlags(flags);
  const { results, ...about } = await measureRun(folder, flags, output);
  output.result(
    results.flatMap((result) => [numbers([result]), ...comparison(result), `  ${folder}/${result.file}`]),
    { run: folder, ...about, results },
  );
}

/** Of a result of samples: what it is to be seen beside. */
function comparison(result: Evaluation): string[] {
  const {
    interval: [low, high],
    protocol,
  } = result;
  const { samples, reference, features } = protocol;
  if (samples === undefined) return [];
  return [
    [
      "",
      ...(Number.isFinite(low) ? [`95 % interval ${number(low)} to ${number(high)}`] : []),
      ...floorOf(result),
      `${count(samples)} drawn, ${count(reference!)} real`,
      ...(features === undefined
        ? []
        : [`${features.dimensions} features of ${features.id}, resized: ${features.resize}`]),
    ].join("  "),
  ];
}

/** What real items get, and what else is different about them. */
function floorOf({ floor, floorDetails = {}, floorRefusal, details }: Evaluation): string[] {
  if (floorRefusal !== undefined) return [`no floor: real items in place of samples are refused, ${floorRefusal}`];
  if (floor === undefined) return [];
  const other = Object.entries(floorDetails).flatMap(([name, detail]) =>
    typeof detail === "number" && detail !== details[name] ? [`${name} ${number(detail)}`] : [],
  );
  return [`real items get ${number(floor)}${other.length === 0 ? "" : ` (${other.join(", ")})`}`];
}
