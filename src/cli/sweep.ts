import { setMaxListeners } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Command } from "commander";
import { z } from "zod";

import { systemClock } from "../base/clock.ts";
import { OptionError, RunError } from "../base/errors.ts";
import { encodeJson, encodeText } from "../base/json.ts";
import { countOrWordField, parseOptions, textField } from "../base/options.ts";
import { suggestion } from "../base/nearest.ts";
import { shellWord } from "../base/shell-word.ts";
import type { Store } from "../base/store.ts";
import { versions } from "../node/index.ts";
import { lockHolder, lockPlace, openStore, placeIn } from "../node/place.ts";
import { readSweepFile } from "../node/sweep-file.ts";
import {
  type PreparedSweep,
  SweepLog,
  type SweepRecord,
  type SweepTable,
  failureLines,
  loggedTable,
  repairLog,
  runSweep,
  seedsOf,
  sweepPage,
  tableCells,
  tableCsv,
  tableMarkdown,
  tableOf,
  variedParameters,
} from "../sweep/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { exitCodes } from "./failure.ts";
import { addFlags, addOutputFlags, givenOptions } from "./flags.ts";
import { counted, table } from "./format.ts";
import { addExamples, addNote } from "./help.ts";
import { catchInterrupt } from "./interrupt.ts";
import { type OpenTrainer, openTrainer } from "./open-trainer.ts";
import { Output } from "./output.ts";
import { openPrepared } from "./prepare-sweep.ts";
import { storeField, withPlace } from "./store-flag.ts";
import { SweepProgress } from "./sweep-progress.ts";

const options = z.object({
  jobs: countOrWordField(
    "trials at once, each in a process of its own; auto: doubled, within the limits of cores and memory, as long as this increases the total steps per second (default: auto)",
    ["auto"],
    "n",
  ).optional(),
  queue: textField("Redis or Valkey server whose workers train the trials", "url").optional(),
  name: textField("name of the sweep (default: the name of its file)", "name").optional(),
  out: textField("folder for sweeps/NAME and the runs in trials/ID", "dir").default("runs"),
  store: storeField,
});

interface SweepFlags extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const verbs = ["status", "stop", "resume"] as const;

const printed = jsonForm({
  keys: [
    "sweep",
    "folder",
    "status",
    "trials",
    "done",
    "stopped",
    "diverged",
    "failed",
    "open",
    "best",
    "failures",
    "table",
  ],
  notes:
    "also of `sweep resume` and `sweep status`; counts of trials; `best` has the parameters, the `mean` and the `run`, or is null; `table` is the path of table.json",
});

const stoppedForm = jsonForm({
  given: "stop",
  keys: ["sweep", "status"],
});

export const sweepCommand: CommandDefinition = { declare: declareSweep, json: [printed, stoppedForm] };

function declareSweep(command: Command): void {
  command
    .argument("<what>", `sweep file (.yaml, .json, .js or .ts), or ${verbs.join(", ")}`)
    .argument("[name]", `name of a sweep, after ${verbs.join(", ")}`);
  addFlags(command, options);
  addOutputFlags(command, { quiet: true });
  addNote(
    command,
    "docs/scale.md describes the sweep file. The same trial is never trained twice: its run is named by a hash of its config.",
  );
  addExamples(command, [
    ["train all trials, four at once", "zaya sweep latents.yaml --jobs 4"],
    ["show the table so far", "zaya sweep status latents"],
    ["continue after Ctrl-C or a crash", "zaya sweep resume latents"],
  ]);
  command.action(async (what: string, name: string | undefined, flags: SweepFlags) => {
    process.exitCode = await run(what, name, flags);
  });
}

type Options = z.output<typeof options>;

async function run(what: string, name: string | undefined, flags: SweepFlags): Promise<number> {
  const given = withPlace(parseOptions(options, givenOptions(flags, options), "sweep"));
  const output = new Output(flags);
  const verb = verbs.find((known) => known === what);
  if (verb === undefined) {
    if (name !== undefined) {
      throw new OptionError(`sweep takes one file - got ${what} and ${name}`, suggestion(what, verbs, "subcommands"));
    }
    return begin(what, given, output);
  }
  if (name === undefined) throw new OptionError(`sweep ${verb} needs the name of a sweep`);
  if (verb === "stop") return stop(name, given, output);
  if (verb === "status") return status(name, given, output);
  return goOn((await openSweep(name, given)).record, given, output);
}

