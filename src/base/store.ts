import { concatBytes } from "./bytes.ts";
import { OptionError, RunError } from "./errors.ts";

/**
 * Bytes by name: the storage of a run's record, checkpoints and pictures. Names are relative paths with "/", no part of
 * which is empty or starts with a dot. A prefix consists of whole parts: "a/b" covers "a/b" and "a/b/c", but not "a/bc".
 * A store never shares memory with its callers: bytes are copied on write and on read.
 */
export interface Store {
  /** Seconds between two writes of a run's progress, for stores in which writes are expensive; 1 if omitted. */
  readonly progressEvery?: number;
  /** @throws RunError if the name does not exist. */
  read(name: string): Promise<Uint8Array>;
  /** The same in chunks, for contents that may not fit in memory. */
  chunks(name: string): AsyncIterable<Uint8Array>;
  /** Number of bytes; null if the name does not exist. */
  size(name: string): Promise<number | null>;
  /**
   * Replaces the contents of a name. Atomic and durable: a reader, even after a crash, finds either the old bytes or
   * the new ones.
   */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** The same for a new name. @throws RunError if anything with that name exists, which is left unchanged. */
  create(name: string, bytes: Uint8Array): Promise<void>;
  /** Appends to the contents of a name. Not atomic: after a crash, bytes appended since the last `sync` may be truncated or missing. */
  append(name: string, bytes: Uint8Array): Promise<void>;
  /** Makes appended bytes as durable as written ones. @throws RunError if the name does not exist. */
  sync(name: string): Promise<void>;
  /** Truncates the contents to the first `size` bytes. @throws RunError if the name does not exist. */
  truncate(name: string, size: number): Promise<void>;
  /** All names under a prefix ("" for all names), sorted by code unit. */
  list(prefix: string): Promise<string[]>;
  /** Removes all names under a prefix, if there are any. @throws OptionError if the prefix is empty. */
  remove(prefix: string): Promise<void>;
  has(name: string): Promise<boolean>;
}

/** Whether requests to a store are expensive. If so, writes are postponed as long as nothing can be lost, and files that are only displayed are not read again. */
export function isExpensive({ progressEvery }: Store): boolean {
  return progressEvery !== undefined;
}

/** @throws OptionError if `name` is not valid in every store. */
export function checkName(name: string): void {
  const badPart = name.split("/").some((part) => part === "" || part.startsWith("."));
  if (badPart || ["\\", ":", "\0"].some((character) => name.includes(character))) {
    throw new OptionError(
      `store: a name must be parts joined by "/", none of which is empty, starts with a dot or contains \\ or : - got ${JSON.stringify(name)}`,
    );
  }
}

/** A store in memory, for runs without a folder. @throws RunError and OptionError as documented for `Store`. */
export class MemoryStore implements Store {
  /** In pieces, so that many small appends are cheap; reading joins them. */
  private readonly pieces = new Map<string, Uint8Array[]>();

  async read(name: string): Promise<Uint8Array> {
    checkName(name);
    const pieces = this.pieces.get(name);
    if (pieces === undefined) throw missing(name);
    const joined = concatBytes(pieces);
    this.pieces.set(name, [joined]);
    return joined.slice();
  }

  async *chunks(name: string): AsyncGenerator<Uint8Array> {
    yield await this.read(name);
  }

  async size(name: string): Promise<number | null> {
    checkName(name);
    return this.pieces.get(name)?.reduce((total, { length }) => total + length, 0) ?? null;
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    checkName(name);
    this.pieces.set(name, [concatBytes([bytes])]);
  }

  async create(name: string, bytes: Uint8Array): Promise<void> {
    checkName(name);
    if (this.pieces.has(name)) throw taken(name);
    this.pieces.set(name, [concatBytes([bytes])]);
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    checkName(name);
    const pieces = this.pieces.get(name);
    if (pieces === undefined) this.pieces.set(name, [concatBytes([bytes])]);
    else pieces.push(concatBytes([bytes]));
  }

  /** Nothing to do: memory cannot be made more durable. */
  async sync(name: string): Promise<void> {
    if (!(await this.has(name))) throw missing(name);
  }

  async truncate(name: string, size: number): Promise<void> {
    this.pieces.set(name, [(await this.read(name)).slice(0, size)]);
  }

  async list(prefix: string): Promise<string[]> {
    if (prefix !== "") checkName(prefix);
    const under = prefix === "" ? "" : `${prefix}/`;
    return [...this.pieces.keys()].filter((name) => name === prefix || name.startsWith(under)).toSorted();
  }

  async remove(prefix: string): Promise<void> {
    checkName(prefix);
    for (const name of await this.list(prefix)) this.pieces.delete(name);
  }

  async has(name: string): Promise<boolean> {
    checkName(name);
    return this.pieces.has(name);
  }
}

function missing(name: string): RunError {
  return new RunError(`store: got no file ${name}`);
}

function taken(name: string): RunError {
  return new RunError(`store: the name must be free - got ${name}, which is taken`);
}
