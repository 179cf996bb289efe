import { z } from "zod";

import { RunError } from "../base/errors.ts";
import { countEntry, encodeJson, parseJson, parseRecord, textEntry } from "../base/json.ts";
import type { Store } from "../base/store.ts";
import { type Evaluation, type Measured, evaluationFile } from "./evaluate.ts";

/** A result with what was measured, and how. */
export interface KeptEvaluation extends Evaluation, Measured {}

/** JSON has no non-finite numbers: they were written as null. */
const value = z
  .number({ error: "must be a number or null" })
  .nullable()
  .transform((number) => number ?? Number.NaN);
const details = z.record(z.string(), z.union([value, z.array(value)], { error: "must be numbers" }), {
  error: "must be numbers by name",
});

/** The entries of a result that pages and tables use; all other entries are kept unchanged. */
const keptEvaluation = z.looseObject({
  metric: textEntry,
  label: textEntry,
  quantity: textEntry,
  unit: textEntry,
  value,
  stderr: value,
  n: countEntry,
  interval: z.tuple([value, value], { error: "must be two numbers" }),
  details,
  floor: value.optional(),
  floorItems: countEntry.optional(),
  floorDetails: details.optional(),
  perfect: textEntry,
  protocol: z.looseObject(
    {
      data: textEntry,
      part: textEntry,
      fingerprint: textEntry,
      n: countEntry,
      options: z.record(z.string(), z.unknown(), { error: "must be options by name" }),
    },
    { error: "must describe the protocol" },
  ),
  step: countEntry,
  seed: countEntry,
  weights: z.enum(["ema", "last"], { error: "must be ema, last or null" }).nullable(),
});

/** Writes a result to its run's eval/. Returns the file's name. */
export async function keepEvaluation(store: Store, result: KeptEvaluation): Promise<string> {
  const file = evaluationFile(result, result);
  await store.write(file, encodeJson(result));
  return file;
}

/** The results of a run. */
export interface ReadEvaluations {
  readonly results: readonly KeptEvaluation[];
  /** Files that could not be read, each with the reason; they do not affect the others. */
  readonly leftOut: readonly string[];
}

/**
 * Reads the results under eval/ of a run, and lists the files that could not be read.
 * @throws what the store throws; damaged files are listed instead.
 */
export async function readEvaluations(store: Store): Promise<ReadEvaluations> {
  const files = (await store.list("eval")).filter((name) => name.endsWith(".json"));
  const results: KeptEvaluation[] = [];
  const leftOut: string[] = [];
  for (const file of files) {
    try {
      const raw = parseJson(await store.read(file), file);
      results.push(parseRecord(keptEvaluation, raw, file) as unknown as KeptEvaluation);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      leftOut.push(`${error.message}; it is ignored: zaya eval evaluates again`);
    }
  }
  return { results, leftOut };
}