/** Starts the sweep of a file, or continues it. */
async function begin(path: string, { name: called, ...given }: Options, output: Output): Promise<number> {
  const { name: own, folder: from, file } = await readSweepFile(path);
  const name = called ?? own;
  const folder = placeIn(given.out, "sweeps", name);
  const known = await SweepLog.open(openStore(folder));
  if (known !== null && JSON.stringify(known.record.file) !== JSON.stringify(file)) {
    throw new RunError(
      `${folder} holds the sweep of another file, or of ${path} before it was changed`,
      "choose another --name: trials that both sweeps contain are trained only once",
    );
  }
  return goOn({ name, file, folder: from }, given, output);
}

/** Trains the remaining trials of a sweep, and prints its table. */
async function goOn(
  of: Pick<SweepRecord, "name" | "file" | "folder">,
  given: Options,
  output: Output,
): Promise<number> {
  // Everything is validated before anything is written.
  const prepared = await openPrepared(of);
  const opened = await openTrainer(
    { ...given, name: of.name, threads: of.file.threads, bytes: prepared.bytes },
    output,
  );
  try {
    const folder = sweepFolder(of.name, given);
    const lock = await lockPlace(folder);
    try {
      const store = openStore(folder, () => lock.check());
      return await trainLeft(of, prepared, opened, store, lock.holder.id, given, output);
    } finally {
      await lock.release();
    }
  } finally {
    await opened.close();
  }
}

/** @param holder Of the lock on the sweep's folder; another process may ask it to stop. */
async function trainLeft(
  of: Pick<SweepRecord, "name" | "file" | "folder">,
  prepared: PreparedSweep,
  { trainer, where }: OpenTrainer,
  store: Store,
  holder: string,
  given: Options,
  output: Output,
): Promise<number> {
  const { state, steps } = prepared;
  await repairLog(store);
  const started = new Date(systemClock.now()).toISOString();
  const log =
    (await SweepLog.open(store)) ??
    (await SweepLog.create(store, { ...of, started, steps, versions: versions(of.file.threads) }));
  for (const event of log.events) state.apply(event);
  state.forgetFailures();
  output.say(titleLine(of, prepared, where));
  const progress = new SweepProgress(output, systemClock, state, trainer, prepared);
  const interrupt = catchInterrupt(output, "after the running steps, which are saved");
  const signal = AbortSignal.any([interrupt, watchStop(sweepFolder(of.name, given), holder)]);
  // Every trial adds a listener.
  setMaxListeners(0, signal);
  progress.begin();
  try {
    await runSweep(log, state, prepared.resolver, trainer, signal, progress);
  } finally {
    progress.end();
  }
  const result = tableOf(of.name, state);
  await writeTable(store, result);
  const status = signal.aborted ? "interrupted" : "done";
  tell(sweepFolder(of.name, given), result, status, given, output);
  return exitCodes[status];
}

function sweepFolder(name: string, { out }: Options): string {
  return placeIn(out, "sweeps", name);
}

/** `latents: grid over latent, learningRate; 12 configurations x 3 seeds of vae, 500 steps; 2 at once`. */
function titleLine(
  { name, file }: Pick<SweepRecord, "name" | "file">,
  { state, combinations, steps }: PreparedSweep,
  where: string,
): string {
  const expected = state.expected(combinations);
  const varied = variedParameters(file);
  const how = `${file.method} over ${varied.length === 0 ? "seeds" : varied.join(", ")}`;
  return `${name}: ${how}; ${counted(expected, "configuration")} x ${counted(seedsOf(file).length, "seed")} of ${file.recipe}, ${counted(steps, "step")}; ${where}`;
}

const pageFile = "report.html";
const tableFile = (ending: string): string => `table.${ending}`;

async function writeTable(store: Store, result: SweepTable): Promise<void> {
  await store.write(tableFile("json"), encodeJson(result));
  await store.write(tableFile("csv"), encodeText(tableCsv(result)));
  await store.write(tableFile("md"), encodeText(tableMarkdown(result)));
  await store.write(pageFile, encodeText(sweepPage(result)));
}

/** Maximum numbers of configurations, and of trials without a value, that are printed; the files hold all. */
const [shownRows, shownFailures] = [10, 10];

