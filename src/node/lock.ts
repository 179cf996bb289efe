import { randomUUID } from "node:crypto";
import { readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { RunError } from "../base/errors.ts";
import { shellWord } from "../base/shell-word.ts";
import { type Causes, codeOf, makeFolders, naming } from "./folder-store.ts";

/**
 * Holder of a lock. `started` distinguishes a process from a later one with the same id; null if the system does not
 * provide it.
 */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly started: string | null;
  /** The set of processes in which the number means this one: each container has its own. Null where the system has but one. */
  readonly namespace: string | null;
  /** When the lock was taken, ISO 8601. */
  readonly since: string;
  /** Tells two locks of one process apart. */
  readonly id: string;
}

/** The right to write into a place, until `release`. */
export interface PlaceLock {
  readonly holder: LockHolder;
  /** @throws RunError when the place is no longer where it was locked, or the lock is not this one. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Makes this process the one writer of a folder, which is made if it is missing. The lock of a process of this machine
 * that has ended without releasing it is taken over.
 * @param causes What codes of the system mean for this folder.
 * @throws RunError when another writer holds the folder; it names the process.
 */
export async function lockFolder(folder: string, causes?: Causes): Promise<PlaceLock> {
  const path = lockPath(folder);
  const holder = await describeProcess(process.pid);
  await naming("lock", path, () => makeFolders(resolve(folder)));
  await naming(
    "lock",
    path,
    async () => {
      if (!(await create(path, holder))) await takeOver(path, holder);
    },
    { ...causesOfLock, ...causes },
  );
  const at = resolve(folder);
  const locked = await identityOf(at);
  return {
    holder,
    check: () => naming("lock", path, () => requireHeld(at, locked, holder)),
    release: () =>
      naming("release", path, async () => {
        if ((await readHolder(path))?.id === holder.id) await rm(path, { force: true });
      }),
  };
}

/** Tells a folder from another that has taken its name since; null when there is none. */
async function identityOf(folder: string): Promise<string | null> {
  try {
    const { dev, ino } = await stat(folder, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return null;
    throw error;
  }
}

async function requireHeld(folder: string, locked: string | null, holder: LockHolder): Promise<void> {
  const found = await identityOf(folder);
  if (found !== locked) {
    throw new RunError(
      `the folder must not be moved during training - got ${found === null ? "nothing" : "another folder"} at ${folder}`,
      "it was moved or removed; if it was moved, continue at its new location: zaya resume NEW_FOLDER",
    );
  }
  const path = lockPath(folder);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return "";
    throw error;
  });
  const now = parseHolder(text);
  if (now?.id === holder.id) return;
  const who = now === null ? "its lock was removed" : `process ${now.pid} on ${now.host} has it now`;
  throw new RunError(
    `the folder must stay locked during training - got ${path}: ${who}`,
    `another process may have written to it: check the run before continuing with zaya resume ${shellWord(folder)}`,
  );
}

/** A folder in the place of the lock, which is no lock. */
const causesOfLock: Causes = {
  EISDIR: ["the lock must be a file", "something else made a folder there: remove it"],
};

export function lockPath(folder: string): string {
  return join(resolve(folder), ".lock");
}

/** What a lock of the process `pid` of this machine says. */
export async function describeProcess(pid: number): Promise<LockHolder> {
  return {
    pid,
    host: hostname(),
    started: await startOf(pid),
    namespace: await pidNamespace(),
    since: new Date().toISOString(),
    id: randomUUID(),
  };
}

/**
 * The guard makes one of several processes that find the same stale lock the one that replaces it. It is held for
 * two file operations; one older than `forgotten` is what a crash between them left.
 */
