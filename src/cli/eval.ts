import type { Command } from "commander";

import type { Evaluation } from "../train/index.ts";
import { addDeviceFlag } from "./device.ts";
import { count, number } from "./format.ts";
import { type MeasureFlags, addMeasureFlags, checkMeasureFlags, measureRun } from "./measure-run.ts";
import { Output } from "./output.ts";
import { numbers } from "./progress.ts";

interface EvalFlags extends MeasureFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function declareEval(command: Command): void {
  command.argument("<run>", "folder of the run; results are written to its eval/");
  addMeasureFlags(command, "what training ends with");
  command
    .option("--json", "print one JSON object at the end, and progress on stderr")
    .option("--quiet", "print no progress");
  addDeviceFlag(command);
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
