import { basename } from "node:path";

import { DataError } from "../base/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { npyDataset, npyFileDataset } from "../data/npy-dataset.ts";
import { FileSource } from "./file-source.ts";
import { isZipped, openRegular, readIfThere } from "./read-file.ts";

/** Size in bytes above which a file is not held in memory. */
const maxHeld = 2 ** 29;

/** Opens a NumPy file; the items of a large one are read on demand. @throws DataError if it is not valid. */
export async function openNpy(path: string): Promise<Dataset> {
  const name = basename(path);
  if (await isLarge(path)) return npyFileDataset(new FileSource(path), name);
  const hint = "decompress it: an uncompressed .npy file is read item by item";
  const bytes = await readIfThere(path, { hint });
  if (bytes === null) throw new DataError(`there is no file ${path}`);
  return npyDataset(bytes, name);
}

async function isLarge(path: string): Promise<boolean> {
  const file = await openRegular(path);
  if (file === null) return false;
  try {
    return file.size > maxHeld && !(await isZipped(file));
  } finally {
    await file.handle.close();
  }
}
