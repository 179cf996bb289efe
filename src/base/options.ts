import { z } from "zod";
import { OptionError } from "./errors.ts";

// Options are declared once, as a zod schema, from which the type, the default, the validation, the command-line flag
// and its help follow. Flags arrive as text, while files and callers pass numbers: these fields accept both and are
// typed for callers.

/** A field that also accepts text; its input type is what a caller in TypeScript passes. */
function field<Schema extends z.ZodType, Given = z.input<Schema>>(
  doc: string,
  convert: (value: unknown) => unknown,
  schema: Schema,
  placeholder: string,
): z.ZodPreprocess<Schema, Given> {
  return z.preprocess(convert as (value: Given) => unknown, schema).meta({ description: doc, placeholder });
}

function fromText(value: unknown): unknown {
  return typeof value === "string" && value.trim() !== "" ? Number(value) : value;
}

function listed(value: unknown): unknown {
  return typeof value === "string" ? value.split(",").map(fromText) : typeof value === "number" ? [value] : value;
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
  /** Exclusive lower bound. */
  readonly above?: number;
}

/** A number within bounds. */
export function numberField(doc: string, bounds: Bounds = {}) {
  return field(doc, fromText, bounded(z.number({ error: "must be a number" }), bounds), "x");
}

/** A whole number within bounds. */
export function integerField(doc: string, bounds: Bounds = {}) {
  const error = "must be a whole number";
  const tooLarge = `must be at most ${Number.MAX_SAFE_INTEGER}`;
  const whole = z.number({ error }).int({ error: ({ code }) => (code === "too_big" ? tooLarge : error) });
  return field(doc, fromText, bounded(whole, bounds), "n");
}

/** A positive integer, or a fraction in (0, 1). */
export function countOrShareField(doc: string) {
  const error = `must be ${countOrShareRule}`;
  return field(doc, fromText, z.number({ error }).refine(isCountOrShare, { error }), "n|share");
}

export const countOrShareRule = "a positive integer, or a fraction in (0, 1)";

/** Whether a number is a valid count or fraction. */
export function isCountOrShare(value: number): boolean {
  return value > 0 && (value < 1 || Number.isSafeInteger(value));
}

/** A list of numbers within bounds, or text in which they are separated by commas. */
export function numberListField(doc: string, bounds: Bounds = {}) {
  const entries = z.array(bounded(z.number({ error: "must be numbers separated by commas" }), bounds)).min(1);
  return field<typeof entries, number | readonly number[]>(doc, listed, entries, "x,x,...");
}

/** A list of positive integers, or text in which they are separated by commas. */
export function integerListField(doc: string) {
  const entry = z
    .number({ error: "must be whole numbers separated by commas" })
    .int()
    .min(1, { error: "must be at least 1" });
  const entries = z.array(entry).min(1);
  return field<typeof entries, number | readonly number[]>(doc, listed, entries, "n,n,...");
}

/** Any text; `placeholder` names its kind in the help: `file`, `dir`. */
export function textField(doc: string, placeholder = "text") {
  const text = z.string({ error: "must be text" }).min(1, { error: "must not be empty" });
  return text.meta({ description: doc, placeholder });
}

/** One of the given words. */
export function choiceField<const Words extends readonly [string, ...string[]]>(doc: string, words: Words) {
  return z
    .enum(words, { error: `must be one of ${words.join(", ")}` })
    .meta({ description: doc, placeholder: words.join("|") });
}

/** A list of one or more of the given words, or a string in which they are separated by commas. */
export function choiceListField<const Words extends readonly [string, ...string[]]>(doc: string, words: Words) {
  const entry = z.enum(words, { error: `must be one or more of ${words.join(", ")}, separated by commas` });
  const split = (value: unknown) => (typeof value === "string" ? value.split(",") : value);
  const entries = z.array(entry).min(1);
  return field<typeof entries, readonly Words[number][]>(doc, split, entries, "name,name,...");
}

/** A number within bounds, or one of the given words. */
export function numberOrField<const Words extends readonly [string, ...string[]]>(
  doc: string,
  words: Words,
  bounds: Bounds,
) {
  const error = `must be ${words.join(", ")} or a number${describe(bounds)}`;
  const convert = (value: unknown) => ((words as readonly unknown[]).includes(value) ? value : fromText(value));
  const schema = z.union([z.enum(words), bounded(z.number(), bounds)], { error });
  return field<typeof schema, number | Words[number]>(doc, convert, schema, `${words.join("|")}|x`);
}

