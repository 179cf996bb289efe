import { setMaxListeners } from "node:events";
import { readdir } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { z } from "zod";

import { systemClock } from "../base/clock.ts";
import { OptionError } from "../base/errors.ts";
import { encodeText } from "../base/json.ts";
import { choiceField, integerField, parseOptions, textField } from "../base/options.ts";
import { nodeEngine, openData, requireFree, versions, writeOutput } from "../node/index.ts";
import {
  type Outcome,
  type Picture,
  type Row,
  type RowContext,
  type RowResult,
  pictureFile,
  rows,
  valueTexts,
} from "../repro/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { exitCodes } from "./failure.ts";
import { addFlags, addOutputFlags, givenOptions } from "./flags.ts";
import { addExamples } from "./help.ts";
import { catchInterrupt } from "./interrupt.ts";
import { openTrainer } from "./open-trainer.ts";
import { suggestion } from "../base/nearest.ts";
import { Output } from "./output.ts";
import { StoppedRow, jobThreads, trainByJobs, trainOne } from "./row-jobs.ts";

const options = z.object({
  scale: choiceField("quick ends within five minutes; full is the scale of the published result", [
    "quick",
    "full",
  ]).default("quick"),
  jobs: integerField(
    "training runs at once, each in a process of its own on one thread (default: one after the other, in this process)",
    {
      min: 1,
    },
  ).optional(),
  queue: textField("Redis or Valkey server to which the workers are connected", "url").optional(),
  training: textField("run only this training run of the row; used by --jobs and --queue", "id").optional(),
});

