import { cpus } from "node:os";
import { join } from "node:path";
import { Argument, type Command, Option } from "commander";

import { systemClock } from "../base/clock.ts";
import { FolderStore, nodeEngine, openData, versions } from "../node/index.ts";
import { type RowResult, type Scale, pictureFile, rows } from "../repro/index.ts";
import { Output } from "./output.ts";

interface ReproFlags {
  readonly scale: Scale;
  readonly onlyPrint?: boolean;
  readonly out: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function declareRepro(command: Command): void {
  command
    .addArgument(new Argument("<row>", "what to reproduce").choices(rows.map(({ name }) => name)))
    .addOption(
      new Option("--scale <scale>", "quick ends within five minutes, full is what the bar is about")
        .choices(["quick", "full"])
        .default("quick"),
    )
    .option("--only-print", "say what would be run, against which numbers, and stop")
    .option(
      "--out <dir>",
      "folder of the result file ROW-SCALE.json and its pictures ROW-SCALE-NAME.svg",
      "runs/reproductions",
    )
    .option("--json", "print one JSON object at the end, and progress on stderr")
    .option("--quiet", "print no progress");
  command.action(runRepro);
}

async function runRepro(name: string, flags: ReproFlags): Promise<void> {
  const output = new Output(flags);
  const row = rows.find((known) => known.name === name)!;
  const { scale } = flags;
  const about = [
    `${row.name}: ${row.summary}`,
    `source  ${row.source}`,
    `bar     ${row.bar}`,
    `${scale.padEnd(7)} ${row.scales[scale]}`,
  ];
  if (flags.onlyPrint === true) {
    output.result(about, {
      row: name,
      scale,
      summary: row.summary,
      bar: row.bar,
      paper: row.paper,
      runs: row.scales[scale],
    });
    return;
  }
  for (const line of about) output.say(line);
  const began = systemClock.now();
  const engine = await nodeEngine({ device: "cpu" });
  let count = 0;
  const warned: { label: string; symptom: string; evidence: string }[] = [];
  const outcome = await row.run({
    scale,
    engine,
    open: openData,
    say: (text) => output.say(text),
    diagnosed: (label, warnings) => {
      count++;
      for (const { symptom, evidence } of warnings) {
        warned.push({ label, symptom, evidence });
        output.say(`${label}: ${symptom}, ${evidence}`);
      }
    },
  });
  const result: RowResult = {
    row: name,
    scale,
    passed: outcome.passed,
    values: outcome.values,
    paper: row.paper,
    seeds: outcome.seeds,
    seconds: (systemClock.now() - began) / 1000,
    trainings: { count, warned },
    machine: `${cpus().length} x ${cpus()[0]!.model.trim()}`,
    date: new Date(systemClock.now()).toISOString(),
    versions: versions(),
  };
  const written = await writeResult(flags.out, result, outcome.pictures ?? {});
  const found = Object.entries(result.values).map(([value, number]) => `  ${value}  ${Number(number.toPrecision(6))}`);
  output.result(
    [
      ...found,
      `${result.passed ? "met" : "missed"}: ${row.bar}`,
      ...written.map((file) => `written ${join(flags.out, file)}`),
    ],
    {
      row: name,
      scale,
      passed: result.passed,
      values: result.values,
      paper: result.paper,
      seeds: result.seeds,
      seconds: result.seconds,
    },
  );
}

/** Writes the result file and the pictures beside it; their names. */
async function writeResult(
  folder: string,
  result: RowResult,
  pictures: Readonly<Record<string, string>>,
): Promise<string[]> {
  const files = [
    [`${result.row}-${result.scale}.json`, `${JSON.stringify(result, null, 2)}\n`],
    ...Object.entries(pictures).map(([name, svg]) => [pictureFile(result, name), svg]),
  ] as const;
  const store = new FolderStore(folder);
  for (const [file, text] of files) await store.write(file!, new TextEncoder().encode(text));
  return files.map(([file]) => file!);
}
