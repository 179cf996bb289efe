import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, read, readSync } from "node:fs";
import { promisify } from "node:util";

import type { ByteSource } from "../base/byte-source.ts";
import { changed } from "./read-file.ts";

/** Closes the files of sources that were garbage-collected. */
const unused = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));
const readAt = promisify(read);
const hashedAtOnce = 2 ** 24;
/** Maximum number of bytes per read call. */
const maxAtOnce = 2 ** 26;

/** A regular file whose ranges are read on demand. It is kept open, so the path may be moved or replaced meanwhile. */
export class FileSource implements ByteSource {
  readonly length: number;
  private readonly descriptor: number;
  private readonly modified: number;
  private known: string | undefined;

  constructor(private readonly path: string) {
    this.descriptor = openSync(path, "r");
    unused.register(this, this.descriptor);
    const { size, mtimeMs } = fstatSync(this.descriptor);
    this.length = size;
    this.modified = mtimeMs;
  }

  async read(from: number, into: Uint8Array): Promise<void> {
    this.requireUnchanged();
    for (let at = 0; at < into.length;) {
      const { bytesRead } = await readAt(this.descriptor, into, at, Math.min(maxAtOnce, into.length - at), from + at);
      at += this.counted(bytesRead, from + at);
    }
  }

  digest(): string {
    if (this.known !== undefined) return this.known;
    const hash = createHash("sha256");
    const part = new Uint8Array(Math.min(hashedAtOnce, this.length));
    for (let at = 0; at < this.length; at += part.length) {
      const piece = part.subarray(0, Math.min(part.length, this.length - at));
      for (let done = 0; done < piece.length;) {
        done += this.counted(readSync(this.descriptor, piece, done, piece.length - done, at + done), at + done);
      }
      hash.update(piece);
    }
    return (this.known = hash.digest("hex"));
  }

  /** @throws DataError if the file ends before the requested range does. */
  private counted(count: number, at: number): number {
    if (count === 0) throw changed(this.path, `${at} of ${this.length} bytes`);
    return count;
  }

  private requireUnchanged(): void {
    const { size, mtimeMs } = fstatSync(this.descriptor);
    if (size === this.length && mtimeMs === this.modified) return;
    throw changed(this.path, `${size} bytes instead of ${this.length}, or other contents`);
  }
}
