/** Bytes that are read on demand, such as a file that is not held in memory. */
export interface ByteSource {
  readonly length: number;
  /** Fills `into` with the bytes from `from` on. @throws DataError when they are no longer as they were. */
  read(from: number, into: Uint8Array): Promise<void>;
  /** SHA-256 of all bytes, hex. */
  digest(): string;
}
