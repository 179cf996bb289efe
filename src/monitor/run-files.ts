import { constants, open, realpath } from "node:fs/promises";
import { join, sep } from "node:path";

import { RunError } from "../base/errors.ts";
import { parseJson } from "../base/json.ts";
import { codeOf, naming } from "../node/folder-store.ts";

// Which files of a run the studio reads and gives away, and how: a folder may come from anyone.

/** Files that the server reads. */
export const recordFiles: ReadonlySet<string> = new Set(["run.json", "config.json", "metrics.jsonl"]);

/** Files by their name in a run, which the page may ask for or the server reads. */
export const shownFile =
  /^(samples|pictures)\/[\w .-]+\.png$|^export\/[\w .-]+\.(onnx|json)$|^eval\/[\w .=,@-]+\.json$|^report\.html$|^metrics\.jsonl$/;

/** Largest JSON file that is read: those of zaya take some kilobytes. */
const largestJson = 16 * 2 ** 20;

/** No absolute path, no way up, no hidden folder, no character that a path may not have. */
export function isPlain(id: string): boolean {
  if (id === ".") return true;
  return id.split("/").every((part) => part !== "" && !part.startsWith(".") && !/[\\\0]/.test(part));
}

/** A run that lost its record is one still. */
export function holdsRun(names: readonly string[]): boolean {
  return names.includes("run.json") || (names.includes("config.json") && names.includes("checkpoints"));
}

/** Where a file of a run is; null where there is none. @throws RunError for a link out of the run. */
export async function pathInRun(folder: string, name: string): Promise<string | null> {
  const path = await realpath(join(folder, name)).catch((error: unknown) => {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return null;
    throw error;
  });
  if (path === null || path.startsWith((await realpath(folder)) + sep)) return path;
  throw new RunError(`${name}: must lie in the folder of the run - got a link out of it`);
}

/** What a JSON file of a run holds, or why it holds nothing. A link is not followed: folders above it are the caller's to check. */
export async function readJson(folder: string, name: string): Promise<unknown> {
  try {
    return await naming("read", name, () => readOwn(join(folder, name), name), {
      ELOOP: ["it must lie in the folder of the run", "it is a link"],
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function readOwn(path: string, name: string): Promise<unknown> {
  // A pipe is not waited for.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  });
  if (file === null) return new Error(`${name}: is not there`);
  try {
    const found = await file.stat();
    const { size } = found;
    if (!found.isFile())
      return new RunError(`${name}: must be a file - got ${found.isDirectory() ? "a folder" : "none"}`);
    if (size > largestJson) return new RunError(`${name}: must be at most 16 MiB - got ${size} bytes`);
    return parseJson(await file.readFile(), name);
  } finally {
    await file.close();
  }
}
