import { randomUUID } from "node:crypto";
import { type FileHandle, appendFile, mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import { RunError } from "../base/errors.ts";
import { type Store, checkName } from "../base/store.ts";

/** A store in a folder, one file a name. The folder is made by the first write. */
export class FolderStore implements Store {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  async read(name: string): Promise<Uint8Array> {
    const path = this.path(name);
    const bytes = await naming("read", path, () => readFile(path));
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.path(name);
    await naming("write", path, () => replaceFile(path, bytes));
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.path(name);
    await naming("append", path, async () => {
      try {
        await appendFile(path, bytes);
      } catch (error) {
        if (codeOf(error) !== "ENOENT") throw error;
        await mkdir(dirname(path), { recursive: true });
        await appendFile(path, bytes);
      }
    });
  }

  async list(prefix: string): Promise<string[]> {
    const path = prefix === "" ? this.folder : this.path(prefix);
    const names = await naming("list", path, () => filesUnder(path, prefix));
    return names.toSorted();
  }

  async remove(prefix: string): Promise<void> {
    const path = this.path(prefix);
    await naming("remove", path, () => rm(path, { recursive: true, force: true }));
  }

  async has(name: string): Promise<boolean> {
    const path = this.path(name);
    return naming("has", path, async () => (await kindOf(path)) === "file");
  }

  private path(name: string): string {
    checkName(name);
    return join(this.folder, ...name.split("/"));
  }
}

/** A file's new content, under a name of its own until all of it is on the disk. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const firstMade = await mkdir(folder, { recursive: true });
  const draft = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(draft, "wx");
    await closing(file, async () => {
      await file.writeFile(bytes);
      await file.sync();
    });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
  // The name of a file, and of each folder made for it, is kept in the folder above.
  const top = firstMade === undefined ? folder : dirname(firstMade);
  for (let at = folder; at.length >= top.length && at !== dirname(at); at = dirname(at)) await syncFolder(at);
}

/** Whether a name is that of a file which `replaceFile` has not yet put in place. */
export function isDraft(name: string): boolean {
  return /^\..+\.[0-9a-f-]{36}\.tmp$/.test(name);
}

/** Some systems cannot open or sync a folder; there the rename is as durable as the system makes it. */
async function syncFolder(folder: string): Promise<void> {
  const unable = ["EPERM", "EISDIR", "EINVAL", "ENOTSUP", "EACCES"];
  try {
    const handle = await open(folder, "r");
    await closing(handle, () => handle.sync());
  } catch (error) {
    if (!unable.includes(codeOf(error) ?? "")) throw error;
  }
}

async function closing<T>(file: FileHandle, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } finally {
    await file.close();
  }
}

/** Names of the files at or under a path; hidden ones (drafts, the lock) are not part of the store. */
async function filesUnder(path: string, name: string): Promise<string[]> {
  const kind = await kindOf(path);
  if (kind === "file") return [name];
  if (kind === "nothing") return [];
  const names: string[] = [];
  for (const entry of await readdir(path)) {
    if (entry.startsWith(".")) continue;
    names.push(...(await filesUnder(join(path, entry), name === "" ? entry : `${name}/${entry}`)));
  }
  return names;
}

async function kindOf(path: string): Promise<"file" | "folder" | "nothing"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return "nothing";
    throw error;
  }
}

const causes: Readonly<Record<string, readonly [rule: string, hint: string]>> = {
  ENOSPC: ["the disk must have room", "the disk is full: free some space, or write to another one"],
  EDQUOT: ["the disk must have room", "your quota on this disk is used up: free some space, or write to another one"],
  EACCES: ["the path must be allowed", "permission denied: change the owner or mode, or choose another folder"],
  EPERM: ["the path must be allowed", "the system does not permit it here: choose another folder"],
  EROFS: ["the disk must be writable", "it is mounted read-only: choose a folder on another disk"],
  ENOENT: ["the file must exist", "check the path, or whether another program removed it"],
  ENOTDIR: ["each part of the path above the name must be a folder", "one of them is a file: choose another path"],
  EISDIR: ["the path must be a file", "it is a folder: choose another name"],
};

/** Runs `body`; an error of the file system becomes a RunError that names the path and says what to do. */
export async function naming<T>(what: string, path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    const [rule, hint] = causes[code] ?? ["the file system must answer", (error as Error).message];
    throw new RunError(`${what}: ${rule} - got ${code} for ${path}`, hint);
  }
}

/** The system's code of an error (`ENOENT`), if it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error && "code" in error ? String(error.code) : undefined;
}
