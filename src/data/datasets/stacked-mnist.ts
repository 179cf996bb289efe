import { filled } from "../../base/filled.ts";
import { type NdArray, zeros } from "../../base/ndarray.ts";
import { fold, integers, key } from "../../base/random.ts";
import { type DataSplit, type Dataset, type Modes, checkedIndex, fingerprintOf } from "../dataset.ts";
import { drawnImages } from "../drawn-images.ts";
import { mnist } from "./mnist.ts";
import type { FileDataset } from "./named.ts";

const name = "stacked-mnist";
const channels = 3;
const classes = 10;
const modes: Modes = { kind: "digits", channels, classes };

/**
 * Three random digits as the red, green and blue channels of one image, `[28, 28, 3]`: 1000 modes, one for each triple
 * of classes. An item's label is its triple read as a number, red first: 0 to 999. 128,000 stacks of MNIST's training
 * digits, as many as in PacGAN, and 26,000 of its test digits, the number of samples on which modes are counted. The
 * digits of an item depend only on its split and index; images are composed when they are read.
 *
 * MNIST's classes are not equally frequent, so neither are the modes: the KL divergence of the triples from uniform is
 * 0.0043 nats, and counting 26,000 samples adds (1000 - 1) / (2 * 26,000) = 0.019 to the value of a perfect model.
 * @source Metz et al., "Unrolled Generative Adversarial Networks", arXiv 1611.02163; sizes after Lin et al., "PacGAN",
 * arXiv 1712.04086, and Srivastava et al., "VEEGAN", arXiv 1705.07761.
 */
export const stackedMnist: FileDataset = {
  origin: "files",
  name,
  description: "three digits as RGB channels, 28 x 28, 1000 modes",
  declares: ["labels", "modes"],
  home: mnist.home,
  parts: mnist.parts,
  async open(read): Promise<DataSplit> {
    const { train, test } = await mnist.open(read);
    return { train: stacks(train, "train", 128_000), test: stacks(test, "test", 26_000) };
  },
};

/** Stacks of random digits, drawn with replacement. */
function stacks(digits: Dataset, part: string, size: number): Dataset {
  const [height, width] = digits.shape as [number, number, number];
  const chosen = integers(fold(key(0), name, part), size * channels, digits.size);
  const shape = [height, width, channels];
  const labels = filled(new Int32Array(size), (item) => {
    const triple = chosen.subarray(item * channels, (item + 1) * channels);
    return triple.reduce((label, digit) => label * classes + digits.labels![digit]!, 0);
  });
  const read = async (indices: ArrayLike<number>): Promise<NdArray<"float32">> => {
    const items = Array.from(indices, (index) => checkedIndex({ name, size }, index));
    const layers = await digits.read(
      items.flatMap((item) => Array.from(chosen.subarray(item * channels, (item + 1) * channels))),
    );
    return interleaved(layers, [items.length, ...shape]);
  };
  const digest = (): string => fingerprintOf(`${name} ${part} ${size} ${digits.fingerprint}`);
  return drawnImages({ name, shape, size, labels, modes, read, digest });
}

/** Stacks groups of c consecutive grey images: [n * c, h, w, 1] to [n, h, w, c]. */
function interleaved(layers: NdArray<"float32">, shape: readonly number[]): NdArray<"float32"> {
  const out = zeros(shape);
  const [n, height, width] = shape as [number, number, number, number];
  const pixels = height * width;
  for (let layer = 0; layer < n * channels; layer++) {
    const item = Math.floor(layer / channels) * pixels * channels + (layer % channels);
    for (let i = 0; i < pixels; i++) out.data[item + i * channels] = layers.data[layer * pixels + i]!;
  }
  return out;
}
