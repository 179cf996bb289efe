import { ZayaError } from "../base/errors.ts";
import { shellWord } from "../base/shell-word.ts";

/** Files of a run with which messages begin. */
const runFile = /^(?:config\.json|run\.json|data\.json|metrics\.jsonl|checkpoints|eval\/)/;

/**
 * Runs `body`. Errors that it throws are rewritten: files of the run get their folder, commands the name of the run.
 * @throws what `body` throws.
 */
export async function inRun<T>(folder: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof ZayaError)) throw error;
    const message = runFile.test(error.message) ? `${folder}/${error.message}` : error.message;
    const hint = error.hint?.replaceAll(/(?<![\w./-])RUN(?![\w.-])/g, () => shellWord(folder));
    throw Object.assign(error, { message, hint });
  }
}
