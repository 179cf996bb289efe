import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { DataError } from "../base/errors.ts";
import { codeOf } from "./folder-store.ts";

const unzip = promisify(gunzip);

/**
 * Bytes of a file of data, unzipped where they are gzipped; null where there is no such file.
 * @throws DataError when it cannot be read, or its zipped bytes are damaged.
 */
export async function readIfThere(path: string): Promise<Uint8Array | null> {
  const bytes = await readFile(path).catch((error: unknown) => {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new DataError(`openData: ${path} must be readable - got ${code ?? String(error)}`);
  });
  if (bytes === null || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return unzip(bytes).catch((error: Error) => {
    throw new DataError(
      `openData: ${path} must be a whole gzip file - got ${error.message}`,
      "the file is damaged or was cut: get it again",
    );
  });
}

/** The same under the name given, or where there is none under that name with `.gz`. */
export async function readZippedOrNot(path: string): Promise<Uint8Array | null> {
  return (await readIfThere(path)) ?? readIfThere(`${path}.gz`);
}
