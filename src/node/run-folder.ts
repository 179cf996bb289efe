import { lstat, mkdir, readdir, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import { RunError } from "../base/errors.ts";
import type { Store } from "../base/store.ts";
import { shellWord } from "../base/shell-word.ts";
import { maxOf } from "../base/many.ts";
import { listCheckpoints } from "../run/index.ts";
import { FolderStore, causesInRun, codeOf, isDraft, naming } from "./folder-store.ts";
import { isBucket } from "./bucket.ts";
import { lockFolder } from "./lock.ts";
import { openStore, placeIn } from "./place.ts";
import { lockBucket } from "./s3-lock.ts";
import { S3Store } from "./s3-store.ts";

/** The location of a run that only this process may write to, until `release`. */
export interface RunFolder {
  /** The folder as given, or s3://BUCKET/PREFIX. */
  readonly folder: string;
  readonly store: Store;
  /** Removes the lock, and empty folders that were created. */
  release(): Promise<void>;
}

const recordFile = "run.json";

/**
 * Checks that a new run can use the folder. Hidden entries are ignored, because a run never writes such names. @throws RunError if the
 * path contains a run or other files, or is not a folder.
 */
export async function requireFreeFolder(folder: string): Promise<void> {
  if (isBucket(folder)) return requireFreeBucket(folder);
  if (folder === "") throw new RunError("the output folder must have a name - got an empty string", "pass --out DIR");
  const path = resolve(folder);
  const names = await naming("train", path, async () => {
    try {
      return await readdir(path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      if ((await lstat(path).catch(() => null)) === null) return [];
      throw new RunError(
        `the output folder must be new or empty - got ${folder}, a link to a missing path`,
        "create the folder that it points to, or choose another --out",
      );
    }
  });
  if (names.includes(recordFile)) {
    throw new RunError(
      `the output folder must be new - got ${folder}, which holds another run`,
      `choose another --out, or continue that run: zaya resume ${shellWord(folder)}`,
    );
  }
  const others = names.filter((name) => !name.startsWith("."));
  if (others.length > 0) {
    throw new RunError(
      `the output folder must be new or empty - got ${folder}, which holds ${others[0]}`,
      "choose another --out",
    );
  }
}

/** Creates and locks a folder for a new run. @throws RunError when it is taken or cannot be created. */
export async function createRunFolder(folder: string): Promise<RunFolder> {
  await requireFreeFolder(folder);
  if (isBucket(folder)) return lockedBucket(folder, () => requireFreeBucket(folder));
  const path = resolve(folder);
  const missing = await missingFolders(path);
  const removeMade = async (): Promise<void> => {
    for (const made of missing) await rmdir(made).catch(() => undefined);
  };
  let lock;
  try {
    // One at a time: with `recursive`, creating a folder on a read-only disk fails with the wrong code (ENOENT).
    for (const folder of missing.toReversed()) await naming("train", folder, () => makeFolder(folder));
    lock = await lockFolder(path);
  } catch (error) {
    await removeMade();
    throw error;
  }
  const store = new FolderStore(path, () => lock.check());
  const release = async (): Promise<void> => {
    await lock.release();
    await removeMade();
  };
  try {
    // Another process may have made it a run before the lock was taken.
    await requireFreeFolder(folder);
    await removeDrafts(path);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return { folder, store, release };
}

/** Locks the folder of a run for writing. @throws RunError when there is no run, or another process writes to it. */
export async function openRunFolder(folder: string): Promise<RunFolder> {
  await requireRun(folder);
  if (isBucket(folder)) return lockedBucket(folder);
  const lock = await lockFolder(folder, causesInRun);
  await removeDrafts(resolve(folder));
  return { folder, store: new FolderStore(folder, () => lock.check()), release: () => lock.release() };
}

/** Whether the path is a folder with a run, even one without its record. */
export async function isRun(folder: string): Promise<boolean> {
  const store = openStore(folder);
  return (await store.has(recordFile)) || (await listCheckpoints(store)).length > 0;
}

/** @throws RunError when the folder contains no run. */
export async function requireRun(folder: string): Promise<void> {
  if (await isRun(folder)) return;
  const found = isBucket(folder) ? null : await stat(folder).catch(() => null);
  const what = found === null ? "nothing" : found.isDirectory() ? "a folder without run.json" : "a file";
  throw new RunError(
    `the path must be the folder of a run - got ${what} at ${folder}`,
    (await openStore(folder).has("config.json"))
      ? `its config.json still exists: train a new run with zaya train --config ${shellWord(placeIn(folder, "config.json"))}`
      : "without --out, runs are saved in runs/",
  );
}

/**
 * Creates and locks a folder for a new run at the next free `PREFIX-1`, `PREFIX-2`, ...
 * @throws RunError when none can be created.
 */
export async function createNumberedRunFolder(prefix: string): Promise<RunFolder> {
  for (let n = (await largestNumber(prefix)) + 1; ; n++) {
    const folder = `${prefix}-${n}`;
    try {
      return await createRunFolder(folder);
    } catch (error) {
      // Another process has taken this number in the meantime.
      if ((await stat(folder).catch(() => null)) === null) throw error;
    }
  }
}

/** @throws RunError if the location contains a run or other objects. */
async function requireFreeBucket(place: string): Promise<void> {
  const names = await openStore(place).list("");
  if (names.includes(recordFile)) {
    throw new RunError(
      `the location must be new - got ${place}, which holds another run`,
      `choose another --out, or continue that run: zaya resume ${shellWord(place)}`,
    );
  }
  if (names.length === 0) return;
  throw new RunError(
    `the location must be new or empty - got ${place}, which holds ${names[0]}`,
    "choose another --out",
  );
}

/** @param check Throws if the location cannot be used; called once it is locked. */
async function lockedBucket(folder: string, check: () => Promise<void> = async () => undefined): Promise<RunFolder> {
  const lock = await lockBucket(folder);
  try {
    await check();
  } catch (error) {
    await lock.release();
    throw error;
  }
  const store = new S3Store(folder, () => lock.check());
  const release = async (): Promise<void> => {
    await store.flushAll();
    await lock.release();
  };
  return { folder, store, release };
}

async function largestNumber(prefix: string): Promise<number> {
  const names = await readdir(dirname(prefix)).catch(() => []);
  const start = `${basename(prefix)}-`;
  const numbers = names
    .filter((name) => name.startsWith(start))
    .map((name) => name.slice(start.length))
    .filter((rest) => /^\d+$/.test(rest))
    .map(Number);
  return maxOf([0, ...numbers]);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

/** The folder and those above it that do not exist, innermost first. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    if ((await stat(at).catch(() => null)) !== null) break;
    missing.push(at);
  }
  return missing;
}

/** Removes temporary files of writes that a crash interrupted. The caller holds the lock. */
async function removeDrafts(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && isDraft(entry.name)) await rm(join(entry.parentPath, entry.name), { force: true });
  }
}
