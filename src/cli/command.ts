import type { Command } from "commander";

/** Values by the keys of a form; optional keys may be missing. */
export type FormObject<K extends string> = {
  readonly [Name in K as Name extends `${string}?` ? never : Name]: unknown;
} & { readonly [Name in K as Name extends `${infer Optional}?` ? Optional : never]?: unknown };

/** A form of the JSON object that a command prints with --json. The table in docs/json.md is generated from the forms. */
export interface JsonForm<K extends string = string> {
  /** The flag or subcommand with which the object has this form, or the case in parentheses; the usual form has none. */
  readonly given?: string;
  /** Keys in their order; an optional one ends in "?". */
  readonly keys: readonly K[];
  /** Notes for the docs: Markdown without a final period. */
  readonly notes?: string;
}

/** Keeps the keys of a form in its type, by which `Output.result` checks the object. */
export function jsonForm<const K extends string>(form: JsonForm<K>): JsonForm<K> {
  return form;
}

/** The object with only the keys of the form, in its order, so that nothing undocumented is printed. */
export function inForm<K extends string>({ keys }: JsonForm<K>, object: FormObject<K>): Record<string, unknown> {
  const values = object as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    keys.map(keyName).flatMap((key) => (values[key] === undefined ? [] : [[key, values[key]]])),
  );
}

/** A key of a form without the mark of optional ones. */
export function keyName(key: string): string {
  return key.replace(/\?$/, "");
}

/** A command, once its module is loaded. */
export interface CommandDefinition {
  /** Declares arguments, flags and action. Some flags depend on the given arguments. */
  declare(command: Command, words: readonly string[]): void | Promise<void>;
  /** The forms of its JSON object; none without --json. */
  readonly json: readonly JsonForm[];
}
