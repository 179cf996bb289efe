/** Bytes that are read where they are wanted, wherever they lie: a file that is not held in memory. */
export interface ByteSource {
  readonly length: number;
  /** Fills `into` with the bytes from `from` on. @throws DataError when they are no longer as they were. */
  read(from: number, into: Uint8Array): void;
  /** Begins to read what is soon asked for, so that nobody waits for it. */
  prefetch(from: number, length: number): void;
  /** SHA-256 of all bytes, hex. */
  digest(): string;
}
