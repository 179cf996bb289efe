import { z } from "zod";

import { RunError } from "./errors.ts";

/**
 * Parses a JSON file, skipping a byte order mark.
 * @throws RunError if the bytes are not JSON in UTF-8.
 */
export function parseJson(bytes: Uint8Array, file: string, hint?: string): unknown {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new RunError(`${file}: must be in UTF-8 - got UTF-16`, "save it as UTF-8");
  }
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === "") throw new RunError(`${file}: must be JSON - got an empty file`, hint);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new RunError(`${file}: must be JSON - got ${(error as Error).message}`, hint);
  }
}

/** Validates a value against a schema. @throws RunError naming the invalid entry. */
export function parseRecord<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
  hint?: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const got = path.reduce<unknown>((inner, part) => (inner as Record<PropertyKey, unknown> | undefined)?.[part], value);
  const entry = path.length === 0 ? "" : `${path.join(".")} `;
  throw new RunError(`${where}: ${entry}${message} - got ${shown(got)}`, hint);
}

function shown(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value).slice(0, 60);
}

/** Encodes text as UTF-8. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Encodes a value as indented JSON. */
export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return encodeText(`${JSON.stringify(value, null, 2)}\n`);
}

// Fields of records, with their error messages.

export const textEntry = z.string({ error: "must be text" });
export const numberEntry = z.number({ error: "must be a number" });
export const countEntry = z.int({ error: "must be a whole number" }).min(0, { error: "must be at least 0" });
