import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, read, readSync } from "node:fs";

import type { ByteSource } from "../base/byte-source.ts";
import { changed } from "./read-file.ts";

/** Closes the files of sources that were garbage-collected. */
const unused = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));
const hashedAtOnce = 2 ** 24;
/** Most bytes that are read ahead at one time. */
const maxAhead = 2 ** 26;

/** A regular file whose ranges are read on demand. It stays open, so it may be moved or replaced meanwhile. */
export class FileSource implements ByteSource {
  readonly length: number;
  private readonly descriptor: number;
  private readonly modified: number;
  private ahead = 0;
  private known: string | undefined;

  constructor(private readonly path: string) {
    this.descriptor = openSync(path, "r");
    unused.register(this, this.descriptor);
    const { size, mtimeMs } = fstatSync(this.descriptor);
    this.length = size;
    this.modified = mtimeMs;
  }

  read(from: number, into: Uint8Array): void {
    this.requireUnchanged();
    for (let at = 0; at < into.length;) {
      const count = readSync(this.descriptor, into, at, Math.min(2 ** 26, into.length - at), from + at);
      if (count === 0) throw changed(this.path, `${from + at} of ${this.length} bytes`);
      at += count;
    }
  }

  /** Into the system's memory, from where `read` has it at once. */
  prefetch(from: number, length: number): void {
    if (this.ahead + length > maxAhead) return;
    this.ahead += length;
    // An error here occurs again, and is reported, when the range is read.
    read(this.descriptor, new Uint8Array(length), 0, length, from, () => (this.ahead -= length));
  }

  digest(): string {
    if (this.known !== undefined) return this.known;
    const hash = createHash("sha256");
    const part = new Uint8Array(Math.min(hashedAtOnce, this.length));
    for (let at = 0; at < this.length; at += part.length) {
      const piece = part.subarray(0, Math.min(part.length, this.length - at));
      this.read(at, piece);
      hash.update(piece);
    }
    return (this.known = hash.digest("hex"));
  }

  private requireUnchanged(): void {
    const { size, mtimeMs } = fstatSync(this.descriptor);
    if (size === this.length && mtimeMs === this.modified) return;
    throw changed(this.path, `${size} bytes that were ${this.length}, or other ones`);
  }
}
