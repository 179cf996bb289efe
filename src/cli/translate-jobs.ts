import { basename, extname, join } from "node:path";

import { DataError, OptionError } from "../base/errors.ts";
import { counterpart, filesIn, imageEndings, writableName } from "../node/index.ts";

/** The work on one image. */
export interface Job {
  readonly from: string;
  readonly to: string;
}

/** An image that failed, with the reason. */
export interface Failure {
  readonly file: string;
  readonly reason: string;
}

/**
 * The images of a folder, or one image, and the target of each; files that cannot be opened are listed as failed.
 * @throws DataError if there is nothing to do. @throws OptionError for an output of another kind than the input.
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
    const but = reasons.length === 0 ? "" : `, only ${reasons.join(", ")}`;
    throw new DataError(`there are no images in the folder ${input}${but}`);
  }
  const jobs = files.map((file) => ({ from: join(input, file), to: counterpart(target, file) }));
  requireApart(jobs);
  return {
    jobs,
    failed: skipped.map(({ file, reason }) => ({ file: join(input, file), reason })),
  };
}

/** @throws OptionError when two images would become one file. */
function requireApart(jobs: readonly Job[]): void {
  const known = new Map<string, Job>();
  for (const job of jobs) {
    const other = known.get(job.to);
    if (other !== undefined) {
      throw new OptionError(
        `each image must become a file of its own - got ${other.from} and ${job.from}, which both become ${job.to}`,
        "rename one of them",
      );
    }
    known.set(job.to, job);
  }
}

function oneJob(input: string, target: string): Job {
  if (writableName(target) === target) return { from: input, to: target };
  throw new OptionError(
    `the output must end in ${imageEndings.join(", ")} - got ${target}`,
    `for example ${join(target, `${basename(input, extname(input))}.png`)}`,
  );
}
