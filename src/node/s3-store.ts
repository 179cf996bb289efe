import { randomUUID } from "node:crypto";

import { concatBytes } from "../base/bytes.ts";
import { RunError } from "../base/errors.ts";
import { type Store, checkName } from "../base/store.ts";
import { Bucket, type ObjectFacts, parseBucketPlace } from "./bucket.ts";

// Objects in S3 cannot be appended to. Appended bytes are stored in separate objects, NAME/.pieces/WRITER/OFFSET, which belong to
// the version of the object NAME that WRITER wrote. Replacing that object, a single request, makes all of them obsolete.

/** Bytes per request when a long object is read. */
const chunkSize = 8 * 2 ** 20;

/** Maximum number of appended bytes that are buffered until `sync`. */
const heldBytes = 2 ** 20;

/** Pieces are merged once there are this many and they hold more than this fraction of all bytes: each byte is written about ten times at most. */
const [manyPieces, longShare] = [64, 0.1];

/** Seconds between two updates of a run's record, because each one is a request, which costs money. */
const progressPause = 30;

/** The tail of an object that this store appends to. */
interface Tail {
  readonly writer: string;
  readonly base: number;
  end: number;
  pieces: number;
}

/**
 * A store in an S3-compatible bucket, one object per name. Appended bytes are buffered until `sync` or any other
 * operation. A store with a lock is the only writer of its location: it lists the objects once and keeps track of
 * them from then on.
 * @throws RunError naming the object, with what to do, for requests that the server rejects.
 */
export class S3Store implements Store {
  readonly progressEvery = progressPause;
  private readonly bucket: Bucket;
  private readonly prefix: string;
  /** Sizes of the objects by key; null if there are other writers, and before the first listing. */
  private known: Promise<Map<string, number>> | null = null;
  private readonly held = new Map<string, Uint8Array[]>();
  private readonly tails = new Map<string, Tail>();
  /** The last change; changes run one after another. */
  private last: Promise<unknown> = Promise.resolve();

  /** @param lock The lock of the only writer, checked before each change; the check throws if this process may no longer write there. */
  constructor(
    readonly place: string,
    private readonly lock: (() => Promise<void>) | null = null,
  ) {
    const { bucket, prefix } = parseBucketPlace(place);
    this.bucket = new Bucket(bucket);
    this.prefix = prefix;
  }

  async read(name: string): Promise<Uint8Array> {
    checkName(name);
    return (await this.inTurn(name, () => this.whole(name))).bytes;
  }

  async *chunks(name: string): AsyncGenerator<Uint8Array> {
    checkName(name);
    const facts = await this.inTurn(name, () => this.bucket.head(this.key(name)));
    if (facts === null) throw missing(this.url(name));
    if (facts.appended || facts.size <= chunkSize) {
      yield await this.read(name);
      return;
    }
    for (let from = 0; from < facts.size; from += chunkSize) {
      const found = await this.bucket.get(this.key(name), [from, Math.min(facts.size, from + chunkSize)]);
      if (found?.facts.etag !== facts.etag) {
        throw new RunError(`store: ${this.url(name)} was changed while it was read`);
      }
      yield found.bytes;
    }
  }

  async size(name: string): Promise<number | null> {
    checkName(name);
    return this.inTurn(name, async () => {
      const objects = await this.objects();
      if (objects !== null && !hasPieces(objects, this.key(name))) return objects.get(this.key(name)) ?? null;
      const facts = await this.bucket.head(this.key(name));
      if (facts === null || !facts.appended) return facts?.size ?? null;
      return (await this.piecesOf(name, facts)).reduce((sum, { size }) => sum + size, facts.size);
    });
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    checkName(name);
    const copy = concatBytes([bytes]);
    await this.lock?.();
    if (!this.tails.has(name) && !this.held.has(name)) {
      await this.put(this.key(name), copy);
      return;
    }
    await this.afterAll(async () => {
      this.held.delete(name);
      const tail = this.tails.get(name);
      this.tails.delete(name);
      await this.put(this.key(name), copy);
      if (tail !== undefined && tail.pieces > 0) await this.removePieces(name, tail.writer);
    });
  }

  async create(name: string, bytes: Uint8Array): Promise<void> {
    checkName(name);
    const copy = concatBytes([bytes]);
    await this.lock?.();
    if ((await this.put(this.key(name), copy, { if: "nothing" })) !== null) return;
    throw new RunError(
      `cannot write: the name must be free - got ${this.url(name)}, which exists`,
      "an object of that name exists and was not changed",
    );
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    checkName(name);
    await this.lock?.();
    const pieces = this.held.get(name) ?? [];
    pieces.push(concatBytes([bytes]));
    this.held.set(name, pieces);
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    if (size >= heldBytes) await this.flush(name);
  }

