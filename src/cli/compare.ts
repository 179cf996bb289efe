import { resolve } from "node:path";

import type { Command } from "commander";

import { OptionError } from "../base/errors.ts";
import { requireFree, writeOutput } from "../node/index.ts";
import { type Run } from "../run/index.ts";
import {
  type ComparedMetric,
  type ComparedRun,
  compareMetrics,
  configDifferences,
  gatherRuns,
  imagesSeen,
  renderComparison,
  requireOneData,
} from "../report/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { addDeviceFlag } from "./device.ts";
import { addOutputFlags } from "./flags.ts";
import { exitCodes } from "./failure.ts";
import { counted, number, table } from "./format.ts";
import { addExamples } from "./help.ts";
import {
  type MeasureFlags,
  addMeasureFlags,
  checkMeasureFlags,
  measureRun,
  requireNoMeasureFlags,
} from "./measure-run.ts";
import { openRun } from "./open-run.ts";
import { Output } from "./output.ts";
import { floorWords, refusalLines } from "./result-lines.ts";

interface CompareFlags extends MeasureFlags {
  readonly out?: string;
  readonly differentData?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const printed = jsonForm({
  keys: ["out", "runs", "metrics", "differences"],
  notes: "`differences` holds the config entries that differ, by path",
});

export const compareCommand: CommandDefinition = { declare: declareCompare, json: [printed] };

function declareCompare(command: Command): void {
  command
    .argument("<run...>", "run folders, two or more")
    .option("--out <file>", "HTML page to write (default: compare.html)")
    .option("--different-data", "compare the runs even if they were trained on different data");
  addMeasureFlags(command, "none; the page shows the results of zaya eval");
  addDeviceFlag(command);
  addOutputFlags(command, { quiet: true, force: "replace the file" });
  addExamples(command, [["two runs on one page", "zaya compare runs/vae-mnist-1 runs/vae-mnist-2"]]);
  command.action(runCompare);
}

async function runCompare(folders: readonly string[], flags: CompareFlags): Promise<void> {
  const { out = "compare.html", force = false } = flags;
  const output = new Output(flags);
  requirePage(out);
  requireDistinct(folders);
  await (flags.metric === undefined ? requireNoMeasureFlags : checkMeasureFlags)(flags);
  await requireFree(out, force);
  const records = await Promise.all(folders.map((folder) => openRecord(folder, flags)));
  let runs = await gatherRuns(records);
  for (const { name, leftOut } of runs) for (const what of leftOut) output.warn(`${name}/${what}`);
  if (flags.differentData !== true) requireOneData(runs);
  if (flags.metric !== undefined) {
    for (const folder of folders) {
      output.say(folder);
      const { refused } = await measureRun(folder, flags, output);
      if (refused.length === 0) continue;
      output.warn(...refused.flatMap(refusalLines));
      process.exitCode = exitCodes.refused;
    }
    runs = await gatherRuns(records);
  }
  const page = await renderComparison(runs);
  await writeOutput(out, new TextEncoder().encode(page), force);
  const metrics = compareMetrics(runs);
  const summary = `${out}: ${counted(runs.length, "run")}, ${counted(metrics.length, "measurement")}`;
  output.result([...metrics.flatMap((metric) => metricLines(runs, metric)), summary], printed, {
    out,
    runs: runs.map(describeRun),
    metrics: metrics.map(({ cells, ...about }) => ({ ...about, values: byRun(runs, cells) })),
    differences: Object.fromEntries(configDifferences(runs).map(({ name, values }) => [name, byRun(runs, values)])),
  });
}

/** Each run's value with its interval, the numbers needed to interpret it, and the value of real items. */
function metricLines(runs: readonly ComparedRun[], { quantity, unit, cells }: ComparedMetric): string[] {
  const texts = cells.map((cell, i) => {
    if (cell === null) return [`  ${runs[i]!.name}`, "not measured"];
    const [low, high] = cell.interval;
    const interval = Number.isFinite(low) ? ` [${number(low)}, ${number(high)}]` : "";
    return [`  ${runs[i]!.name}`, `${number(cell.value)}${interval}`, cell.beside ?? "", floorWords(cell) ?? ""];
  });
  return [`${quantity}, ${unit}`, ...table(texts)];
}

/** @throws OptionError when the path does not end in .html. */
function requirePage(path: string): void {
  if (!path.endsWith(".html")) throw new OptionError(`--out must end in .html - got ${path}`);
}

/** @throws OptionError when a run is given twice. */
function requireDistinct(folders: readonly string[]): void {
  const paths = folders.map((folder) => resolve(folder));
  const twice = folders.find((_, i) => paths.indexOf(paths[i]!) < i);
  if (twice !== undefined) throw new OptionError(`each run must be given once - got ${twice} twice`);
}

/** A run's record, which may still be written to. */
async function openRecord(
  name: string,
  { recipe }: CompareFlags,
): Promise<{ readonly name: string; readonly run: Run }> {
  const run = await openRun(name, recipe);
  for (const what of run.recovered) new Output().warn(`${name}: ${what}`);
  return { name, run };
}

function describeRun({ name, run: { config, state }, data, metrics }: ComparedRun) {
  const { status, step, seconds } = state;
  return { run: name, recipe: config.recipe, data: data.name, status, step, images: imagesSeen(metrics), seconds };
}

function byRun<T>(runs: readonly ComparedRun[], values: readonly T[]): Record<string, T> {
  return Object.fromEntries(runs.map(({ name }, i) => [name, values[i]!]));
}
