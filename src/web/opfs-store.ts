import { OptionError, RunError } from "../base/errors.ts";
import { type Store, checkName } from "../base/store.ts";

/** An open file in a Worker, whose types differ from those of a page. */
interface Access {
  getSize(): number;
  write(bytes: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

interface WorkerFile {
  createSyncAccessHandle(): Promise<Access>;
}

/** The origin's folder with all runs. */
const home = "zaya";

/** Bytes per read. */
const chunkSize = 1 << 20;

/**
 * Files of a run in the origin private file system (OPFS), where they persist after the tab is closed. For Workers only, because pages
 * cannot write there in place.
 * @throws RunError when the browser has no such file system, or its storage is full. @throws OptionError for a name
 * that is not valid.
 */
export class OpfsStore implements Store {
  private constructor(
    private readonly name: string,
    private readonly root: FileSystemDirectoryHandle,
  ) {}

  /** Opens the store of this name, and creates it if there is none. */
  static async open(name: string): Promise<OpfsStore> {
    checkName(name);
    const top = await storage();
    const all = await top.getDirectoryHandle(home, { create: true });
    return new OpfsStore(name, await all.getDirectoryHandle(name, { create: true }));
  }

  /** Names of all stores, sorted. */
  static async names(): Promise<string[]> {
    const all = await (await storage()).getDirectoryHandle(home, { create: true });
    return (await entriesOf(all))
      .filter(({ kind }) => kind === "directory")
      .map(({ name }) => name)
      .toSorted();
  }

  /** Removes the store of this name with all its contents, if there is one. */
  static async delete(name: string): Promise<void> {
    checkName(name);
    const all = await (await storage()).getDirectoryHandle(home, { create: true });
    await all.removeEntry(name, { recursive: true }).catch(ignoreMissing);
  }

  async read(name: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.file(name)).arrayBuffer());
  }

  async *chunks(name: string): AsyncGenerator<Uint8Array> {
    const file = await this.file(name);
    for (let at = 0; at < file.size; at += chunkSize) {
      yield new Uint8Array(await file.slice(at, at + chunkSize).arrayBuffer());
    }
  }

  async size(name: string): Promise<number | null> {
    const handle = await this.find(name);
    return handle === null ? null : (await handle.getFile()).size;
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const handle = await this.make(name);
    await this.telling(name, async () => {
      // The file is replaced as a whole when the stream is closed.
      const stream = await handle.createWritable();
      await stream.write(bytes as Uint8Array<ArrayBuffer>);
      await stream.close();
    });
  }

  async create(name: string, bytes: Uint8Array): Promise<void> {
    await navigator.locks.request(`${home}/${this.name}/${name}`, async () => {
      if ((await this.find(name)) !== null) {
        throw new RunError(`store: the name must be free - got ${name}, which is taken`);
      }
      await this.write(name, bytes);
    });
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    const handle = await this.make(name);
    await this.inPlace(name, handle, (access) => {
      access.write(bytes as Uint8Array<ArrayBuffer>, { at: access.getSize() });
    });
  }

  /** Nothing to do: writes in place are flushed immediately. */
  async sync(name: string): Promise<void> {
    await this.file(name);
  }

  async truncate(name: string, size: number): Promise<void> {
    const handle = await this.find(name);
    if (handle === null) throw missing(name);
    await this.inPlace(name, handle, (access) => access.truncate(Math.min(size, access.getSize())));
  }

  async list(prefix: string): Promise<string[]> {
    if (prefix !== "") checkName(prefix);
    const found: string[] = [];
    if (prefix !== "" && (await this.find(prefix)) !== null) found.push(prefix);
    const folder = prefix === "" ? this.root : await this.folder(prefix.split("/"), false);
    if (folder !== null) await listInto(found, folder, prefix === "" ? "" : `${prefix}/`);
    return found.toSorted();
  }

  async remove(prefix: string): Promise<void> {
    if (prefix === "") throw new OptionError("store: remove needs a prefix that is not empty");
    checkName(prefix);
    const parts = prefix.split("/");
    const folder = await this.folder(parts.slice(0, -1), false);
    await folder?.removeEntry(parts.at(-1)!, { recursive: true }).catch(ignoreMissing);
  }

  async has(name: string): Promise<boolean> {
    return (await this.find(name)) !== null;
  }

  private async file(name: string): Promise<File> {
    const handle = await this.find(name);
    if (handle === null) throw missing(name);
    return handle.getFile();
  }

  private async find(name: string): Promise<FileSystemFileHandle | null> {
    checkName(name);
    const parts = name.split("/");
    const folder = await this.folder(parts.slice(0, -1), false);
    return (await folder?.getFileHandle(parts.at(-1)!).catch(ignoreMissing)) ?? null;
  }

  private async make(name: string): Promise<FileSystemFileHandle> {
    checkName(name);
    const parts = name.split("/");
    const folder = await this.folder(parts.slice(0, -1), true);
    return this.telling(name, () => folder!.getFileHandle(parts.at(-1)!, { create: true }));
  }

  private async folder(parts: readonly string[], create: boolean): Promise<FileSystemDirectoryHandle | null> {
    let folder = this.root;
    for (const part of parts) {
      const next = create
        ? await folder.getDirectoryHandle(part, { create })
        : await folder.getDirectoryHandle(part).catch(ignoreMissing);
      if (next === undefined) return null;
      folder = next;
    }
    return folder;
  }

  private inPlace(name: string, handle: FileSystemFileHandle, change: (access: Access) => void): Promise<void> {
    return this.telling(name, async () => {
      const access = await (handle as unknown as WorkerFile).createSyncAccessHandle();
      try {
        change(access);
        access.flush();
      } finally {
        access.close();
      }
    });
  }

  private async telling<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { name: kind, message } = error as DOMException;
      if (kind !== "QuotaExceededError") throw new RunError(`store: ${name} could not be written - got ${message}`);
      throw new RunError(
        `store: the browser's storage has no room for ${name}`,
        "free some: remove other runs with OpfsStore.delete, or other sites' data",
      );
    }
  }
}

function storage(): Promise<FileSystemDirectoryHandle> {
  if (navigator.storage?.getDirectory === undefined) {
    throw new RunError(
      "store: the browser does not support the origin private file system (OPFS)",
      "use a MemoryStore, or a newer browser, and open the page by https or from localhost",
    );
  }
  return navigator.storage.getDirectory();
}

/** The entries of a folder, whose iterator is missing in some type libraries. */
async function entriesOf(folder: FileSystemDirectoryHandle): Promise<FileSystemHandle[]> {
  const entries: FileSystemHandle[] = [];
  const listed = folder as unknown as { values(): AsyncIterable<FileSystemHandle> };
  for await (const entry of listed.values()) entries.push(entry);
  return entries;
}

async function listInto(found: string[], folder: FileSystemDirectoryHandle, under: string): Promise<void> {
  for (const entry of await entriesOf(folder)) {
    if (entry.kind === "file") found.push(under + entry.name);
    else await listInto(found, entry as FileSystemDirectoryHandle, `${under}${entry.name}/`);
  }
}

function ignoreMissing(error: unknown): undefined {
  const { name } = error as DOMException;
  // A file where a folder is expected, or the other way round.
  if (name === "NotFoundError" || name === "TypeMismatchError") return undefined;
  throw error;
}

function missing(name: string): RunError {
  return new RunError(`store: got no file ${name}`);
}
