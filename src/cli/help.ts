import { maxOf } from "../base/many.ts";
import { type Command, Help, type HelpConfiguration } from "commander";

import { pasteable } from "./invocation.ts";

/** Width of the column of flags, including the gap; longer ones are on a line of their own. */
const termWidth = 24;
/** Lines longer than this are hard to read, however wide the terminal is. */
const widest = 100;
/** Below this width, descriptions are placed under their flags. */
const twoColumns = 60;

/** Width of help in columns: that of the terminal, or the value of COLUMNS if there is none. */
export function helpWidth(): number {
  const columns = process.stdout.isTTY ? process.stdout.columns : Number(process.env["COLUMNS"] ?? 80);
  return Math.min(columns > 0 ? columns : 80, widest);
}

/** Flags on the left, their meaning on the right; text that does not fit next to its flag goes below it. */
export const helpLayout: HelpConfiguration = {
  minWidthToWrap: 1,
  padWidth: () => termWidth,
  formatItem: (term, _, description, { helpWidth: width = 80 }) => item(term, description, width).join("\n"),
};

function item(term: string, description: string, width: number, column = termWidth + 2): string[] {
  const indent = width < twoColumns ? 6 : column;
  const lines = wrapped(pasteable(description), width - indent);
  const beside = indent === column && term.length + 4 <= column;
  const first = beside ? `  ${term.padEnd(column - 2)}${lines[0] ?? ""}` : `  ${term}`;
  return [first.trimEnd(), ...lines.slice(beside ? 1 : 0).map((line) => " ".repeat(indent) + line)];
}

/** Text wrapped at spaces to this many columns. */
function wrapped(text: string, width: number): string[] {
  const help = new Help();
  help.minWidthToWrap = 1;
  return help.boxWrap(text, width).split("\n");
}

/** Text after the flags. */
export function addNote(command: Command, text: string): void {
  command.addHelpText("after", () => `\n${wrapped(pasteable(text), helpWidth()).join("\n")}`);
}

type Names = readonly (readonly [name: string, summary: string])[];

/** Names with their descriptions, one per line where the width allows it. */
export function nameLines(rows: Names, width: number): string[] {
  const column = maxOf(rows.map(([name]) => name.length)) + 4;
  return rows.flatMap(([name, summary]) => item(name, summary, width, column));
}

/** Names to choose from, under a heading before the usage. */
export function addNames(command: Command, heading: string, rows: Names): void {
  command.addHelpText("before", () => [heading, ...nameLines(rows, helpWidth()), ""].join("\n"));
}

/** Example commands, each below its purpose. Long ones continue after a backslash, as in a shell. */
export function addExamples(command: Command, examples: readonly (readonly [purpose: string, words: string])[]): void {
  command.addHelpText("after", () =>
    [
      "\nExamples:",
      ...examples.flatMap(([purpose, words]) => [
        ...wrapped(purpose, helpWidth() - 4).map((line) => `  # ${line}`),
        ...wrapped(pasteable(words), helpWidth() - 6).map((line, at, all) => {
          return `${at === 0 ? "  " : "    "}${line}${at < all.length - 1 ? " \\" : ""}`;
        }),
      ]),
    ].join("\n"),
  );
}
