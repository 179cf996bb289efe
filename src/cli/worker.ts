import { availableParallelism, hostname } from "node:os";

import type { Command } from "commander";
import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { countOrWordField, parseOptions, textField } from "../base/options.ts";
import { absolutePlace } from "../node/place.ts";
import { runWorker } from "../node/queue-worker.ts";
import { connectQueue } from "../node/redis-queue.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { exitCodes } from "./failure.ts";
import { addFlags, addOutputFlags, givenOptions } from "./flags.ts";
import { counted } from "./format.ts";
import { addExamples, addNote } from "./help.ts";
import { catchInterrupt } from "./interrupt.ts";
import { Output } from "./output.ts";
import { storeField, withPlace } from "./store-flag.ts";
import { outcomeText } from "./sweep-progress.ts";

const options = z.object({
  queue: textField("Redis or Valkey server with the queue of trials", "url").optional(),
  jobs: countOrWordField(
    "trials at once, each in a process of its own; auto: one per core, each of which waits until its threads and memory are free",
    ["auto"],
    "n",
  ).default("auto"),
  out: textField("folder of sweeps/ and trials/, shared with the other machines", "dir").default("runs"),
  store: storeField,
});

interface WorkerFlags extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const printed = jsonForm({
  keys: ["status", "ended"],
  notes: "`ended` counts trials by how they ended",
});

export const workerCommand: CommandDefinition = { declare: declareWorker, json: [printed] };

function declareWorker(command: Command): void {
  addFlags(command, options);
  addOutputFlags(command, { quiet: true });
  addNote(
    command,
    "Without --store, data must be at the same path on all machines. docs/scale.md shows workers under systemd and docker compose.",
  );
  addExamples(command, [["train trials of any sweep on this queue", "zaya worker --queue redis://127.0.0.1:6379"]]);
  command.action(async (flags: WorkerFlags) => {
    process.exitCode = await run(flags);
  });
}

async function run(flags: WorkerFlags): Promise<number> {
  const { queue: url, out, jobs } = withPlace(parseOptions(options, givenOptions(flags, options), "worker"));
  const output = new Output(flags);
  if (url === undefined) throw new OptionError("worker needs --queue", "for example redis://127.0.0.1:6379");
  const connection = await connectQueue(url, (line) => output.warn(line));
  const counts: Record<string, number> = {};
  try {
    output.say(
      `worker on ${hostname()}: ${jobs === "auto" ? `up to ${availableParallelism()} trials` : counted(jobs, "trial")} at once from ${connection.server}`,
    );
    const signal = catchInterrupt(output, "after the running steps, which are saved");
    await runWorker(connection, {
      out: absolutePlace(out),
      jobs,
      signal,
      took: ({ trial, sweep }) => output.say(`${sweep}  ${trial.id}  begins`),
      ended: ({ trial, sweep, metric }, end) => {
        counts[end.status] = (counts[end.status] ?? 0) + 1;
        output.say(`${sweep}  ${trial.id}  ${outcomeText(metric, end)}`);
      },
    });
    const ended = Object.entries(counts).map(([status, count]) => `${count} ${status}`);
    output.result([`stopped after ${ended.length === 0 ? "no trial" : ended.join(", ")}`], printed, {
      status: "interrupted",
      ended: counts,
    });
    return exitCodes.interrupted;
  } finally {
    await connection.close();
  }
}