async function takeOver(path: string, holder: LockHolder): Promise<void> {
  await refuseIfAlive(path);
  const forgotten = 10_000;
  const guard = `${path}.takeover`;
  const age = await stat(guard).then(
    (found) => Date.now() - found.mtimeMs,
    () => 0,
  );
  if (age > forgotten) await rm(guard, { force: true });
  if (!(await create(guard, holder))) throw await refusal(path, await readHolder(guard));
  try {
    await refuseIfAlive(path);
    await rm(path, { force: true });
    if (!(await create(path, holder))) throw await refusal(path, await readHolder(path));
  } finally {
    await rm(guard, { force: true });
  }
}

async function refuseIfAlive(path: string): Promise<void> {
  const current = await readHolder(path);
  if (current !== null && (await isAlive(current))) throw await refusal(path, current);
}

async function refusal(path: string, holder: LockHolder | null): Promise<RunError> {
  const unseen = holder === null ? null : await beyondSight(holder);
  const who = holder === null ? "another process" : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  return new RunError(
    `a folder has one writer - got ${who}`,
    holder !== null && unseen !== null
      ? `whether a process on ${unseen} is running cannot be determined; if it has ended, delete ${path}`
      : "wait until it ends, stop it, or write to another folder",
  );
}

/** Holder of a folder's lock; null if it is neither running nor out of sight. */
export async function folderHolder(folder: string): Promise<LockHolder | null> {
  const holder = await readHolder(lockPath(folder));
  return holder !== null && (await isAlive(holder)) ? holder : null;
}

/** Takes away the lock of a process that cannot be seen from here, and is known to have lost its right: it finds that before it writes again. */
export async function voidUnseenFolderLock(folder: string): Promise<void> {
  const path = lockPath(folder);
  const holder = await readHolder(path);
  if (holder === null || (await beyondSight(holder)) === null) return;
  await naming("release", path, () => rm(path, { force: true }));
}

/** Where a process is that cannot be seen from here; null for one that can. */
export async function beyondSight({ host, namespace }: LockHolder): Promise<string | null> {
  if (host !== hostname()) return host;
  const own = await pidNamespace();
  // Locks of earlier versions have none.
  return (namespace ?? own) === own ? null : "another container";
}

/** False when the file exists already. */
async function create(path: string, holder: LockHolder): Promise<boolean> {
  try {
    await writeFile(path, `${JSON.stringify(holder)}\n`, { flag: "wx", flush: true });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    // Only a file that was made here, and then could not be filled, is empty because of this error.
    if (codeOf(error) === "ENOSPC") await rm(path, { force: true });
    throw error;
  }
}

/** Null when there is no lock, or one that a crash left half-written; one being written at this moment is waited for. */
async function readHolder(path: string): Promise<LockHolder | null> {
  for (let tries = 0; tries < 10; tries++) {
    const text = await readFile(path, "utf8").catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return null;
      throw error;
    });
    if (text === null) return null;
    const holder = parseHolder(text);
    if (holder !== null) return holder;
    await sleep(20);
  }
  return null;
}

export function parseHolder(text: string): LockHolder | null {
  try {
    const value = JSON.parse(text) as Partial<LockHolder> | null;
    const whole = Number.isInteger(value?.pid) && typeof value?.host === "string" && typeof value.id === "string";
    return whole ? (value as LockHolder) : null;
  } catch {
    return null;
  }
}

/** A process of another machine or container cannot be seen and counts as alive. */
export async function isAlive(holder: LockHolder): Promise<boolean> {
  if ((await beyondSight(holder)) !== null) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it is there, and belongs to someone else.
    if (codeOf(error) === "ESRCH") return false;
  }
  const started = await startOf(holder.pid);
  return holder.started === null || started === null || started === holder.started;
}

async function pidNamespace(): Promise<string | null> {
  try {
    return await readlink("/proc/self/ns/pid");
  } catch {
    return null;
  }
}

/** When a process began, as boot and clock tick; "ended" for one that only waits to be buried; null without /proc. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name, which may hold spaces and brackets; the state is the 3rd, the start the 22nd.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    const ended = fields[0] === "Z" || fields[0] === "X";
    return ended ? "ended" : `${boot}:${fields[19]}`;
  } catch {
    return null;
  }
}