  async sync(name: string): Promise<void> {
    checkName(name);
    await this.lock?.();
    await this.flush(name);
    if ((await this.objects())?.has(this.key(name)) === true) return;
    const facts = await this.bucket.head(this.key(name));
    if (facts === null) throw missing(this.url(name));
    const tail = this.tails.get(name);
    if (tail !== undefined && facts.writer !== tail.writer) throw this.changed(name);
  }

  async truncate(name: string, size: number): Promise<void> {
    checkName(name);
    await this.lock?.();
    await this.inTurn(name, async () => {
      const { bytes, facts } = await this.whole(name);
      this.tails.delete(name);
      await this.replace(name, bytes.slice(0, size), facts);
    });
  }

  async list(prefix: string): Promise<string[]> {
    if (prefix !== "") checkName(prefix);
    await this.flushAll();
    return (await this.keysUnder(prefix)).filter((name) => !isHidden(name)).toSorted();
  }

  async remove(prefix: string): Promise<void> {
    checkName(prefix);
    await this.lock?.();
    await this.afterAll(async () => {
      for (const known of [this.held, this.tails]) {
        for (const name of known.keys()) if (name === prefix || name.startsWith(`${prefix}/`)) known.delete(name);
      }
      const names = await this.keysUnder(prefix);
      // Objects are removed before their pieces, which are obsolete once the object is gone.
      const ordered = names.toSorted((a, b) => Number(isHidden(a)) - Number(isHidden(b)));
      for (const name of ordered) await this.delete(this.prefix + name);
    });
  }

  async has(name: string): Promise<boolean> {
    checkName(name);
    return this.inTurn(name, async () => {
      const objects = await this.objects();
      return objects === null ? (await this.bucket.head(this.key(name))) !== null : objects.has(this.key(name));
    });
  }

  /** Writes all buffered bytes. */
  async flushAll(): Promise<void> {
    for (const name of this.held.keys()) await this.flush(name);
  }

  private key(name: string): string {
    return this.prefix + name;
  }

  private url(name: string): string {
    return `s3://${this.bucket.name}/${this.key(name)}`;
  }

  /** Sizes of all objects under the location, by key; null for a store that is not the only writer. */
  private objects(): Promise<Map<string, number>> | null {
    if (this.lock === null) return null;
    this.known ??= this.bucket.list(this.prefix).then((all) => new Map(all.map(({ key, size }) => [key, size])));
    this.known.catch(() => (this.known = null));
    return this.known;
  }

  /** The objects whose keys have a prefix. */
  private async listed(prefix: string): Promise<readonly { readonly key: string; readonly size: number }[]> {
    const objects = await this.objects();
    if (objects === null) return this.bucket.list(prefix);
    return [...objects].filter(([key]) => key.startsWith(prefix)).map(([key, size]) => ({ key, size }));
  }

  private async put(...[key, bytes, settings]: Parameters<Bucket["put"]>): ReturnType<Bucket["put"]> {
    const written = await this.changing(() => this.bucket.put(key, bytes, settings));
    if (written === null) this.known = null;
    else (await this.known)?.set(key, bytes.length);
    return written;
  }

  private async delete(key: string): Promise<void> {
    await this.changing(() => this.bucket.delete(key));
    (await this.known)?.delete(key);
  }

