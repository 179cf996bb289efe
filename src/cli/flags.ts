import { type Command, Option } from "commander";
import type { z } from "zod";

import { type OptionDescription, describeOptions } from "../base/options.ts";

/** `learningRate` as `--learning-rate`, `n` as `-n`. */
export function flagOf(name: string): string {
  if (name.length === 1) return `-${name}`;
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * A flag for each option of a schema. Their values are checked by the schema, not here.
 * @param defaults What options are when left out, where the schema does not say it.
 */
export function addFlags(
  command: Command,
  schema: z.ZodObject,
  heading?: string,
  defaults: Readonly<Record<string, unknown>> = {},
): void {
  for (const described of describeOptions(schema)) {
    const initial = described.initial ?? defaults[described.name];
    const text = initial === undefined ? described.doc : `${described.doc} (default: ${String(initial)})`;
    const option = new Option(`${flagOf(described.name)} <${placeholder(described)}>`, text);
    command.addOption(heading === undefined ? option : option.helpGroup(heading));
  }
}

function placeholder({ choices }: OptionDescription): string {
  return choices === null ? "value" : choices.join("|");
}

/** Of the flags that were given, those that are options of the schema. */
export function givenOptions(flags: Readonly<Record<string, unknown>>, schema: z.ZodObject): Record<string, unknown> {
  const names = Object.keys(schema.shape);
  return Object.fromEntries(
    Object.entries(flags).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}
