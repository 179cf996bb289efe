import { availableParallelism } from "node:os";

import { OptionError } from "../base/errors.ts";
import { gibibytes } from "../base/gibibytes.ts";
import { availableMemory } from "../node/index.ts";
import { isBucket } from "../node/bucket.ts";
import { localTrainer } from "../node/local-trainer.ts";
import { absolutePlace, placeIn } from "../node/place.ts";
import { QueueTrainer } from "../node/queue-trainer.ts";
import { dataPaths, putData } from "../node/stored-data.ts";
import { connectQueue } from "../node/redis-queue.ts";
import { storeId } from "../node/shared-store.ts";
import type { Trainer } from "../sweep/index.ts";
import { counted } from "./format.ts";
import type { Output } from "./output.ts";

/** Where trials are to be trained. */
export interface TrainerChoice {
  /** The sweep or row that needs it. */
  readonly name: string;
  readonly threads: number;
  /** Estimated memory of a trial, in bytes. */
  readonly bytes?: number | undefined;
  readonly jobs?: number | "auto" | undefined;
  readonly queue?: string | undefined;
  /** Folder of trials/. */
  readonly out: string;
}

/** A trainer, until it is closed. */
export interface OpenTrainer {
  readonly trainer: Trainer;
  /** Where it trains, as a phrase for the user. */
  readonly where: string;
  close(): Promise<void>;
}

/** Maximum number of concurrent trials that cores and memory allow. */
function fittingJobs(threads: number, bytes: number, output: Output): number {
  const cores = Math.max(1, Math.floor(availableParallelism() / threads));
  const free = availableMemory();
  const most = bytes === 0 ? cores : Math.max(1, Math.floor(free / bytes));
  if (most < cores) {
    output.say(
      `at most ${counted(most, "trial")} at once: each takes about ${gibibytes(bytes)}, and ${gibibytes(free)} of memory are free`,
    );
  }
  return Math.min(cores, most);
}

/** Puts the data of each trial into the store before the trial is queued, so that workers without them can fetch them. */
function withStoredData(trainer: Trainer, place: string, output: Output): Trainer {
  const known = new Map<string, Promise<string>>();
  const keyOf = (path: string): Promise<string> => {
    const begins = (files: number, bytes: number) =>
      output.say(`storing ${path} for the workers, once: ${counted(files, "file")}, ${byteText(bytes)}`);
    const key = known.get(path) ?? putData(place, path, begins);
    known.set(path, key);
    return key;
  };
  return {
    slots: (learns) => trainer.slots(learns),
    onMoreSlots: (listener) => trainer.onMoreSlots(listener),
    progress: (job) => trainer.progress(job),
    train: async (job, signal) => {
      if (job.trial.row !== undefined) return trainer.train(job, signal);
      const paths = dataPaths(job.trial.config.data);
      const stored = Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await keyOf(path)])));
      return trainer.train({ ...job, trial: { ...job.trial, stored } }, signal);
    },
  };
}

function byteText(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : gibibytes(bytes);
}

/** Child processes of this machine, or the workers of a queue. @throws OptionError for both at once. */
export async function openTrainer(
  { name, threads, bytes = 0, jobs: given, queue: url, out }: TrainerChoice,
  output: Output,
): Promise<OpenTrainer> {
  if (url === undefined) {
    const trials = placeIn(absolutePlace(out), "trials");
    const close = async () => undefined;
    if (typeof given === "number") return { trainer: localTrainer(trials, given), where: `${given} at once`, close };
    const most = fittingJobs(threads, bytes, output);
    const decided = (jobs: number, reason: string) => output.say(`${jobs} at once from now on: ${reason}`);
    const where = most === 1 ? "1 at once" : `up to ${most} at once, by their measured speed`;
    return { trainer: localTrainer(trials, { most, decided }), where, close };
  }
  if (given !== undefined) {
    throw new OptionError("--jobs is for this machine and cannot be used with --queue", "zaya worker takes --jobs");
  }
  const connection = await connectQueue(url, (line) => output.warn(line));
  const trainer = await QueueTrainer.open(
    connection,
    { sweep: name, store: await storeId(absolutePlace(out)), bytes },
    () => output.warn("no worker of this version is running: start some with zaya worker --queue URL"),
  );
  return {
    trainer: isBucket(out) ? withStoredData(trainer, out, output) : trainer,
    where: `${counted(trainer.workers, "trial")} at once by the workers of ${connection.server}`,
    close: async () => {
      trainer.close();
      await connection.close();
    },
  };
}