interface ReproFlags extends Readonly<Record<string, unknown>> {
  readonly onlyPrint?: boolean;
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const printed = jsonForm({
  keys: ["row", "scale", "passed", "values", "paper", "remarks", "seeds", "seconds"],
});

const stoppedForm = jsonForm({
  given: "(interrupted)",
  keys: ["row", "scale", "status"],
  notes: "with `--jobs` or `--queue`",
});

const plannedForm = jsonForm({
  given: "--only-print",
  keys: ["row", "scale", "summary", "criterion", "paper", "runs"],
});

export const reproCommand: CommandDefinition = { declare: declareRepro, json: [printed, stoppedForm, plannedForm] };

function declareRepro(command: Command): void {
  command
    .argument("<row>", "row to reproduce; zaya list repro describes all rows")
    .option("--only-print", "print the training runs and the reference values, and run nothing")
    .option(
      "--out <dir>",
      "folder for ROW-SCALE.json and its figures ROW-SCALE-NAME.svg or .png",
      "runs/reproductions",
    );
  addFlags(command, options);
  addOutputFlags(command, { quiet: true, force: "replace the result of an earlier run" });
  addExamples(command, [
    ["variance of gradient estimators", "zaya repro gradient-variance"],
    [
      "two training runs at once; after Ctrl-C, the same command continues where it stopped",
      "zaya repro dag-small-data --jobs 2",
    ],
  ]);
  command.action(async (row: string, flags: ReproFlags) => {
    process.exitCode = await runRepro(row, flags);
  });
}

/** @throws OptionError for an unknown name. */
function rowNamed(name: string): Row {
  const row = rows.find((known) => known.name === name);
  if (row !== undefined) return row;
  const names = rows.map((known) => known.name);
  throw new OptionError(`no row is called ${name}`, suggestion(name, names, "rows"));
}

async function runRepro(name: string, flags: ReproFlags): Promise<number> {
  const output = new Output(flags);
  const row = rowNamed(name);
  const { scale, jobs, queue, training } = parseOptions(options, givenOptions(flags, options), "repro");
  if (training !== undefined) return trainOne(row, scale, training, flags.out, output);
  const about = [
    `${row.name}: ${row.summary}`,
    `source     ${row.source}`,
    `criterion  ${row.criterion}`,
    `${scale.padEnd(10)} ${row.scales[scale]}`,
  ];
  if (flags.onlyPrint === true) {
    output.result(about, plannedForm, {
      row: name,
      scale,
      summary: row.summary,
      criterion: row.criterion,
      paper: row.paper,
      runs: row.scales[scale],
    });
    return exitCodes.done;
  }
  const force = flags.force === true;
  for (const path of await earlier(flags.out, `${row.name}-${scale}`)) await requireFree(path, force);
  for (const line of about) output.say(line);
  const began = systemClock.now();
  const engine = await nodeEngine();
  let count = 0;
  const warned: { label: string; symptom: string; evidence: string }[] = [];
  const stop = new AbortController();
  const asJobs = jobs !== undefined || queue !== undefined;
  const opened = asJobs ? await openTrainer({ name, threads: jobThreads, jobs, queue, out: flags.out }, output) : null;
  const interrupt = opened === null ? null : catchInterrupt(output, "after the running steps, which are saved");
  const signal = AbortSignal.any([stop.signal, ...(interrupt === null ? [] : [interrupt])]);
  // Every training run adds a listener.
  setMaxListeners(0, signal);
  const context: RowContext = {
    scale,
    engine,
    open: openData,
    say: (text) => output.say(text),
    trainAsJob:
      opened === null
        ? undefined
        : trainByJobs({ row, scale, out: flags.out, engine, trainer: opened.trainer, signal, output }),
    diagnosed: (label, warnings) => {
      count++;
      for (const { symptom, evidence } of warnings) {
        warned.push({ label, symptom, evidence });
        output.say(`${label}: ${symptom}, ${evidence}`);
      }
    },
  };
  let outcome: Outcome;
  try {
    outcome = await row.run(context);
  } catch (error) {
    if (!(error instanceof StoppedRow)) throw error;
    output.result(["stopped; run the same command again to continue"], stoppedForm, {
      row: name,
      scale,
      status: "interrupted",
    });
    return exitCodes.interrupted;
  } finally {
    // If one training run failed, the others are saved.
    stop.abort();
    await opened?.close();
  }
  const { passed, remarks = [] } = row.verdict(outcome.values, scale);
  const result: RowResult = {
    row: name,
    scale,
    passed,
    values: finite(outcome.values),
    paper: row.paper,
    remarks,
    seeds: outcome.seeds,
    seconds: (systemClock.now() - began) / 1000,
    peakMemory: 1024 * process.resourceUsage().maxRSS,
    trainings: { count, warned },
    machine: `${cpus().length} x ${cpus()[0]!.model.trim()}`,
    date: new Date(systemClock.now()).toISOString(),
    versions: versions(),
  };
  const written = await writeResult(flags.out, result, { ...row.charts?.(outcome.values), ...outcome.pictures }, force);
  output.result(
    resultLines(
      result,
      row.criterion,
      written.map((file) => join(flags.out, file)),
    ),
    printed,
    {
      row: name,
      scale,
      passed,
      values: result.values,
      paper: result.paper,
      remarks,
      seeds: result.seeds,
      seconds: result.seconds,
    },
  );
  return exitCodes.done;
}

/** Lines of a result that fit in a small terminal; the rest is in its file. */
const maxLines = 20;

/** The findings of a row in at most `maxLines` lines; the last is the path of its file or of a picture. */
function resultLines(result: RowResult, criterion: string, written: readonly string[]): string[] {
  const values = valueTexts(result).map(({ name, text }) => `  ${name}  ${text}`);
  const [file] = written as [string, ...string[]];
  const end = [
    `${result.passed ? "met" : "missed"}: ${criterion}`,
    ...atMost(
      3,
      written.map((path) => `written ${path}`),
      "pictures",
      1,
    ),
  ];
  const remarks = atMost(8, result.remarks ?? [], `sentences in ${file}`);
  return [...atMost(maxLines - remarks.length - end.length, values, `values in ${file}`), ...remarks, ...end];
}

/** The lines, cut to the limit with a line that counts the omitted ones; the `last` ones are always kept. */
function atMost(count: number, lines: readonly string[], what: string, last = 0): readonly string[] {
  if (lines.length <= count) return lines;
  const first = count - 1 - last;
  const more = `  and ${lines.length - first - last} more ${what}`;
  return [...lines.slice(0, first), more, ...lines.slice(lines.length - last)];
}

/** Values, with undefined ones as null, because JSON has no NaN. */
function finite(values: Readonly<Record<string, number>>): RowResult["values"] {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
  );
}

/** Existing files of a row's result. */
async function earlier(folder: string, name: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((file) => file === `${name}.json` || (file.startsWith(`${name}-`) && /\.(svg|png)$/.test(file)))
    .map((file) => join(folder, file));
}

/** Writes the result file and its pictures; returns their names. */
async function writeResult(
  folder: string,
  result: RowResult,
  pictures: Readonly<Record<string, Picture>>,
  force: boolean,
): Promise<string[]> {
  const files: [string, Picture][] = [
    [`${result.row}-${result.scale}.json`, `${JSON.stringify(result, null, 2)}\n`],
    ...Object.entries(pictures).map(([name, picture]): [string, Picture] => [
      pictureFile(result, name, picture),
      picture,
    ]),
  ];
  for (const [file, content] of files) {
    await writeOutput(join(folder, file), typeof content === "string" ? encodeText(content) : content, force);
  }
  return files.map(([file]) => file);
}
