import type { Command } from "commander";

import { OptionError } from "../base/errors.ts";
import { datasets } from "../data/index.ts";
import { distances } from "../distances/index.ts";
import { metrics } from "../metrics/index.ts";
import { models } from "../models/index.ts";
import { rows } from "../repro/index.ts";
import { table } from "./format.ts";
import { suggestion } from "./nearest.ts";
import { Output } from "./output.ts";

const sections: Readonly<Record<string, () => readonly (readonly string[])[]>> = {
  recipes: () => models.map(({ name, summary, source }) => [name, summary, source]),
  metrics: () => metrics.map(({ name, summary, source }) => [name, summary, source]),
  distances: () => distances.map(({ name, summary, source }) => [name, summary, source]),
  repro: () => rows.map(({ name, summary, bar }) => [name, summary, bar]),
  data: () => [
    ...datasets.map(({ name, description }) => [name, description]),
    [
      "PATH",
      "a folder of images, a NumPy file (.npy), a Parquet file (.parquet), a table of points (.csv, .tsv) or an IDX file",
    ],
  ],
};

export function declareList(command: Command): void {
  command
    .argument("[what]", `what to list: ${Object.keys(sections).join(", ")}; all where not given`)
    .action((what: string | undefined) => {
      const known = Object.keys(sections);
      if (what !== undefined && !known.includes(what)) {
        throw new OptionError(`zaya list: what to list must be known - got ${what}`, suggestion(what, known, "lists"));
      }
      const names = what === undefined ? known : [what];
      const lines = names.flatMap((name) => [
        ...(names.length > 1 ? [name] : []),
        ...table(sections[name]!()).map((line) => `  ${line}`),
      ]);
      new Output().result(lines, null);
    });
}
