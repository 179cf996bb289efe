import { constants, open, realpath } from "node:fs/promises";
import { join, sep } from "node:path";

import { RunError } from "../base/errors.ts";
import { parseJson } from "../base/json.ts";
import { codeOf, naming } from "../node/folder-store.ts";

// Which files of a run the studio reads and serves, and how. A run folder may come from an untrusted source.

/** Files that the server reads. */
export const recordFiles: ReadonlySet<string> = new Set(["run.json", "config.json", "metrics.jsonl"]);

/** Names, within a run, of the files that the page may request or the server reads. */
export const shownFile =
  /^(samples|pictures)\/[\w .-]+\.png$|^export\/[\w .-]+\.(onnx|json)$|^eval\/[\w .=,@-]+\.json$|^report\.html$|^metrics\.jsonl$/;

/** Size in bytes up to which JSON files are read; those that zaya writes have a few kilobytes. */
const largestJson = 16 * 2 ** 20;

/** Whether an id is a plain relative path: not absolute, without `..`, hidden folders, or characters that paths do not allow. */
export function isPlain(id: string): boolean {
  if (id === ".") return true;
  return id.split("/").every((part) => part !== "" && !part.startsWith(".") && !/[\\\0]/.test(part));
}

/** Whether a folder with these files is a run, even one that has lost its run.json. */
export function holdsRun(names: readonly string[]): boolean {
  return names.includes("run.json") || (names.includes("config.json") && names.includes("checkpoints"));
}

/** Path of a file of a run; null if there is none. @throws RunError for a link out of the run. */
export async function pathInRun(folder: string, name: string): Promise<string | null> {
  const path = await realpath(join(folder, name)).catch((error: unknown) => {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return null;
    throw error;
  });
  if (path === null || path.startsWith((await realpath(folder)) + sep)) return path;
  throw new RunError(`${name}: must be inside the run folder - got a link that points outside`);
}

/** The content of a JSON file of a run, or an error that says why it could not be read. Links are not followed; the caller checks the folders above. */
export async function readJson(folder: string, name: string): Promise<unknown> {
  try {
    return await naming("read", name, () => readOwn(join(folder, name), name), {
      ELOOP: ["it must be inside the run folder", "it is a link"],
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function readOwn(path: string, name: string): Promise<unknown> {
  // Opening a pipe must not wait for its other end.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  });
  if (file === null) return new Error(`${name}: the file is missing`);
  try {
    const found = await file.stat();
    const { size } = found;
    if (!found.isFile())
      return new RunError(`${name}: must be a file - got ${found.isDirectory() ? "a folder" : "a pipe or device"}`);
    if (size > largestJson) return new RunError(`${name}: must be at most 16 MiB - got ${size} bytes`);
    return parseJson(await file.readFile(), name);
  } finally {
    await file.close();
  }
}
