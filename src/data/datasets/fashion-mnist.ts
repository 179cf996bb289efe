import { mnistParts, openMnistFiles } from "./mnist-files.ts";
import type { FileDataset } from "./named.ts";

/**
 * Clothing in the format of MNIST: 60,000 training and 10,000 test images, grey, `[28, 28, 1]`, ten classes (t-shirt,
 * trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot).
 * @source Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms",
 * arXiv 1708.07747.
 */
export const fashionMnist: FileDataset = {
  origin: "files",
  name: "fashion-mnist",
  description: "clothing, 28 x 28 grey; needs --data-dir, see docs/data.md",
  declares: ["labels"],
  home: {
    kind: "variable",
    variable: "ZAYA_FASHION_MNIST",
    advice: "on Debian, apt install dataset-fashion-mnist puts its files in /usr/share/datasets/fashion-mnist",
  },
  parts: mnistParts,
  open: (read) => openMnistFiles("fashion-mnist", read),
};
