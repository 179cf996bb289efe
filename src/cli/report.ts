import { join } from "node:path";

import type { Command } from "commander";

import { FolderStore, nodeEngine, requireRun } from "../node/index.ts";
import { Run, reportAgain, reportFile } from "../train/index.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { addOutputFlags } from "./flags.ts";
import { addExamples } from "./help.ts";
import { openSameData } from "./open-run.ts";
import { Output } from "./output.ts";

interface ReportFlags {
  readonly device?: string;
  readonly json?: boolean;
}

export function declareReport(command: Command): void {
  command.argument("<run>", "run folder; the run may be going on, interrupted or done");
  addDeviceFlag(command);
  addOutputFlags(command);
  addExamples(command, [["write runs/vae-mnist-1/report.html anew", "zaya report runs/vae-mnist-1"]]);
  command.action(runReport);
}

async function runReport(folder: string, flags: ReportFlags): Promise<void> {
  const output = new Output(flags);
  await requireRun(folder);
  const run = await Run.open(new FolderStore(folder));
  const data = await openSameData(run);
  await reportAgain(run, data, await nodeEngine({ device: deviceOf(flags.device) }));
  const report = join(folder, reportFile);
  output.result([report], { run: folder, status: run.state.status, report });
}
