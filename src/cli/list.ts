import { Argument, type Command } from "commander";

import { datasets } from "../data/index.ts";
import { metrics } from "../metrics/index.ts";
import { models } from "../models/index.ts";
import { rows } from "../repro/index.ts";
import { table } from "./format.ts";

const sections: Readonly<Record<string, () => readonly (readonly string[])[]>> = {
  recipes: () => models.map(({ name, summary, source }) => [name, summary, source]),
  metrics: () => metrics.map(({ name, summary, source }) => [name, summary, source]),
  repro: () => rows.map(({ name, summary, bar }) => [name, summary, bar]),
  data: () => [
    ...datasets.map(({ name, description }) => [name, description]),
    ["PATH", "a folder of images, a NumPy file (.npy) or an IDX file"],
  ],
};

export function declareList(command: Command): void {
  command
    .addArgument(new Argument("[what]", "what to list; all where not given").choices(Object.keys(sections)))
    .action((what: string | undefined) => {
      const names = what === undefined ? Object.keys(sections) : [what];
      for (const name of names) {
        if (names.length > 1) process.stdout.write(`${name}\n`);
        for (const line of table(sections[name]!())) process.stdout.write(`  ${line}\n`);
      }
    });
}
