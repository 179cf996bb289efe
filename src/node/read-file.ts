import { type Stats, constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

import { concatBytes } from "../base/bytes.ts";
import { DataError } from "../base/errors.ts";
import { gibibytes } from "../base/gibibytes.ts";
import { codeOf } from "./folder-store.ts";
import { availableMemory } from "./memory.ts";

export interface ReadLimits {
  /** Maximum number of bytes in memory, after decompression. Default: 2 GiB, or the available memory if that is less. */
  readonly bytes?: number;
  /** Hint for a file that is larger. */
  readonly hint?: string;
}

/** An open regular file, with its size and time of modification when it was opened. */
export interface RegularFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly size: number;
  readonly modified: number;
}

const maxBytes = 2 ** 31;
const chunkSize = 2 ** 20;
const wholeChunk = 2 ** 26;
/** Maximum ratio of expansion. Real tables and images stay below it; a file of one repeated value reaches 1030. */
const maxExpansion = 32;
/** Size up to which the expansion of a gzip file is not limited. */
const freeExpansion = 2 ** 26;

/**
 * Opens a regular file; null if it does not exist.
 * Reading a named pipe or a device such as /dev/zero might never end: both are refused before they are opened.
 * @throws DataError if it cannot be opened, or is a folder, a pipe, a device or a socket.
 */
export async function openRegular(path: string): Promise<RegularFile | null> {
  try {
    requireRegular(path, await stat(path));
    // Non-blocking, in case a pipe has taken the file's place.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = await handle.stat();
      requireRegular(path, found);
      return { path, handle, size: found.size, modified: found.mtimeMs };
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (code === undefined) throw error;
    throw new DataError(`${path} must be readable - got ${code}`);
  }
}

function requireRegular(path: string, found: Stats): void {
  if (found.isFile()) return;
  const kind = found.isDirectory()
    ? "a folder"
    : found.isFIFO()
      ? "a pipe"
      : found.isSocket()
        ? "a socket"
        : "a device";
  throw new DataError(
    `${path} must be a file - got ${kind}`,
    kind === "a pipe" ? "write its output to a file first" : undefined,
  );
}

/** @throws DataError if the file has changed since it was opened. */
export async function requireUnchanged({ path, handle, size, modified }: RegularFile, read: number): Promise<void> {
  const now = await handle.stat();
  if (read === size && now.size === size && now.mtimeMs === modified) return;
  const got = read < size ? `${read} of ${size} bytes` : `${now.size} bytes instead of ${size}, or other contents`;
  throw changed(path, got);
}

export function changed(path: string, got: string): DataError {
  return new DataError(
    `${path} must not change while it is read - got ${got}`,
    "wait until the program writing it has finished",
  );
}

/**
 * The bytes of a file in chunks, decompressed if it is gzipped; null if it does not exist.
 * @throws DataError as `openRegular`; while iterating, if the file is damaged, changes, or exceeds its limits.
 */
export async function readChunks(path: string, limits: ReadLimits = {}): Promise<AsyncGenerator<Uint8Array> | null> {
  const file = await openRegular(path);
  return file === null ? null : chunksOf(file, limits);
}

async function* chunksOf(file: RegularFile, limits: ReadLimits): AsyncGenerator<Uint8Array> {
  try {
    yield* (await isZipped(file)) ? unzippedChunks(file, limits) : plainChunks(file, limits);
  } finally {
    await file.handle.close();
  }
}

/**
 * Reads up to `length` bytes at a position of the file into an array. @returns The number of bytes read.
 * @throws DataError if the disk fails.
 */
export async function readInto(
  { path, handle }: Pick<RegularFile, "path" | "handle">,
  bytes: Uint8Array,
  at: number,
  length: number,
  position: number,
): Promise<number> {
  try {
    return (await handle.read(bytes, at, length, position)).bytesRead;
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new DataError(
      `${path} must be readable - got ${code} at byte ${position}`,
      "the disk or the connection to it may be damaged: copy the file elsewhere",
    );
  }
}

export async function isZipped(file: RegularFile): Promise<boolean> {
  const start = new Uint8Array(2);
  await readInto(file, start, 0, 2, 0);
  return start[0] === 0x1f && start[1] === 0x8b;
}

