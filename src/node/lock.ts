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
  /** The PID namespace, since each container has its own. Null if the system has only one. */
  readonly namespace: string | null;
  /** When the lock was taken, ISO 8601. */
  readonly since: string;
  /** Distinguishes two locks of one process. */
  readonly id: string;
}

/** The exclusive right to write to a place, until `release`. */
export interface PlaceLock {
  readonly holder: LockHolder;
  /** @throws RunError if the place has been moved since it was locked, or the lock has been replaced. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Makes this process the only writer of a folder, which is created if it is missing. A lock left by a process of this machine
 * that has ended is taken over.
 * @param causes Explanations of the system's error codes for this folder.
 * @throws RunError if another process holds the lock; it names the process.
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

/** Identifies a folder, to distinguish it from another folder with the same name; null if there is none. */
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

/** A folder that has the name of the lock file. */
const causesOfLock: Causes = {
  EISDIR: ["the lock must be a file", "another program made a folder there: remove it"],
};

export function lockPath(folder: string): string {
  return join(resolve(folder), ".lock");
}

/** The holder of a lock that the process `pid` of this machine takes. */
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
 * If several processes find the same stale lock, the guard decides which of them replaces it. It is held for two file
 * operations; a guard older than `forgotten` was left by a crash between them.
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
  const unseen = holder === null ? null : await invisibleHost(holder);
  const who = holder === null ? "another process" : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  return new RunError(
    `a folder can have only one writer - got ${who}`,
    holder !== null && unseen !== null
      ? `whether a process ${unseen} is running cannot be determined; if it has ended, delete ${path}`
      : "wait until it ends, stop it, or write to another folder",
  );
}

/** Holder of a folder's lock; null if it is known to have ended. */
export async function folderHolder(folder: string): Promise<LockHolder | null> {
  const holder = await readHolder(lockPath(folder));
  return holder !== null && (await isAlive(holder)) ? holder : null;
}

/** Removes the lock of a process on another machine or in another container that has lost its right to the folder. That process detects this before its next write. */
export async function voidUnseenFolderLock(folder: string): Promise<void> {
  const path = lockPath(folder);
  const holder = await readHolder(path);
  if (holder === null || (await invisibleHost(holder)) === null) return;
  await naming("release", path, () => rm(path, { force: true }));
}

/** The location, `on HOST` or `in another container`, of a process that is not visible to this one; null if it is visible. */
export async function invisibleHost({ host, namespace }: LockHolder): Promise<string | null> {
  if (host !== hostname()) return `on ${host}`;
  const own = await pidNamespace();
  // Locks of earlier versions have no namespace.
  return (namespace ?? own) === own ? null : "in another container";
}

/** Creates the lock file. @returns False if it exists already. */
async function create(path: string, holder: LockHolder): Promise<boolean> {
  try {
    await writeFile(path, `${JSON.stringify(holder)}\n`, { flag: "wx", flush: true });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    // With this error, the file was created here, but writing its contents failed.
    if (codeOf(error) === "ENOSPC") await rm(path, { force: true });
    throw error;
  }
}

/** Null if there is no lock, or one that a crash left incomplete. Waits if it is just being written. */
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

/** Whether the holder is alive. A process on another machine or in another container is not visible here and counts as alive. */
export async function isAlive(holder: LockHolder): Promise<boolean> {
  if ((await invisibleHost(holder)) !== null) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
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

/** When a process started, as boot id and clock tick; "ended" for a zombie; null without /proc. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name, which may contain spaces and brackets; field 3 is the state, field 22 the start.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    const ended = fields[0] === "Z" || fields[0] === "X";
    return ended ? "ended" : `${boot}:${fields[19]}`;
  } catch {
    return null;
  }
}