function tell(folder: string, result: SweepTable, status: string, { out }: Options, output: Output): void {
  const { rows, best } = result;
  const trials = rows.flatMap((row) => row.trials);
  const failures = failureLines(result);
  const of = (wanted: string) => trials.filter((trial) => trial.status === wanted).length;
  const bestRun = best === null ? null : placeIn(out, "trials", best.trial);
  output.result(
    [
      ...fitted(table(tableCells(result).slice(0, shownRows + 1)), output.columns),
      ...(rows.length > shownRows ? [`  and ${counted(rows.length - shownRows, "configuration")} more`] : []),
      ...failures.slice(0, shownFailures).map((line) => `without a value  ${line}`),
      ...(failures.length > shownFailures ? [`  and ${failures.length - shownFailures} more`] : []),
      ...(bestRun === null ? [] : [`best  ${bestRun}`]),
      `see   ${placeIn(folder, pageFile)}, ${tableFile("csv")}, .json, .md`,
      ...(status === "interrupted" ? [`stopped; continue with: zaya sweep resume ${shellWord(result.sweep)}`] : []),
    ],
    printed,
    {
      sweep: result.sweep,
      folder,
      status,
      trials: trials.length,
      done: of("done"),
      stopped: of("stopped"),
      diverged: of("diverged"),
      failed: of("failed"),
      open: of("open"),
      best:
        best === null
          ? null
          : { ...rows[best.configuration]!.parameters, mean: rows[best.configuration]!.mean, run: bestRun },
      failures,
      table: placeIn(folder, tableFile("json")),
    },
  );
}

function fitted(lines: readonly string[], columns = Infinity): string[] {
  return lines.map((line) => (line.length < columns ? line : `${line.slice(0, columns - 2)}\u2026`));
}

async function status(name: string, given: Options, output: Output): Promise<number> {
  const folder = sweepFolder(name, given);
  const log = await openSweep(name, given);
  const holder = await lockHolder(folder);
  output.say(
    holder === null ? `${name} is not running` : `${name} is running in process ${holder.pid} on ${holder.host}`,
  );
  tell(folder, loggedTable(log), holder === null ? "stopped" : "running", given, output);
  return exitCodes.done;
}

/** The file by which another process requests a stop. */
const stopFile = "stop";
const stopPoll = 500;

/** Aborted when another process asks the holder of this lock to stop. */
function watchStop(folder: string, holder: string): AbortSignal {
  const controller = new AbortController();
  const store = openStore(folder);
  const check = async (): Promise<void> => {
    if (!(await store.has(stopFile))) return;
    if (new TextDecoder().decode(await store.read(stopFile)) === holder) controller.abort();
  };
  const pause = Math.max(stopPoll, 1000 * (store.progressEvery ?? 0));
  setInterval(() => void check().catch(() => undefined), pause).unref();
  return controller.signal;
}

async function stop(name: string, given: Options, output: Output): Promise<number> {
  await openSweep(name, given);
  const folder = sweepFolder(name, given);
  const holder = await lockHolder(folder);
  if (holder === null) {
    output.result([`${name} is not running`], stoppedForm, { sweep: name, status: "stopped" });
    return exitCodes.done;
  }
  const store = openStore(folder);
  await store.write(stopFile, encodeText(holder.id));
  output.say(`asked process ${holder.pid} on ${holder.host} to stop; running trials are saved`);
  while ((await lockHolder(folder))?.id === holder.id) await sleep(stopPoll / 2);
  await store.remove(stopFile);
  output.result([`stopped; continue with: zaya sweep resume ${shellWord(name)}`], stoppedForm, {
    sweep: name,
    status: "stopped",
  });
  return exitCodes.done;
}

/** @throws RunError where there is none. */
async function openSweep(name: string, given: Options): Promise<SweepLog> {
  const folder = sweepFolder(name, given);
  const log = await SweepLog.open(openStore(folder));
  if (log !== null) return log;
  const isThere = (await stat(folder).catch(() => null)) !== null;
  const others = await readdir(dirname(folder)).catch(() => []);
  throw new RunError(
    `no sweep is called ${name}: ${isThere ? `${folder} has no sweep.json` : `there is no folder ${folder}`}`,
    others.length > 0
      ? suggestion(name, others, "sweeps")
      : "--out is the folder that contains sweeps/ and trials/, by default runs; --store a bucket",
  );
}
