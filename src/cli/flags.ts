import { type Command, Option } from "commander";
import type { z } from "zod";

import { type OptionDescription, describeOptions } from "../base/options.ts";

/** `learningRate` as `--learning-rate`, `n` as `-n`. */
export function flagOf(name: string): string {
  if (name.length === 1) return `-${name}`;
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A flag for each option of a schema. Their values are checked by the schema, not here. */
export function addFlags(command: Command, schema: z.ZodObject, heading?: string): void {
  for (const described of describeOptions(schema)) {
    const option = new Option(`${flagOf(described.name)} <${placeholder(described)}>`, help(described));
    command.addOption(heading === undefined ? option : option.helpGroup(heading));
  }
}

function placeholder({ choices }: OptionDescription): string {
  return choices === null ? "value" : choices.join("|");
}

function help({ doc, initial }: OptionDescription): string {
  return initial === undefined ? doc : `${doc} (default: ${String(initial)})`;
}

/** Of the flags that were given, those that are options of the schema. */
export function givenOptions(
  flags: Readonly<Record<string, unknown>>,
  schema: z.ZodObject,
): Record<string, unknown> {
  const names = Object.keys(schema.shape);
  return Object.fromEntries(
    Object.entries(flags).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}
