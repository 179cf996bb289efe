/** Bytes that are read on demand, such as a file that is not held in memory. */
export interface ByteSource {
  readonly length: number;
  /** Fills `into` with the bytes that start at `from`. @throws DataError if the source has changed. */
  read(from: number, into: Uint8Array): Promise<void>;
  /** SHA-256 of all bytes, hex. */
  digest(): string;
}
