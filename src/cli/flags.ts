import { type Command, Option } from "commander";
import type { z } from "zod";

import { type OptionDescription, describeOptions, flagOf } from "../base/options.ts";

/**
 * A flag for each option of a schema. Their values are checked by the schema, not here.
 * @param defaults Defaults of the options that the schema does not give.
 */
export function addFlags(
  command: Command,
  schema: z.ZodObject,
  heading?: string,
  defaults: Readonly<Record<string, unknown>> = {},
): void {
  for (const described of describeOptions(schema)) {
    const initial = described.initial ?? defaults[described.name];
    const { flag, doc } = valueFlag(described);
    const option = new Option(flag, withDefault(doc, initial));
    command.addOption(heading === undefined ? option : option.helpGroup(heading));
  }
}

/** Flags for what a command prints and replaces; listed last in its help. */
export function addOutputFlags(
  command: Command,
  {
    quiet = false,
    pictures = false,
    force,
  }: { readonly quiet?: boolean; readonly pictures?: boolean; readonly force?: string } = {},
): void {
  const add = (flag: string, doc: string) => command.addOption(new Option(flag, doc).helpGroup("Output:"));
  if (force !== undefined) add("--force", force);
  if (quiet) add("--quiet", "print only warnings and the result");
  if (pictures) add("--no-pictures", "do not show sample grids in the terminal (they require 24-bit colour)");
  add("--json", quiet ? "print one JSON object at the end; progress goes to stderr" : "print one JSON object");
  command.addHelpOption(new Option("-h, --help", "show this help").helpGroup("Output:"));
}

/** Placeholders longer than this are words that the doc text lists instead. */
const longPlaceholder = 34;

/** An option with a value as commander writes it. */
export function valueFlag({ name, doc, placeholder }: OptionDescription): { flag: string; doc: string } {
  if (placeholder.length <= longPlaceholder) return { flag: `${flagOf(name)} <${placeholder}>`, doc };
  return { flag: `${flagOf(name)} <name>`, doc: `${doc}; one of ${placeholder.replaceAll("|", ", ")}` };
}

export function withDefault(doc: string, initial: unknown): string {
  return initial === undefined ? doc : `${doc} (default: ${String(initial)})`;
}

/** The given flags that are options of the schema. */
export function givenOptions(flags: Readonly<Record<string, unknown>>, schema: z.ZodObject): Record<string, unknown> {
  const names = Object.keys(schema.shape);
  return Object.fromEntries(
    Object.entries(flags).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}
