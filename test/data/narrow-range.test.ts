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
      "all values lie between 0 and 0.0039 on the scale from 0 to 1, 0 to 1 in uint8: save a mask of 0 and 1 as 255 * a",
    ],
    [[0, 15 / 255], "uint16", "0 to 3727 in uint16: if these are 12-bit numbers stored in 16 bits, save 16 * a"],
    [[0, 63 / 255], "uint16", "if these are 14-bit numbers stored in 16 bits, save 4 * a"],
    [[0, 4095 / 65535], "uint16", "0 to 4095 in uint16: if these are 12-bit numbers stored in 16 bits, save 16 * a"],
    [[0, 1500 / 65535], "uint16", "0 to 1500 in uint16: if these are 12-bit numbers stored in 16 bits, save 16 * a"],
    [[0, 4000 / 65535], "uint16", "0 to 4000 in uint16: if these are 12-bit numbers stored in 16 bits, save 16 * a"],
    [[0, 255 / 65535], "uint16", "if these are 8-bit numbers stored in 16 bits, save 256 * a"],
    [[0, 1023 / 65535], "uint16", "0 to 1023 in uint16: if these are 10-bit numbers stored in 16 bits, save 64 * a"],
    [[0, 1 / 65535], "uint16", "0 to 1 in uint16: save a mask of 0 and 1 as 65535 * a"],
    // Of 8, 10 and 12 bits that were brought to 8 of 16: the nearest level may stand for a larger number.
    [[0, 1 / 255], "uint16", "0 to 129 in uint16: if these are 8-bit numbers stored in 16 bits, save 256 * a"],
    [[0, 4 / 255], "uint16", "0 to 900 in uint16: if these are 10-bit numbers stored in 16 bits, save 64 * a"],
    [[0, 16 / 255], "uint16", "0 to 3984 in uint16: if these are 12-bit numbers stored in 16 bits, save 16 * a"],
    // Of 12 bits that were brought to 8 by rounding: 9 is level 1, and 16 would be more than there is.
    [[0, 1 / 255], "uint12", "0 to 9 in uint12: if these are 8-bit numbers stored in 12 bits, save 16 * a"],
    [[0, 0], "uint16", "if these are 8-bit numbers stored in 16 bits, save 257 * a"],
    [[0, 3 / 255], "uint8", "if these are 2-bit numbers stored in 8 bits, save 64 * a"],
    [
      [0, 0],
      "uint16",
      "all values are 0 on the scale from 0 to 1, 0 to 0 in uint16: the images contain no information",
    ],
    [
      [0.4, 0.5],
      "float32",
      "all values lie between 0.4 and 0.5 on the scale from 0 to 1: the contrast is too low to learn from",
    ],
    [[0.4, 0.5], "uint8", "102 to 128 in uint8: the contrast is too low"],
  ] as const)("warns of %j as %s", async (values, type, expected) => {
    expect(await warningOf(values, type)).toContain(expected);
  });
});
