import type { Command } from "commander";

import { z } from "zod";

import { systemClock } from "../base/clock.ts";
import { OptionError } from "../base/errors.ts";
import { integerField, parseOptions } from "../base/options.ts";
import { nodeEngine, openRunFolder, requireRun, versions } from "../node/index.ts";
import {
  Run,
  type RunConfig,
  type RunLength,
  inRun,
  isDone,
  lengthen,
  rateWords,
  requireResumable,
} from "../run/index.ts";
import { openStore } from "../node/place.ts";
import { resume } from "../train/index.ts";
import type { CommandDefinition } from "./command.ts";
import { addDeviceFlag, addSessionFlags, deviceOf, sessionOf } from "./device.ts";
import { exitCodes } from "./failure.ts";
import { addFlags, addOutputFlags, givenOptions } from "./flags.ts";
import { followRun, trainingForm } from "./follow.ts";
import { addExamples } from "./help.ts";
import { readInitial } from "./initial-run.ts";
import { catchInterrupt } from "./interrupt.ts";
import { openRunData } from "./open-run.ts";
import { Output } from "./output.ts";
import { loadRecipe } from "./own-recipe.ts";
import { addRecipeFlag } from "./weights.ts";

const lengthOptions = z.object({
  steps: integerField("new total length of the run in steps", { min: 1 }).optional(),
  epochs: integerField("new total length of the run in passes over the training split", { min: 1 }).optional(),
});

interface ResumeFlags extends Readonly<Record<string, unknown>> {
  readonly device?: string;
  readonly fromScratch?: boolean;
  readonly recipe?: string;
  readonly steps?: string;
  readonly epochs?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly pictures?: boolean;
}

export const resumeCommand: CommandDefinition = { declare: declareResume, json: [trainingForm] };

function declareResume(command: Command): void {
  command.argument("<run>", "run folder");
  addFlags(command, lengthOptions);
  command.option("--from-scratch", "restart at step 1, if no checkpoint is left");
  addRecipeFlag(command);
  addDeviceFlag(command);
  addSessionFlags(command);
  addOutputFlags(command, { quiet: true, pictures: true });
  addExamples(command, [
    ["continue after Ctrl-C or a crash", "zaya resume runs/vae-mnist-1"],
    ["train a finished run for longer", "zaya resume runs/vae-mnist-1 --steps 10000"],
  ]);
  command.action(async (folder: string, flags: ResumeFlags) => {
    process.exitCode = await inRun(folder, () => runResume(folder, flags));
  });
}

async function runResume(folder: string, flags: ResumeFlags): Promise<number> {
  const output = new Output(flags);
  const length = lengthOf(flags);
  const { threads, until } = sessionOf(flags);
  if (flags.fromScratch === true) await restart(folder);
  await requireRun(folder);
  const known = await Run.open(openStore(folder));
  if (length === null && (await isDone(known))) return nothingToDo(folder, known, output);
  const opened = await openRunFolder(folder);
  const signal = catchInterrupt(output);
  try {
    // Read again: another process may have continued it before the lock was taken.
    const run = await Run.open(opened.store);
    const moved = await loadRecipe(run, folder, flags.recipe);
    if (length === null) await requireResumable(run);
    const data = await openRunData(run);
    const engine = await nodeEngine({ device: deviceOf(flags.device ?? run.config.device), threads });
    const longer = length === null ? null : await lengthen(run, data, length, engine.freeMemory?.());
    if (longer === null && (await isDone(run))) return nothingToDo(folder, run, output);
    // From here on, that file is the run's recipe.
    if (moved !== null) await run.reconfigure({ ...run.config, module: moved });
    output.say(
      `resuming ${folder}: ${run.config.recipe} on ${data.train.name}, saved at step ${run.newest?.step ?? 0} of ${run.config.train.steps}`,
    );
    if (longer !== null) output.say(...lengthLines(longer));
    const { init } = run.config;
    const initial = init !== undefined && run.newest === null ? await readInitial(init.run, init) : undefined;
    const begin = (ends: AbortSignal) =>
      resume(run, data, { engine, signal: ends, initial, versions: versions(threads) });
    return await followRun(begin, { signal, until }, opened, run.config, output);
  } finally {
    await opened.release();
  }
}

function nothingToDo(folder: string, { config, state }: Run, output: Output): number {
  output.result(
    [`nothing to do: all ${state.step} steps of ${folder} are done; train longer with --steps N`],
    trainingForm,
    {
      run: folder,
      recipe: config.recipe,
      seed: config.train.seed,
      status: "done",
      steps: state.step,
      seconds: state.seconds,
    },
  );
  return exitCodes.done;
}

/** @throws OptionError for steps and epochs at once. */
function lengthOf(flags: ResumeFlags): RunLength | null {
  const { steps, epochs } = parseOptions(lengthOptions, givenOptions(flags, lengthOptions), "resume");
  if (steps === undefined && epochs === undefined) return null;
  if (steps === undefined || epochs === undefined) return { steps, epochs };
  throw new OptionError(`steps and epochs are mutually exclusive - got ${steps} and ${epochs}`, "use one of them");
}

function lengthLines({ train, lengthened }: RunConfig): string[] {
  const { at, from, to } = lengthened!.at(-1)!;
  return [`length ${from} -> ${to} steps; ${rateWords(train, at)}`];
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