/** A positive integer, or one of the given words; `what` names the number in messages. */
export function countOrWordField<const Words extends readonly [string, ...string[]]>(
  doc: string,
  words: Words,
  what: string,
) {
  const error = `must be ${words.join(", ")} or a positive integer`;
  const convert = (value: unknown) => ((words as readonly unknown[]).includes(value) ? value : fromText(value));
  const schema = z.union([z.enum(words), z.number({ error }).int({ error }).min(1, { error })], { error });
  return field<typeof schema, number | Words[number]>(doc, convert, schema, `${words.join("|")}|${what}`);
}

function bounded(field: z.ZodNumber, { min, max, above }: Bounds): z.ZodNumber {
  let out = field;
  if (min !== undefined) out = out.min(min, { error: `must be at least ${min}` });
  if (above !== undefined) out = out.gt(above, { error: `must be above ${above}` });
  if (max !== undefined) out = out.max(max, { error: `must be at most ${max}` });
  return out;
}

function describe({ min, max, above }: Bounds): string {
  const parts = [
    min !== undefined && `of at least ${min}`,
    above !== undefined && `above ${above}`,
    max !== undefined && `at most ${max}`,
  ];
  const said = parts.filter(Boolean).join(", ");
  return said === "" ? "" : ` ${said}`;
}

/** Validates options and fills in defaults. @throws OptionError naming the option, the rule and the value. */
export function parseOptions<Schema extends z.ZodObject>(
  schema: Schema,
  raw: unknown,
  where: string,
): z.output<Schema> {
  const result = z.strictObject(schema.shape).safeParse(raw);
  if (result.success) return result.data as z.output<Schema>;
  const issue = result.error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    throw new OptionError(
      `${where} has no option ${issue.keys.join(", ")}`,
      `its options are ${Object.keys(schema.shape).join(", ")}`,
    );
  }
  const got = issue.path.reduce<unknown>(
    // If the list was given as text, the whole text is shown.
    (value, part) => (typeof value === "string" ? value : (value as Record<PropertyKey, unknown> | undefined)?.[part]),
    raw,
  );
  const name = String(issue.path[0]);
  throw new OptionError(`${name} ${issue.message} - got ${shown(got)}`, hintFor(schema, name), name);
}

/** Text unchanged, everything else as JSON. */
function shown(value: unknown): string {
  return typeof value === "string" && value.trim() !== "" ? value : JSON.stringify(value);
}

function hintFor(schema: z.ZodObject, name: string): string | undefined {
  const doc = describeOptions(schema).find((described) => described.name === name)?.doc;
  return doc === undefined || doc === "" ? undefined : `${name}: ${doc}`;
}

/** An option as users see it. */
export interface OptionDescription {
  readonly name: string;
  readonly doc: string;
  /** The default; undefined if the option may be omitted. */
  readonly initial: unknown;
  /** Placeholder of the value in the help: `n`, `x`, `file`, or the words to choose from, `AtoB|BtoA`. */
  readonly placeholder: string;
  /** The words to choose from; null if the option is not a choice of one word. */
  readonly choices: readonly string[] | null;
}

/** Name, doc text, default and placeholder of each option of a schema. */
export function describeOptions(schema: z.ZodObject): OptionDescription[] {
  return Object.entries(schema.shape).map(([name, entry]) => {
    const field = entry as z.ZodType;
    const initial = field.safeParse(undefined);
    const inner = withoutDefault(field);
    return {
      name,
      doc: field.meta()?.description ?? inner.meta()?.description ?? "",
      initial: initial.success ? initial.data : undefined,
      placeholder: String(field.meta()?.["placeholder"] ?? inner.meta()?.["placeholder"] ?? "value"),
      choices: inner instanceof z.ZodEnum ? inner.options.map(String) : null,
    };
  });
}

/** The field inside `.default()` and `.optional()`. */
function withoutDefault(field: z.ZodType): z.ZodType {
  const inner = (field as { def?: { innerType?: z.ZodType } }).def?.innerType;
  return inner === undefined ? field : withoutDefault(inner);
}

/** The command-line flag of an option: `--learning-rate` for `learningRate`, `-n` for `n`. */
export function flagOf(name: string): string {
  if (name.length === 1) return `-${name}`;
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
