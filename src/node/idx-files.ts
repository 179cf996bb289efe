import { basename, dirname, join } from "node:path";

import { DataError } from "../base/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { type NamedBytes, idxDataset } from "../data/idx-dataset.ts";
import { readZippedOrNot } from "./read-file.ts";

/** Images of an IDX file, and those to test on where they lie beside. */
export interface IdxImages {
  readonly train: Dataset;
  readonly test: Dataset | null;
}

/**
 * `train-images*` beside `t10k-images*` are the two parts of one data set, and labels are read where they lie beside: all
 * of them zipped or not.
 * @throws DataError when a file is damaged, or the parts do not fit.
 */
export async function openIdx(path: string, bytes: Uint8Array): Promise<IdxImages> {
  const name = basename(path);
  const train = idxDataset(name, { file: name, bytes }, await labelsBeside(path));
  const file = unzippedName(path).replace(/^train-images/, "t10k-images");
  const testPath = join(dirname(path), file);
  const testBytes = file === unzippedName(path) ? null : await readZippedOrNot(testPath);
  if (testBytes === null) return { train, test: null };
  const test = idxDataset(file, { file, bytes: testBytes }, await labelsBeside(testPath));
  if (test.shape.join() !== train.shape.join()) {
    throw new DataError(
      `openData: both parts must have items of one shape - got ${train.shape.join(" x ")} in ${name} and ${test.shape.join(" x ")} in ${file}`,
    );
  }
  return { train, test };
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
