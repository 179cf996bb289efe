import type { Command } from "commander";

import { nodeEngine } from "../node/index.ts";
import { placeIn } from "../node/place.ts";
import { inRun } from "../run/index.ts";
import { reportAgain, reportFile } from "../report/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { addOutputFlags } from "./flags.ts";
import { addExamples } from "./help.ts";
import { openRun, openSameData } from "./open-run.ts";
import { Output } from "./output.ts";
import { addRecipeFlag } from "./weights.ts";

interface ReportFlags {
  readonly device?: string;
  readonly recipe?: string;
  readonly json?: boolean;
}

const printed = jsonForm({
  keys: ["run", "status", "report"],
  notes: "`report` is the path of the page",
});

export const reportCommand: CommandDefinition = { declare: declareReport, json: [printed] };

function declareReport(command: Command): void {
  command.argument("<run>", "run folder, during or after training");
  addRecipeFlag(command);
  addDeviceFlag(command);
  addOutputFlags(command);
  addExamples(command, [["rewrite runs/vae-mnist-1/report.html", "zaya report runs/vae-mnist-1"]]);
  command.action(runReport);
}

async function runReport(folder: string, flags: ReportFlags): Promise<void> {
  const output = new Output(flags);
  const run = await openRun(folder, flags.recipe);
  const data = await openSameData(run);
  const { leftOut, recovered } = await inRun(folder, async () =>
    reportAgain(run, data, await nodeEngine({ device: deviceOf(flags.device) })),
  );
  for (const what of recovered) output.warn(`${folder}: ${what}`);
  for (const what of leftOut) output.warn(`${folder}/${what}`);
  const report = placeIn(folder, reportFile);
  output.result([report], printed, { run: folder, status: run.state.status, report });
}
