import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";

import { OptionError } from "../base/errors.ts";
import { gibibytes } from "../base/gibibytes.ts";
import { availableMemory } from "../node/index.ts";
import { localTrainer } from "../node/local-trainer.ts";
import { QueueTrainer } from "../node/queue-trainer.ts";
import { connectQueue } from "../node/redis-queue.ts";
import { storeId } from "../node/shared-store.ts";
import type { Trainer } from "../sweep/index.ts";
import { counted } from "./format.ts";
import type { Output } from "./output.ts";

/** Where trials are to be trained. */
export interface TrainerChoice {
  /** The sweep or row that asks. */
  readonly name: string;
  readonly threads: number;
  /** Memory that a trial takes, about. */
  readonly bytes?: number | undefined;
  readonly jobs?: number | "auto" | undefined;
  readonly queue?: string | undefined;
  /** Folder of trials/. */
  readonly out: string;
}

/** A trainer, until it is closed. */
export interface OpenTrainer {
  readonly trainer: Trainer;
  /** In words. */
  readonly where: string;
  close(): Promise<void>;
}

/** As many trials as there are cores for, and memory. */
function fittingJobs(threads: number, bytes: number, output: Output): number {
  const cores = Math.max(1, Math.floor(availableParallelism() / threads));
  const free = availableMemory();
  const most = bytes === 0 ? cores : Math.max(1, Math.floor(free / bytes));
  if (most < cores) {
    output.say(
      `${counted(most, "trial")} at once, of about ${gibibytes(bytes)} each, as ${gibibytes(free)} of memory are free`,
    );
  }
  return Math.min(cores, most);
}

/** Child processes of this machine, or the workers of a queue. @throws OptionError for both at once. */
export async function openTrainer(
  { name, threads, bytes = 0, jobs: given, queue: url, out }: TrainerChoice,
  output: Output,
): Promise<OpenTrainer> {
  if (url === undefined) {
    const jobs = given === undefined || given === "auto" ? fittingJobs(threads, bytes, output) : given;
    const trainer = localTrainer(join(resolve(out), "trials"), jobs);
    return { trainer, where: `${jobs} at once`, close: async () => undefined };
  }
  if (given !== undefined) {
    throw new OptionError("--jobs is for this machine - got it with --queue", "zaya worker takes --jobs");
  }
  const connection = await connectQueue(url, (line) => output.warn(line));
  const trainer = await QueueTrainer.open(connection, { sweep: name, store: await storeId(resolve(out)) }, () =>
    output.warn("no worker of this version is running: start some with zaya worker --queue URL"),
  );
  return {
    trainer,
    where: `${counted(trainer.workers, "trial")} at once by the workers of ${connection.server}`,
    close: async () => {
      trainer.close();
      await connection.close();
    },
  };
}
