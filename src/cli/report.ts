import { join } from "node:path";

import type { Command } from "commander";

import { FolderStore, nodeEngine, requireRun } from "../node/index.ts";
import { Run, reportAgain, reportFile } from "../train/index.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { openSameData } from "./open-run.ts";
import { Output } from "./output.ts";

interface ReportFlags {
  readonly device?: string;
  readonly json?: boolean;
}

export function declareReport(command: Command): void {
  command
    .argument("<run>", "folder of the run, whether it goes on, was stopped or is done")
    .option("--json", "print one JSON object");
  addDeviceFlag(command);
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
