import { DataError } from "../../base/errors.ts";
import { formatShape } from "../../base/ndarray.ts";
import type { DataSplit, Dataset } from "../dataset.ts";
import { idxDataset } from "../idx-dataset.ts";

/** The four files of MNIST, and of data sets that were made to take its place. */
export const mnistParts = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
] as const;

type Read = (part: string) => Promise<Uint8Array>;

/** 60,000 grey images `[28, 28, 1]` to train on and 10,000 to test on. @throws DataError for files of other shapes. */
export async function openMnistFiles(name: string, read: Read): Promise<DataSplit> {
  // One after the other, so that of files that are not there the first is named.
  const train = await openPart(name, read, "train", 60_000);
  return { train, test: await openPart(name, read, "t10k", 10_000) };
}

async function openPart(name: string, read: Read, part: "train" | "t10k", size: number): Promise<Dataset> {
  const images = `${part}-images-idx3-ubyte`;
  const labels = `${part}-labels-idx1-ubyte`;
  const pixels = { file: images, bytes: await read(images) };
  const dataset = idxDataset(name, pixels, { file: labels, bytes: await read(labels) });
  const form = formatShape([dataset.size, ...dataset.shape]);
  const expected = formatShape([size, 28, 28, 1]);
  if (form !== expected) {
    throw new DataError(
      `${name}: ${images} must be ${expected} - got ${form}`,
      "give other data as a path to its IDX file",
    );
  }
  return dataset;
}