async function* plainChunks(
  file: RegularFile,
  { bytes: most = Infinity, hint }: ReadLimits,
): AsyncGenerator<Uint8Array> {
  if (file.size > most) throw tooLarge(file.path, file.size, most, hint);
  let at = 0;
  while (at < file.size) {
    const chunk = new Uint8Array(Math.min(chunkSize, file.size - at));
    const bytesRead = await readInto(file, chunk, 0, chunk.length, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
  await requireUnchanged(file, at);
}

async function* unzippedChunks(file: RegularFile, limits: ReadLimits): AsyncGenerator<Uint8Array> {
  const { bytes: most = Infinity, hint } = limits;
  const expanded = Math.max(freeExpansion, maxExpansion * file.size);
  const gunzip = createGunzip({ chunkSize: 2 ** 17 });
  const feeding = pipeline(Readable.from(plainChunks(file, {})), gunzip).catch((error: unknown) => error);
  try {
    let at = 0;
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      at += chunk.length;
      if (at > most) throw tooLarge(file.path, null, most, hint);
      if (at > expanded) throw expandsTooFar(file, at);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(
      `${file.path} must be a whole gzip file - got ${(error as Error).message}`,
      "the file is damaged or truncated: download or copy it again",
    );
  } finally {
    gunzip.destroy();
    await feeding;
  }
}

function tooLarge(path: string, size: number | null, most: number, hint: string | undefined): DataError {
  const got = size === null ? "more after decompression" : gibibytes(size);
  return new DataError(`${path} must have at most ${gibibytes(most)} to be read into memory - got ${got}`, hint);
}

function expandsTooFar({ path, size }: RegularFile, at: number): DataError {
  return new DataError(
    `${path} must decompress to at most ${maxExpansion} times its size - got at least ${Math.floor(at / size)} times`,
    "a small file can expand until it fills the memory; if you trust it, decompress it yourself and pass the result",
  );
}

/** Default limit of the bytes in memory. */
export function defaultBytes(): number {
  return Math.min(maxBytes, availableMemory());
}

/**
 * The bytes of a data file, decompressed if it is gzipped; null if it does not exist.
 * @throws DataError if it is not a regular file, cannot be read, exceeds its limits, changes while it is read, or its compressed
 * data are damaged.
 */
export async function readIfThere(path: string, limits: ReadLimits = {}): Promise<Uint8Array | null> {
  const file = await openRegular(path);
  if (file === null) return null;
  try {
    return (await isZipped(file)) ? await unzipped(file, limits) : await plain(file, limits);
  } finally {
    await file.handle.close();
  }
}

/**
 * The bytes of a required file, without decompression.
 * @throws DataError as `readIfThere`, and if the file does not exist.
 */
export async function readRegular(path: string, limits: ReadLimits = {}): Promise<Uint8Array> {
  const file = await openRegular(path);
  if (file === null) throw new DataError(`there is no file ${path}`, "check the path");
  try {
    return await plain(file, limits);
  } finally {
    await file.handle.close();
  }
}

async function plain(file: RegularFile, { bytes: most = defaultBytes(), hint }: ReadLimits): Promise<Uint8Array> {
  if (file.size > most) throw tooLarge(file.path, file.size, most, hint);
  const bytes = new Uint8Array(file.size);
  let at = 0;
  while (at < file.size) {
    const bytesRead = await readInto(file, bytes, at, Math.min(wholeChunk, file.size - at), at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  await requireUnchanged(file, at);
  return bytes;
}

async function unzipped(file: RegularFile, { bytes = defaultBytes(), hint }: ReadLimits): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of unzippedChunks(file, { bytes, ...(hint !== undefined && { hint }) })) parts.push(part);
  return concatBytes(parts);
}

/** As `readIfThere`, under the given name or, if that does not exist, with `.gz` appended. */
export async function readZippedOrNot(path: string, limits: ReadLimits = {}): Promise<Uint8Array | null> {
  return (await readIfThere(path, limits)) ?? readIfThere(`${path}.gz`, limits);
}
