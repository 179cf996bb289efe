import { basename, dirname, join } from "node:path";

import { type NamedBytes, idxDatasets } from "../data/idx-dataset.ts";
import { type DataParts, requireOneShape } from "./data-parts.ts";
import { readZippedOrNot } from "./read-file.ts";

/**
 * Opens IDX files. `train-images*` next to `t10k-images*` are the two splits of one data set, and label files in the same
 * folder are read as well. Files may be gzipped.
 * @throws DataError if a file is damaged, or the splits do not fit each other.
 */
export async function openIdx(path: string, bytes: Uint8Array): Promise<DataParts> {
  const name = basename(path);
  const first = { name, images: { file: name, bytes }, labels: await labelsBeside(path) };
  const file = unzippedName(path).replace(/^train-images/, "t10k-images");
  const testPath = join(dirname(path), file);
  const testBytes = file === unzippedName(path) ? null : await readZippedOrNot(testPath);
  if (testBytes === null) return { train: idxDatasets([first])[0]!, test: null };
  const second = { name: file, images: { file, bytes: testBytes }, labels: await labelsBeside(testPath) };
  const [train, test] = idxDatasets([first, second]);
  requireOneShape({ train: train!, test: test! });
  return { train: train!, test: test! };
}

async function labelsBeside(path: string): Promise<NamedBytes | null> {
  const images = unzippedName(path);
  const file = images.replace("images", "labels").replace("idx3", "idx1");
  const bytes = file === images ? null : await readZippedOrNot(join(dirname(path), file));
  return bytes === null ? null : { file, bytes };
}

function unzippedName(path: string): string {
  return basename(path, ".gz");
}