  /** After an error it is unknown what the server did, so the objects are listed again. */
  private async changing<T>(body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      this.known = null;
      throw error;
    }
  }

  private changed(name: string): RunError {
    return new RunError(
      `store: ${this.url(name)} must have only one writer, but another one changed it`,
      "another process writes to this run: stop one of them, and continue the run with zaya resume",
    );
  }

  private afterAll<T>(body: () => Promise<T>): Promise<T> {
    const turn = this.last.then(body);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** Runs `body` after the buffered bytes of a name have been written. */
  private async inTurn<T>(name: string, body: () => Promise<T>): Promise<T> {
    if (this.held.has(name)) await this.flush(name);
    return body();
  }

  private flush(name: string): Promise<void> {
    return this.afterAll(async () => {
      const pieces = this.held.get(name);
      if (pieces === undefined) return;
      // Bytes appended meanwhile wait for the next flush.
      this.held.set(name, []);
      const bytes = concatBytes(pieces);
      try {
        await this.appendNow(name, bytes);
      } catch (error) {
        this.held.set(name, [bytes, ...(this.held.get(name) ?? [])]);
        throw error;
      }
      if (this.held.get(name)?.length === 0) this.held.delete(name);
    });
  }

  private async appendNow(name: string, bytes: Uint8Array): Promise<void> {
    const tail = this.tails.get(name) ?? (await this.findTail(name));
    if (tail === null) {
      await this.begin(name, bytes, "nothing");
      return;
    }
    this.tails.set(name, tail);
    if (bytes.length === 0) return;
    const piece = `${this.key(name)}/${pieceName(tail.writer, tail.end)}`;
    if ((await this.put(piece, bytes, { if: "nothing" })) === null) throw this.changed(name);
    tail.end += bytes.length;
    tail.pieces++;
    if (tail.pieces >= manyPieces && tail.end - tail.base > longShare * tail.end) {
      const whole = await this.whole(name);
      await this.replace(name, whole.bytes, whole.facts);
    }
  }

  /** The tail of an object, to which pieces can be added; null if the object does not exist. */
  private async findTail(name: string): Promise<Tail | null> {
    const facts = await this.bucket.head(this.key(name));
    if (facts === null) return null;
    if (!facts.appended || facts.writer === null) {
      const { bytes } = await this.whole(name);
      await this.replace(name, bytes, facts);
      return this.tails.get(name)!;
    }
    const pieces = await this.piecesOf(name, facts);
    const end = pieces.reduce((sum, { size }) => sum + size, facts.size);
    return { writer: facts.writer, base: facts.size, end, pieces: pieces.length };
  }

  /** Writes an object to which pieces can be added. */
  private async begin(name: string, bytes: Uint8Array, condition: "nothing" | { etag: string }): Promise<void> {
    const writer = randomUUID();
    const put = await this.put(this.key(name), bytes, { writer, appended: true, if: condition });
    if (put === null) throw this.changed(name);
    this.tails.set(name, { writer, base: bytes.length, end: bytes.length, pieces: 0 });
  }

  /** Replaces an object and its pieces. */
  private async replace(name: string, bytes: Uint8Array, { etag, writer, appended }: ObjectFacts): Promise<void> {
    await this.begin(name, bytes, { etag });
    if (appended && writer !== null) await this.removePieces(name, writer);
  }

  /** All bytes of a name, and the metadata of its object, which holds at least the first of them. */
  private async whole(name: string): Promise<{ readonly bytes: Uint8Array; readonly facts: ObjectFacts }> {
    for (;;) {
      const found = await this.bucket.get(this.key(name));
      if (found === null) throw missing(this.url(name));
      const { bytes, facts } = found;
      if (!facts.appended) return { bytes, facts };
      const pieces = await this.piecesOf(name, facts);
      const contents = await Promise.all(pieces.map(({ key }) => this.bucket.get(key)));
      // Another process may have removed pieces after merging them into a new object.
      const now = await this.bucket.head(this.key(name));
      if (now?.writer !== facts.writer) continue;
      if (contents.includes(null)) throw this.changed(name);
      return { bytes: concatBytes([bytes, ...contents.map((content) => content!.bytes)]), facts };
    }
  }

  /** The pieces of an object in order, up to the first gap. */
  private async piecesOf(name: string, { writer, size: base }: ObjectFacts) {
    const under = `${this.key(name)}/${pieceFolder(writer!)}`;
    const found = (await this.listed(under)).toSorted((a, b) => (a.key < b.key ? -1 : 1));
    let end = base;
    const pieces = [];
    for (const { key, size } of found) {
      if (key !== `${this.key(name)}/${pieceName(writer!, end)}`) break;
      pieces.push({ key, size });
      end += size;
    }
    return pieces;
  }

  private async removePieces(name: string, writer: string): Promise<void> {
    for (const { key } of await this.listed(`${this.key(name)}/${pieceFolder(writer)}`)) await this.delete(key);
  }

  /** Names of all objects at or under a prefix of whole parts, including hidden ones. */
  private async keysUnder(prefix: string): Promise<string[]> {
    const names = (await this.listed(this.prefix + prefix)).map(({ key }) => key.slice(this.prefix.length));
    return prefix === "" ? names : names.filter((name) => name === prefix || name.startsWith(`${prefix}/`));
  }
}

/** Whether there are pieces of any version of an object. */
function hasPieces(objects: ReadonlyMap<string, number>, key: string): boolean {
  const under = `${key}/.pieces/`;
  return [...objects.keys()].some((known) => known.startsWith(under));
}

/** Names of zaya's own objects: pieces and locks. Some programs mark folders by objects that end with "/". */
function isHidden(name: string): boolean {
  return name.split("/").some((part) => part.startsWith(".") || part === "");
}

function pieceFolder(writer: string): string {
  return `.pieces/${writer}/`;
}

const offsetDigits = 15;

function pieceName(writer: string, offset: number): string {
  return `${pieceFolder(writer)}${String(offset).padStart(offsetDigits, "0")}`;
}

function missing(url: string): RunError {
  return new RunError(`store: there is no object ${url}`);
}
