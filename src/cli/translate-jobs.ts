import { basename, extname, join } from "node:path";

import { DataError, OptionError } from "../base/errors.ts";
import { counterpart, filesIn, imageEndings, writableName } from "../node/index.ts";

/** What is done with one image. */
export interface Job {
  readonly from: string;
  readonly to: string;
}

/** An image that is not done, and why. */
export interface Failure {
  readonly file: string;
  readonly reason: string;
}

/**
 * The images of a folder or one image, and where each is to go; what of the folder cannot be opened has failed already.
 * @throws DataError when there is nothing to do. @throws OptionError for an output of another kind than the input.
 */
export async function jobsFor(
  input: string,
  target: string,
): Promise<{ readonly jobs: readonly Job[]; readonly failed: readonly Failure[] }> {
  const found = await filesIn(input);
  if (found === null) return { jobs: [oneJob(input, target)], failed: [] };
  const { files, skipped } = found;
  if (files.length === 0) {
    const reasons = skipped.map(({ file, reason }) => `${file} (${reason})`);
    const but = reasons.length === 0 ? "" : ` but ${reasons.join(", ")}`;
    throw new DataError(`translate: the folder must hold images - got none in ${input}${but}`);
  }
  return {
    jobs: files.map((file) => ({ from: join(input, file), to: counterpart(target, file) })),
    failed: skipped.map(({ file, reason }) => ({ file: join(input, file), reason })),
  };
}

function oneJob(input: string, target: string): Job {
  if (writableName(target) === target) return { from: input, to: target };
  throw new OptionError(
    `translate: the output must end in ${imageEndings.join(", ")} - got ${target}`,
    `for example ${join(target, `${basename(input, extname(input))}.png`)}`,
  );
}
