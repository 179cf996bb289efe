import type { Command } from "commander";

import { OptionError } from "../base/errors.ts";
import { datasets } from "../data/index.ts";
import { distances } from "../distances/index.ts";
import { metrics } from "../metrics/index.ts";
import { models } from "../models/index.ts";
import { rows } from "../repro/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { addOutputFlags } from "./flags.ts";
import { addExamples, helpWidth, nameLines } from "./help.ts";
import { suggestion } from "../base/nearest.ts";
import { Output } from "./output.ts";

interface Listed {
  readonly name: string;
  readonly summary: string;
  /** The paper that defines it, with the section or equation. */
  readonly source?: string;
}

const sections: Readonly<Record<string, () => readonly Listed[]>> = {
  recipes: () => models.map(named),
  metrics: () => metrics.map(named),
  distances: () => distances.map(named),
  repro: () => rows.map(({ name, summary, source }) => ({ name, summary, source })),
  data: () => [
    ...datasets.map(({ name, description }) => ({ name, summary: description })),
    { name: "PATH", summary: "folder of images, or .npy, .parquet, .csv, .tsv or IDX file" },
  ],
};

function named({ name, summary, source }: Required<Listed>): Listed {
  return { name, summary, source };
}

const printed = jsonForm({
  keys: ["recipes?", "metrics?", "distances?", "repro?", "data?"],
  notes: "each is a list of `name`, `summary`, `source`",
});

export const listCommand: CommandDefinition = { declare: declareList, json: [printed] };

function declareList(command: Command): void {
  command.argument("[what]", `what to list: ${Object.keys(sections).join(", ")} (default: all)`);
  addOutputFlags(command);
  addExamples(command, [["all metrics", "zaya list metrics"]]);
  command.action((what: string | undefined, flags: { readonly json?: boolean }) => {
    const known = Object.keys(sections);
    if (what !== undefined && !known.includes(what)) {
      throw new OptionError(`no list is called ${what}`, suggestion(what, known, "lists"));
    }
    const lists = (what === undefined ? known : [what]).map((name) => [name, sections[name]!()] as const);
    const lines = lists.flatMap(([name, list]) => [
      ...(lists.length > 1 ? [name] : []),
      ...nameLines(
        list.map(({ name: member, summary }) => [member, summary]),
        process.stdout.isTTY || process.env["COLUMNS"] !== undefined ? helpWidth() : Infinity,
      ),
    ]);
    new Output(flags).result(lines, printed, Object.fromEntries(lists));
  });
}
