import { describe, expect, it } from "vitest";

import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import {
  type Dataset,
  type NumberType,
  arrayDataset,
  narrowRange,
  narrowRangeWarning,
  scaleOf,
} from "../../src/data/index.ts";

/** One-pixel images of the values, a number of them. */
function images(values: readonly number[], count = 600): Dataset {
  const data = Float32Array.from({ length: count }, (_, i) => values[i % values.length]!);
  return arrayDataset({
    name: "x",
    kind: "image",
    items: ndarray("float32", [count, 1, 1, 1], data) as NdArray<"float32">,
  });
}

async function warningOf(values: readonly number[], type: NumberType): Promise<string | null> {
  const range = await narrowRange(images(values));
  return range === null ? null : narrowRangeWarning(range, [scaleOf(type)!]);
}

describe("narrowRange", () => {
  it("is null of images with contrast, wherever it is", async () => {
    expect(await narrowRange(images([0, 1]))).toBeNull();
    expect(await narrowRange(images([...Array(500).fill(0.5), 0.76]))).toBeNull();
    expect(await narrowRange(images([...Array(500).fill(0.5), 0.74]))).toEqual({
      min: 0.5,
      max: expect.closeTo(0.74, 6),
    });
  });

  it.each([
    [
      [0, 1 / 255],
      "uint8",
      "all values lie from 0 to 0.0039 of [0, 1], 0 to 1 of uint8: a mask of 0 and 1 is saved as 255 * a",
    ],
    [[0, 15 / 255], "uint16", "0 to 3727 of uint16: numbers of 12 bits in 16? save 16 * a"],
    [[0, 63 / 255], "uint16", "numbers of 14 bits in 16? save 4 * a"],
    [[0, 4095 / 65535], "uint16", "0 to 4095 of uint16: numbers of 12 bits in 16? save 16 * a"],
    [[0, 1500 / 65535], "uint16", "0 to 1500 of uint16: numbers of 12 bits in 16? save 16 * a"],
    [[0, 4000 / 65535], "uint16", "0 to 4000 of uint16: numbers of 12 bits in 16? save 16 * a"],
    [[0, 255 / 65535], "uint16", "numbers of 8 bits in 16? save 256 * a"],
    [[0, 1023 / 65535], "uint16", "0 to 1023 of uint16: numbers of 10 bits in 16? save 64 * a"],
    [[0, 1 / 65535], "uint16", "0 to 1 of uint16: a mask of 0 and 1 is saved as 65535 * a"],
    // Of 8, 10 and 12 bits that were brought to 8 of 16: the nearest level may stand for a larger number.
    [[0, 1 / 255], "uint16", "0 to 129 of uint16: numbers of 8 bits in 16? save 256 * a"],
    [[0, 4 / 255], "uint16", "0 to 900 of uint16: numbers of 10 bits in 16? save 64 * a"],
    [[0, 16 / 255], "uint16", "0 to 3984 of uint16: numbers of 12 bits in 16? save 16 * a"],
    // Of 12 bits that were brought to 8 by rounding: 9 is level 1, and 16 would be more than there is.
    [[0, 1 / 255], "uint12", "0 to 9 of uint12: numbers of 8 bits in 12? save 16 * a"],
    [[0, 0], "uint16", "numbers of 8 bits in 16 are saved as 257 * a"],
    [[0, 3 / 255], "uint8", "numbers of 2 bits in 8? save 64 * a"],
    [[0, 0], "uint16", "all values are 0 of [0, 1], 0 to 0 of uint16: there is nothing to learn"],
    [[0.4, 0.5], "float32", "all values lie from 0.4 to 0.5 of [0, 1]: the contrast is too low to learn from"],
    [[0.4, 0.5], "uint8", "102 to 128 of uint8: the contrast is too low"],
  ] as const)("warns of %j as %s", async (values, type, expected) => {
    expect(await warningOf(values, type)).toContain(expected);
  });
});
