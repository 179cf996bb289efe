import { DivergedError, RunError } from "../base/errors.ts";
import type { DataSplit } from "../data/index.ts";
import { createRunFolder, isRun, nodeEngine, openData, openRunFolder, versions } from "../node/index.ts";
import { absolutePlace, openStore, placeIn } from "../node/place.ts";
import type { Row, RowTraining, Scale } from "../repro/index.ts";
import { Run, isDone, planRun } from "../run/index.ts";
import type { Engine } from "../runtime/index.ts";
import { type Trainer, type Trial, trialId } from "../sweep/index.ts";
import { resume, train } from "../train/index.ts";
import { exitCodes, reportError } from "./failure.ts";
import { followRun } from "./follow.ts";
import { duration } from "./format.ts";
import { catchInterrupt } from "./interrupt.ts";
import { Output } from "./output.ts";

/** Threads of a training run that is a job, fixed so that its numbers do not depend on the number of jobs. */
export const jobThreads = 1;

/** Thrown when it was stopped before all training runs of a row were done. */
export class StoppedRow extends Error {}

/** A training run of a row as a trial, in the folder named by its id. */
async function trialOf(row: Row, scale: Scale, { model, data, options }: RowTraining, engine: Engine): Promise<Trial> {
  const { config } = await planRun(model, data, options, { engine });
  const id = trialId(config, jobThreads, data);
  return { id, configuration: 0, seed: config.train.seed, config, threads: jobThreads, row: { name: row.name, scale } };
}

function runFolder(out: string, { id }: Trial): string {
  return placeIn(absolutePlace(out), "trials", id);
}

/** Where a row's training runs are jobs. */
export interface RowJobs {
  readonly row: Row;
  readonly scale: Scale;
  readonly out: string;
  readonly engine: Engine;
  readonly trainer: Trainer;
  readonly signal: AbortSignal;
  readonly output: Output;
}

/** Runs a row's training runs as jobs, at most as many at once as the trainer has slots. */
export function trainByJobs({
  row,
  scale,
  out,
  engine,
  trainer,
  signal,
  output,
}: RowJobs): (of: RowTraining) => Promise<Run> {
  const waiting: (() => void)[] = [];
  let [running, done, known] = [0, 0, 0];
  const free = async (): Promise<void> => {
    if (running >= trainer.slots(false)) await new Promise<void>((go) => waiting.push(go));
    running++;
  };
  return async (training) => {
    known++;
    const trial = await trialOf(row, scale, training, engine);
    await free();
    try {
      const end = await trainer.train({ trial, metric: "", until: null }, signal);
      if (end === null) throw new StoppedRow();
      if (end.status === "failed") throw new RunError(`${training.label}: ${end.reason}`);
      if (end.status === "diverged") throw new DivergedError(end.step, `${training.label}: ${end.reason}`);
      output.say(`${training.label}: trained in ${duration(end.seconds)}, ${++done} of ${known} training runs so far`);
      return await Run.open(openStore(runFolder(out, trial)));
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}

/**
 * Runs one training run of a row, in the folder named by its id: executes the row, opens those of its training runs that are done, and waits
 * for no others. Returns the exit code.
 */
export async function trainOne(row: Row, scale: Scale, wanted: string, out: string, output: Output): Promise<number> {
  const engine = await nodeEngine({ threads: jobThreads });
  const signal = catchInterrupt(output);
  process.once("beforeExit", () => {
    process.exitCode = reportError(
      new RunError(
        `${row.name}: --training must name a training run of the row whose predecessors are done - got ${wanted}`,
        "was the row changed in the meantime?",
      ),
    );
  });
  return new Promise<number>((ended, failed) => {
    const context = {
      scale,
      engine,
      open: openData,
      say: () => undefined,
      diagnosed: () => undefined,
      trainAsJob: async (training: RowTraining): Promise<Run> => {
        const trial = await trialOf(row, scale, training, engine);
        const folder = runFolder(out, trial);
        if (trial.id === wanted) {
          await trainInFolder(folder, training, engine, signal, output).then(ended, failed);
        } else if (await isRun(folder)) {
          const run = await Run.open(openStore(folder));
          if (await isDone(run)) return run;
        }
        return new Promise(() => undefined);
      },
    };
    row.run(context).catch(failed);
  }).finally(() => process.removeAllListeners("beforeExit"));
}

async function trainInFolder(
  folder: string,
  { model, data, options }: RowTraining,
  engine: Engine,
  signal: AbortSignal,
  output: Output,
): Promise<number> {
  return (await isRun(folder))
    ? resumeIn(folder, data, engine, signal, output)
    : beginIn(folder, { model, data, options }, engine, signal, output);
}

async function beginIn(
  folder: string,
  { model, data, options }: Omit<RowTraining, "label">,
  engine: Engine,
  signal: AbortSignal,
  output: Output,
): Promise<number> {
  const plan = await planRun(model, data, options, { engine });
  const opened = await createRunFolder(folder);
  try {
    const settings = { store: opened.store, versions: versions(jobThreads) };
    const begin = (ends: AbortSignal) => train(plan, { ...settings, signal: ends });
    return await followRun(begin, { signal }, opened, plan.config, output);
  } finally {
    await opened.release();
  }
}

async function resumeIn(
  folder: string,
  data: DataSplit,
  engine: Engine,
  signal: AbortSignal,
  output: Output,
): Promise<number> {
  const opened = await openRunFolder(folder);
  try {
    const run = await Run.open(opened.store);
    if (await isDone(run)) return exitCodes.done;
    const begin = (ends: AbortSignal) => resume(run, data, { engine, signal: ends, versions: versions(jobThreads) });
    return await followRun(begin, { signal }, opened, run.config, output);
  } finally {
    await opened.release();
  }
}
