import { createWriteStream, rmSync } from "node:fs";
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";

import { type Entry, type ZipFile, openPromise } from "yauzl";

import { DataError } from "../base/errors.ts";
import { gibibytes } from "../base/gibibytes.ts";
import { isPlain, recordFiles, shownFile } from "./run-files.ts";

/** Runs of a zip file, unpacked until `remove`. */
export interface ZippedRuns {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Limits on what is unpacked. */
interface ZipLimits {
  readonly bytes: number;
  readonly files: number;
}

const usualLimits: ZipLimits = { bytes: 2 * 2 ** 30, files: 200_000 };

/** Whether a file starts with the signature of a zip file, possibly an empty one. */
export async function isZip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && ["504b0304", "504b0506", "504b0708"].includes(buffer.toString("hex"));
  } finally {
    await file.close();
  }
}

/**
 * Unpacks what the studio shows of the runs in a zip file into a temporary folder: records, scalars, results, pictures,
 * reports and ONNX files. Checkpoints and files outside of runs are not unpacked.
 * @throws DataError for a damaged or encrypted file, for paths that lead out of it, and for more than the limits.
 */
export async function unpackRuns(path: string, limits = usualLimits): Promise<ZippedRuns> {
  const zip = await readable(path, () => openPromise(path, { autoClose: false }));
  try {
    const entries = await readable(path, () => shownEntries(path, zip, limits));
    const folder = await mkdtemp(join(tmpdir(), "zaya-zip-"));
    // The folder is also removed if a second Ctrl-C ends the process.
    const atExit = () => rmSync(folder, { recursive: true, force: true });
    process.once("exit", atExit);
    const remove = async (): Promise<void> => {
      process.off("exit", atExit);
      await rm(folder, { recursive: true, force: true });
    };
    try {
      for (const entry of entries) await readable(path, () => unpack(path, zip, entry, folder));
    } catch (error) {
      await remove();
      throw error;
    }
    return { folder, remove };
  } finally {
    zip.close();
  }
}

/** The entries to unpack: files of runs that the studio shows. All are checked against the limits before any is unpacked. */
async function shownEntries(path: string, zip: ZipFile, { bytes, files }: ZipLimits): Promise<Entry[]> {
  const found = new Map<string, Entry>();
  let size = 0;
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName;
    if (name.endsWith("/") || !isPlain(name) || !isShown(name)) continue;
    if (found.has(name)) throw new DataError(`${path}: must contain each file only once - got ${name} twice`);
    if (entry.isEncrypted()) {
      throw new DataError(`${path}: must not be encrypted - got ${name}, which is`, "zip the runs without a password");
    }
    if (!entry.canDecodeFileData()) {
      throw new DataError(
        `${path}: must be uncompressed or use Deflate - got ${name}, compressed by method ${entry.compressionMethod}`,
        "zip the runs again with default settings",
      );
    }
    size += entry.uncompressedSize;
    found.set(name, entry);
    if (size > bytes || found.size > files) {
      const got = size > bytes ? `more than ${gibibytes(bytes)}` : `more than ${files} files`;
      throw new DataError(
        `${path}: the displayed files of its runs must have at most ${gibibytes(bytes)} in ${files} files - got ${got}`,
        "unpack it yourself if you trust it, and open the folder: zaya studio DIR",
      );
    }
  }
  return [...found.values()];
}

/** Whether an entry is a file, of a run at any depth, that the page requests or the server reads. */
function isShown(name: string): boolean {
  const parts = name.split("/");
  return recordFiles.has(parts.at(-1)!) || shownFile.test(parts.at(-1)!) || shownFile.test(parts.slice(-2).join("/"));
}

async function unpack(path: string, zip: ZipFile, entry: Entry, folder: string): Promise<void> {
  const target = join(folder, entry.fileName);
  await mkdir(dirname(target), { recursive: true });
  let sum = 0;
  const summed = new Transform({
    transform: (chunk: Buffer, _, done) => {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
  });
  // On some file systems, names that differ only in case are the same file.
  await pipeline(await zip.openReadStreamPromise(entry), summed, createWriteStream(target, { flags: "wx" }));
  if (sum !== entry.crc32) {
    throw new DataError(
      `${path}: must be undamaged - got ${entry.fileName}, whose checksum differs`,
      "copy or download it again",
    );
  }
}

/** Runs an operation on the zip file and explains its errors. */
async function readable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DataError || !(error instanceof Error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC") {
      throw new DataError(
        `${path}: must fit on the disk of ${tmpdir()} - it is full`,
        "free some space, or set TMPDIR",
      );
    }
    if (code !== undefined && !code.startsWith("Z_")) {
      throw new DataError(`${path}: must be readable, and ${tmpdir()} writable - got ${code}`);
    }
    throw new DataError(
      `${path}: must be an undamaged zip file without paths leading out of it - got "${error.message}"`,
      "copy or download it again",
    );
  }
}
