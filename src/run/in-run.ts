import { ZayaError } from "../base/errors.ts";
import { shellWord } from "../base/shell-word.ts";

/** Files of a run with which error messages can begin. */
const runFile = /^(?:config\.json|run\.json|data\.json|metrics\.jsonl|checkpoints|eval\/)/;

/**
 * Runs `body`. In the errors that it throws, files of the run are prefixed with its folder, and commands get the name of the run.
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
