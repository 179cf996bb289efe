import { type NdArray, type Shape, zeros } from "../../base/ndarray.ts";
import { type DataSplit, type Dataset, checkedIndex, fingerprintOf } from "../dataset.ts";
import { drawnImages } from "../drawn-images.ts";
import { pairDataset } from "../pairs.ts";
import { mnist } from "./mnist.ts";
import type { FileDataset } from "./named.ts";

/** Side in pixels of both images of a pair: a digit with a border of two pixels. */
export const side = 32;
const margin = 2;

/** Draws an image from a digit, grey `[32, 32]` with values in [0, 1] and background 0. */
export type Draw = (digit: Float32Array, label: number) => Float32Array;

/** Definition of a data set of pairs with known targets. */
export interface DigitPairs {
  readonly name: string;
  readonly description: string;
  readonly channels: 1 | 3;
  readonly a: Draw;
  readonly b: Draw;
}

/** Pairs that can also be drawn from digits already in memory, for example a subset of MNIST. */
export interface DigitPairDataset extends FileDataset {
  /** @param digits Grey images `[28, 28, 1]` with labels. */
  from(digits: DataSplit): DataSplit;
}

/** The digit unchanged. */
export const unchangedDigit: Draw = (digit) => digit;

/**
 * Aligned pairs `[2, 32, 32, c]` whose images are both drawn from one MNIST digit when they are read: training pairs
 * from training digits, test pairs from test digits. Labels are those of the digits.
 */
export function digitPairs({ name, description, channels, a, b }: DigitPairs): DigitPairDataset {
  const pairs = (digits: Dataset): Dataset =>
    pairDataset(name, {
      a: drawnFrom(digits, `${name}, A`, channels, a),
      b: drawnFrom(digits, `${name}, B`, channels, b),
      aligned: true,
    });
  const from = ({ train, test }: DataSplit): DataSplit => ({ train: pairs(train), test: pairs(test) });
  return {
    origin: "files",
    name,
    description: `${description}, aligned, 32 x 32`,
    declares: ["labels", "pairs"],
    home: mnist.home,
    parts: mnist.parts,
    open: async (read) => from(await mnist.open(read)),
    from,
  };
}

function drawnFrom(digits: Dataset, name: string, channels: number, draw: Draw): Dataset {
  const { size, labels } = digits;
  const shape: Shape = [side, side, channels];
  const read = async (indices: ArrayLike<number>): Promise<NdArray<"float32">> => {
    const items = Array.from(indices, (index) => checkedIndex({ name, size }, index));
    const digit = (await digits.read(items)).data;
    const out = zeros([items.length, ...shape]);
    items.forEach((item, n) => {
      const image = draw(padded(digit.subarray(n * inner * inner, (n + 1) * inner * inner)), labels![item]!);
      out.data.set(image, n * image.length);
    });
    return out;
  };
  const digest = (): string => fingerprintOf(`${name} ${digits.fingerprint}`);
  return drawnImages({ name, shape, size, labels, read, digest });
}

const inner = side - 2 * margin;

function padded(digit: Float32Array): Float32Array {
  const out = new Float32Array(side * side);
  for (let y = 0; y < inner; y++) {
    out.set(digit.subarray(y * inner, (y + 1) * inner), (y + margin) * side + margin);
  }
  return out;
}
