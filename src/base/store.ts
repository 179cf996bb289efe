import { concatBytes } from "./bytes.ts";
import { OptionError, RunError } from "./errors.ts";

/**
 * Bytes by name: where a run keeps its record, checkpoints and pictures. Names are relative paths with "/", no part of
 * which is empty or begins with a dot. A prefix is whole parts of a name: "a/b" covers "a/b" and "a/b/c", never "a/bc".
 * A store never shares memory with its callers: bytes are copied on write and on read.
 */
export interface Store {
  /** Seconds between two updates of what only tells how far a run is, where a write is dear; 1 where it is not given. */
  readonly progressEvery?: number;
  /** @throws RunError when there is no such name. */
  read(name: string): Promise<Uint8Array>;
  /** The same in pieces, of what may be too long to hold. */
  chunks(name: string): AsyncIterable<Uint8Array>;
  /** Bytes that the name holds; null when there is no such name. */
  size(name: string): Promise<number | null>;
  /**
   * Replaces the contents of a name. Atomic and durable: a reader, even after a crash, finds either the old bytes or
   * the new ones.
   */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** The same for a name that holds nothing. @throws RunError when it is taken, by whatever it is; that is left as it was. */
  create(name: string, bytes: Uint8Array): Promise<void>;
  /** Adds to the end of what the name holds. Not atomic: after a crash the last piece may be cut or missing until `sync`. */
  append(name: string, bytes: Uint8Array): Promise<void>;
  /** Makes what was appended as durable as what was written. @throws RunError when there is no such name. */
  sync(name: string): Promise<void>;
  /** Leaves the first `size` bytes of what the name holds. @throws RunError when there is no such name. */
  truncate(name: string, size: number): Promise<void>;
  /** All names under a prefix, "" for all there are, sorted by code unit. */
  list(prefix: string): Promise<string[]>;
  /** Removes all names under a prefix; none is no error. @throws OptionError when the prefix is empty. */
  remove(prefix: string): Promise<void>;
  has(name: string): Promise<boolean>;
}

/** @throws OptionError when `name` could not be a name of every store. */
export function checkName(name: string): void {
  const badPart = name.split("/").some((part) => part === "" || part.startsWith("."));
  if (badPart || ["\\", ":", "\0"].some((character) => name.includes(character))) {
    throw new OptionError(
      `store: a name is parts joined by "/", none empty, beginning with a dot or holding \\ or : - got ${JSON.stringify(name)}`,
    );
  }
}

/** A store in memory, for runs without a folder. @throws RunError and OptionError as `Store` says. */
export class MemoryStore implements Store {
  /** In pieces, so that many small appends stay cheap; a read joins them. */
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

  /** Memory is as durable as it gets. */
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
