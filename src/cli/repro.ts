import { mkdir } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { Argument, type Command, Option } from "commander";

import { systemClock } from "../base/clock.ts";
import { FolderStore, nodeEngine, openData, versions } from "../node/index.ts";
import { type RowResult, type Scale, rows } from "../repro/index.ts";
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
    .option("--out <dir>", "folder of the result files", "runs/reproductions")
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
  const outcome = await row.run({ scale, engine, open: openData, say: (text) => output.say(text) });
  const result: RowResult = {
    row: name,
    scale,
    passed: outcome.passed,
    values: outcome.values,
    paper: row.paper,
    seeds: outcome.seeds,
    seconds: (systemClock.now() - began) / 1000,
    machine: `${cpus().length} x ${cpus()[0]!.model.trim()}`,
    date: new Date(systemClock.now()).toISOString(),
    versions: versions(),
  };
  await mkdir(flags.out, { recursive: true });
  const file = `${name}-${scale}.json`;
  await new FolderStore(flags.out).write(file, new TextEncoder().encode(`${JSON.stringify(result, null, 2)}\n`));
  const found = Object.entries(result.values).map(([value, number]) => `  ${value}  ${Number(number.toPrecision(6))}`);
  output.result([...found, `${result.passed ? "met" : "missed"}: ${row.bar}`, `written ${join(flags.out, file)}`], {
    row: name,
    scale,
    passed: result.passed,
    values: result.values,
    paper: result.paper,
    seeds: result.seeds,
    seconds: result.seconds,
  });
}
