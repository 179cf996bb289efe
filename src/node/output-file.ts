import { lstat } from "node:fs/promises";
import { resolve } from "node:path";

import { OptionError } from "../base/errors.ts";
import { codeOf, createFile, naming, replaceFile } from "./folder-store.ts";

/** @throws OptionError if the path exists and `force` is not set. */
export async function requireFree(path: string, force: boolean): Promise<void> {
  const found = await naming("write", resolve(path), async () => {
    try {
      return await lstat(path);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return null;
      throw error;
    }
  });
  if (found === null) return;
  if (found.isDirectory()) {
    throw new OptionError(`the output must be a file - got the folder ${path}`, "pass a file in it");
  }
  if (!force) throw taken(path);
}

function taken(path: string): OptionError {
  return new OptionError(
    `the output must be a new file - got ${path}, which exists`,
    "choose another file, or replace it with --force",
  );
}

/**
 * Writes an output file, completely or not at all. @throws OptionError when the path exists, even if it was created
 * after the check: of several processes that create one file, one succeeds.
 */
export async function writeOutput(path: string, bytes: Uint8Array, force: boolean): Promise<void> {
  await requireFree(path, force);
  await naming("write", resolve(path), async () => {
    if (force) return replaceFile(resolve(path), bytes);
    try {
      await createFile(resolve(path), bytes);
    } catch (error) {
      throw codeOf(error) === "EEXIST" ? taken(path) : error;
    }
  });
}
