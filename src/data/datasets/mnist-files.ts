import { DataError } from "../../base/errors.ts";
import { formatShape } from "../../base/ndarray.ts";
import type { DataSplit, Dataset } from "../dataset.ts";
import { type IdxPart, idxDatasets } from "../idx-dataset.ts";

/** The four files of MNIST and its drop-in replacements. */
export const mnistParts = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
] as const;

type Read = (part: string) => Promise<Uint8Array>;

/** 60,000 training and 10,000 test images, grey, `[28, 28, 1]`. @throws DataError for files of other shapes. */
export async function openMnistFiles(name: string, read: Read): Promise<DataSplit> {
  // Sequentially, so that the first missing file is named.
  const parts = [await readPart(name, read, "train"), await readPart(name, read, "t10k")];
  const [train, test] = idxDatasets(parts);
  requireForm(train!, parts[0]!, 60_000);
  requireForm(test!, parts[1]!, 10_000);
  return { train: train!, test: test! };
}

async function readPart(name: string, read: Read, part: "train" | "t10k"): Promise<IdxPart> {
  const images = `${part}-images-idx3-ubyte`;
  const labels = `${part}-labels-idx1-ubyte`;
  return {
    name,
    images: { file: images, bytes: await read(images) },
    labels: { file: labels, bytes: await read(labels) },
  };
}

function requireForm({ name, size, shape }: Dataset, { images }: IdxPart, count: number): void {
  const form = formatShape([size, ...shape]);
  const expected = formatShape([count, 28, 28, 1]);
  if (form === expected) return;
  throw new DataError(
    `${name}: ${images.file} must be ${expected} - got ${form}`,
    "give other data as a path to its IDX file",
  );
}
