import { randomUUID } from "node:crypto";
import { type Stats, constants, createReadStream } from "node:fs";
import {
  type FileHandle,
  appendFile,
  copyFile,
  link,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  truncate,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { RunError } from "../base/errors.ts";
import { type Store, checkName } from "../base/store.ts";
import { append } from "../base/many.ts";

/** Chunk size in bytes of files that are read in chunks. */
const chunkSize = 1 << 20;

/**
 * A store in a folder, one file per name. The folder is created by the first write.
 * @throws RunError naming the path, with what to do, for errors of the file system.
 */
export class FolderStore implements Store {
  readonly folder: string;

  /** @param guard Called before each change; throws if this process may not write to the folder. */
  constructor(
    folder: string,
    private readonly guard: () => Promise<void> = async () => undefined,
  ) {
    this.folder = resolve(folder);
  }

  async read(name: string): Promise<Uint8Array> {
    const path = this.path(name);
    const bytes = await naming("read", path, () => readFile(path));
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  async *chunks(name: string): AsyncGenerator<Uint8Array> {
    const path = this.path(name);
    const chunks = createReadStream(path, { highWaterMark: chunkSize })[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await naming("read", path, () => chunks.next() as Promise<IteratorResult<Buffer>>);
      if (done === true) return;
      yield value;
    }
  }

  async size(name: string): Promise<number | null> {
    const path = this.path(name);
    return naming("look at", path, async () => {
      const found = await statOf(path);
      return found === null || found.isDirectory() ? null : found.size;
    });
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.path(name);
    await this.guard();
    await naming("write", path, () => replaceFile(path, bytes), causesInRun);
  }

  async create(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.path(name);
    await this.guard();
    await naming("write", path, () => createFile(path, bytes), causesInRun);
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.path(name);
    await this.guard();
    await naming(
      "append",
      path,
      async () => {
        try {
          await appendFile(path, bytes);
        } catch (error) {
          if (codeOf(error) !== "ENOENT") throw error;
          await makeFolders(dirname(path));
          await appendFile(path, bytes);
        }
      },
      causesInRun,
    );
  }

  async sync(name: string): Promise<void> {
    const path = this.path(name);
    await naming("write", path, async () => {
      const file = await open(path, "r+");
      await closing(file, () => file.sync());
      await syncFolder(dirname(path));
    });
  }

  async truncate(name: string, size: number): Promise<void> {
    const path = this.path(name);
    await this.guard();
    await naming("write", path, () => truncate(path, size), causesInRun);
  }

  async list(prefix: string): Promise<string[]> {
    const path = prefix === "" ? this.folder : this.path(prefix);
    const names = await naming("list", path, () => filesUnder(path, prefix));
    return names.toSorted();
  }

  async remove(prefix: string): Promise<void> {
    const path = this.path(prefix);
    await this.guard();
    await naming("remove", path, () => rm(path, { recursive: true, force: true }), causesInRun);
    // Empty folders are removed; a folder with files of the user stays.
    for (let at = dirname(path); at.length > this.folder.length; at = dirname(at)) {
      const removed = await rmdir(at).then(
        () => true,
        () => false,
      );
      if (!removed) break;
    }
  }

  async has(name: string): Promise<boolean> {
    const path = this.path(name);
    return naming("look for", path, async () => (await kindOf(path)) === "file");
  }

  private path(name: string): string {
    checkName(name);
    return join(this.folder, ...name.split("/"));
  }
}

/** Replaces the content of a file atomically: it has the old content until all of the new is on disk. */
export function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  return placeFile(path, bytes, (draft) => rename(draft, path));
}

/** Creates a file atomically. Of several concurrent calls for one path, one succeeds. @throws An error with the code EEXIST if the path exists. */
export function createFile(path: string, bytes: Uint8Array): Promise<void> {
  return placeFile(path, bytes, async (draft) => {
    try {
      // Unlike a rename, a link never replaces an existing file.
      await link(draft, path);
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw error;
      // Not every file system supports links.
      await copyFile(draft, path, constants.COPYFILE_EXCL);
    }
    await rm(draft);
  });
}

/** Writes a draft next to the path, and renames it once it is on disk. */
async function placeFile(path: string, bytes: Uint8Array, place: (draft: string) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  const made = await makeFolders(folder);
  // Not derived from the file's name, which may already have the maximum length.
  const draft = join(folder, `.zaya-${randomUUID()}.tmp`);
  try {
    const file = await open(draft, "wx");
    await closing(file, async () => {
      await file.writeFile(bytes);
      await file.sync();
    });
    await place(draft);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    await removeEmpty(made);
    throw error;
  }
  // The name of a file, or of a folder created for it, is stored in the parent folder, which must be synced too.
  const top = made.length === 0 ? folder : dirname(made[0]!);
  for (let at = folder; at.length >= top.length && at !== dirname(at); at = dirname(at)) await syncFolder(at);
}

/**
 * Creates a folder and its missing parents one by one: with `recursive`, Node would loop forever in a location that takes
 * no folders, such as /proc. If one cannot be created, none is left. Returns those that were created, topmost first.
 */
export async function makeFolders(folder: string): Promise<readonly string[]> {
  const made: string[] = [];
  const missing: string[] = [];
  for (let at = folder; (await kindOf(at)) === "nothing" && at !== dirname(at); at = dirname(at)) missing.unshift(at);
  for (const path of missing) {
    try {
      await mkdir(path);
      made.push(path);
    } catch (error) {
      if (codeOf(error) === "EEXIST") continue;
      await removeEmpty(made);
      throw error;
    }
  }
  // The path may have existed before: a file, or a dangling link.
  if ((await kindOf(folder)) === "folder") return made;
  throw Object.assign(new Error(`no folder: ${folder}`), { code: "ENOTDIR", syscall: "mkdir" });
}

/** Removes empty folders. @param folders Topmost first. */
async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders.toReversed()) await rmdir(folder).catch(() => undefined);
}

