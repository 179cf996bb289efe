import type { Command } from "commander";

import { systemClock } from "../base/clock.ts";
import { FolderStore, nodeEngine, openRunFolder, requireRun, versions } from "../node/index.ts";
import { Run, requireResumable, resume } from "../train/index.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { exitCodes } from "./failure.ts";
import { addOutputFlags } from "./flags.ts";
import { followRun } from "./follow.ts";
import { addExamples } from "./help.ts";
import { catchInterrupt } from "./interrupt.ts";
import { openRunData } from "./open-run.ts";
import { Output } from "./output.ts";

interface ResumeFlags {
  readonly device?: string;
  readonly fromScratch?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly pictures?: boolean;
}

export function declareResume(command: Command): void {
  command.argument("<run>", "run folder").option("--from-scratch", "train again from step 1, if no checkpoint is left");
  addDeviceFlag(command);
  addOutputFlags(command, { quiet: true, pictures: true });
  addExamples(command, [["continue after Ctrl-C or a crash", "zaya resume runs/vae-mnist-1"]]);
  command.action(async (folder: string, flags: ResumeFlags) => {
    process.exitCode = await runResume(folder, flags);
  });
}

async function runResume(folder: string, flags: ResumeFlags): Promise<number> {
  const output = new Output(flags);
  if (flags.fromScratch === true) await restart(folder);
  await requireRun(folder);
  const { config, state } = await Run.open(new FolderStore(folder));
  if (state.status === "done") {
    output.result([`nothing to do: all ${state.step} steps of ${folder} are done`], {
      run: folder,
      recipe: config.recipe,
      seed: config.train.seed,
      status: "done",
      steps: state.step,
      seconds: state.seconds,
    });
    return exitCodes.done;
  }
  const opened = await openRunFolder(folder);
  const signal = catchInterrupt(output);
  try {
    // Read again: another process may have gone on with it before the lock was taken.
    const run = await Run.open(opened.store);
    requireResumable(run);
    const data = await openRunData(run);
    const engine = await nodeEngine({ device: deviceOf(flags.device ?? run.config.device) });
    output.say(
      `resuming ${folder}: ${config.recipe} on ${data.train.name}, saved at step ${run.newest?.step ?? 0} of ${config.train.steps}`,
    );
    const settings = { engine, signal, versions: versions() };
    return await followRun(resume(run, data, settings), opened, config, output);
  } finally {
    await opened.release();
  }
}

/** @throws RunError when the run has a checkpoint. */
async function restart(folder: string): Promise<void> {
  await requireRun(folder);
  const { store, release } = await openRunFolder(folder);
  try {
    await Run.restart(store, systemClock, versions());
  } finally {
    await release();
  }
}
