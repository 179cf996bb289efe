import { ZayaError } from "../base/errors.ts";
import { shellWord } from "../base/shell-word.ts";

/** The files of a run that messages begin with. */
const runFile = /^(?:config\.json|run\.json|data\.json|metrics\.jsonl|checkpoints|eval\/)/;

/** Runs `body`; what it throws names files of the run with their folder, and the run itself in commands. */
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