/** Whether a name is that of a temporary file. */
export function isDraft(name: string): boolean {
  return /^\.zaya-[0-9a-f-]{36}\.tmp$/.test(name);
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
  // The process that trains the run may have removed the folder since.
  const entries = await readdir(path).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  for (const entry of entries) {
    if (entry.startsWith(".")) continue;
    append(names, await filesUnder(join(path, entry), name === "" ? entry : `${name}/${entry}`));
  }
  return names;
}

async function kindOf(path: string): Promise<"file" | "folder" | "nothing"> {
  const found = await statOf(path);
  if (found === null) return "nothing";
  return found.isDirectory() ? "folder" : "file";
}

/** Null if there is nothing at the path. */
async function statOf(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return null;
    throw error;
  }
}

/** Explanations of the system's error codes, and what to do. */
export type Causes = Readonly<Record<string, readonly [rule: string, hint: string]>>;

const causes: Causes = {
  ENOSPC: ["the disk must have room", "the disk is full: free some space, or write to another one"],
  EDQUOT: ["the disk must have room", "your quota on this disk is used up: free some space, or write to another one"],
  EACCES: [
    "access to the path must be allowed",
    "permission denied: change the owner or mode, or choose another folder",
  ],
  EPERM: ["access to the path must be allowed", "the system does not permit it here: choose another folder"],
  EROFS: ["the disk must be writable", "it is mounted read-only: choose a folder on another disk"],
  EEXIST: ["the path must be free", "a file with that name exists and was not changed"],
  ENAMETOOLONG: ["a name must be at most 255 bytes long, and a path 4095", "choose a shorter name"],
  ENOENT: ["the file must exist", "check the path, or whether another program removed it"],
  ENOTDIR: [
    "each parent of the path must be a folder",
    "one of them is a file, or a link to a missing path: choose another path",
  ],
  EISDIR: ["the path must be a file", "it is a folder: choose another name"],
};

/** Explanations of the same codes when something new is created. */
const causesOfMaking: Causes = {
  ENOENT: ["the folder must accept new files", "it was removed meanwhile, or accepts none: choose another folder"],
};
const making = ["write", "append", "lock", "train"];

/** The same for an existing run, which can only be written in place. */
export const causesInRun: Causes = {
  EROFS: [
    "the disk must be writable",
    "it is mounted read-only: copy the run to another disk, cp -r RUN FOLDER, and use the copy",
  ],
  EACCES: [
    "the run must be writable",
    "permission denied: change its owner or mode, or copy the run, cp -r RUN FOLDER, and use the copy",
  ],
};

/**
 * Runs `body`; an error of the file system becomes a RunError that names the path and says what to do.
 * @param special Explanations of codes that have a special meaning here.
 */
export async function naming<T>(what: string, path: string, body: () => Promise<T>, special: Causes = {}): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    const [rule, hint] = special[code] ??
      (making.includes(what) ? causesOfMaking[code] : undefined) ??
      causes[code] ?? ["the file system must answer", (error as Error).message];
    throw new RunError(`cannot ${what}: ${rule} - got ${code} for ${path}`, hint);
  }
}

/** The system's code of an error (`ENOENT`), if it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error && "code" in error ? String(error.code) : undefined;
}
