import { RunError } from "../base/errors.ts";
import type { Store } from "../base/store.ts";
import { type Evaluation, type Measured, evaluationFile } from "./evaluate.ts";

/** A result with what was measured, and how. */
export interface KeptEvaluation extends Evaluation, Measured {}

/** Writes a result into its run's eval/. Returns the file's name. */
export async function keepEvaluation(store: Store, result: KeptEvaluation): Promise<string> {
  const file = evaluationFile(result, result);
  await store.write(file, new TextEncoder().encode(`${JSON.stringify(result, null, 2)}\n`));
  return file;
}

/** All results of a run. @throws RunError for a file that is none. */
export async function readEvaluations(store: Store): Promise<KeptEvaluation[]> {
  const files = (await store.list("eval")).filter((name) => name.endsWith(".json"));
  return Promise.all(
    files.map(async (file) => parseEvaluation(new TextDecoder().decode(await store.read(file)), file)),
  );
}

function parseEvaluation(text: string, file: string): KeptEvaluation {
  try {
    // JSON has no numbers that are not finite: they were written as null.
    const result = JSON.parse(text, (_, value: unknown) => value ?? Number.NaN) as KeptEvaluation;
    const whole = [result.metric, result.protocol.part].every((entry) => typeof entry === "string");
    if (whole && Number.isInteger(result.step) && Array.isArray(result.interval)) {
      return { ...result, weights: typeof result.weights === "string" ? result.weights : null };
    }
  } catch {
    // Told below.
  }
  throw new RunError(
    `${file}: must hold a result - got ${JSON.stringify(text.slice(0, 40))}`,
    "remove the file, and measure again: zaya eval RUN",
  );
}
