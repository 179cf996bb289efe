import { describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { type NdArray, type Shape, ndarray } from "../../src/base/ndarray.ts";
import { key, uniform } from "../../src/base/random.ts";
import { resizeBilinear } from "../../src/data/index.ts";
import { type ImageNet, ofPixels, translateImage } from "../../src/trained/index.ts";
import "../tolerance.ts";

/** A net by a function of one image, and the images that it was shown. */
function netOf(
  shape: Shape,
  apply: (image: Float64Array) => Float64Array,
): { readonly net: ImageNet; readonly seen: NdArray[] } {
  const seen: NdArray[] = [];
  const run = ofPixels(async (images) => {
    expect(images.shape).toEqual([1, ...shape]);
    seen.push(images);
    return ndarray("float32", images.shape, Float32Array.from(apply(Float64Array.from(images.data))));
  });
  return { net: { shape, run }, seen };
}

/** An image [h, w, 3] whose pixels tell their places: row and column, in hundredths, and 0.5. */
function places(height: number, width: number): NdArray<"float32"> {
  const data = Float32Array.from({ length: height * width * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return [Math.floor(pixel / width) / 100, (pixel % width) / 100, 0.5][i % 3]!;
  });
  return ndarray("float32", [height, width, 3], data);
}

/** How much a tile of so many pixels counts at each of them: 1, 2, ... in the middle, ..., 2, 1. */
const fades: Readonly<Record<number, readonly number[]>> = { 4: [1, 2, 2, 1], 5: [1, 2, 3, 2, 1] };

/** A number of each tile's own, by where it begins. */
const constantOf = (top: number, left: number): number => Math.sin(3 * top + 7 * left);

/** The mean of the tiles' constants that lie over a pixel, weighed by how much each counts there. */
function meanConstant(y: number, x: number, tops: readonly number[], lefts: readonly number[], tile: Shape): number {
  let [sum, weights] = [0, 0];
  for (const top of tops) {
    for (const left of lefts) {
      const weight = (fades[tile[0]!]![y - top] ?? 0) * (fades[tile[1]!]![x - left] ?? 0);
      sum += weight * constantOf(top, left);
      weights += weight;
    }
  }
  return sum / weights;
}

describe("an image in tiles", () => {
  it.each<[size: [number, number], tile: Shape]>([
    [
      [8, 6],
      [4, 4, 3],
    ],
    [
      [9, 7],
      [4, 4, 3],
    ],
    [
      [5, 23],
      [4, 5, 3],
    ],
    [
      [4, 11],
      [4, 5, 3],
    ],
  ])("of %j is unchanged by a net that leaves images unchanged, in tiles of %j", async ([height, width], tile) => {
    const image = uniform(key(height), [height, width, 3]);
    const { net } = netOf(tile, (x) => x);
    const made = await translateImage(net, image, "tiles");
    expect(made.shape).toEqual(image.shape);
    expect(made.data).toBeAllclose(image.data, { relative: 0, absolute: 1e-6 });
  });

  // The first tile begins at 0, the last ends with the image, and no step is longer than half a tile.
  it.each<[size: [number, number], tile: Shape, tops: number[], lefts: number[]]>([
    [
      [8, 6],
      [4, 4, 3],
      [0, 2, 4],
      [0, 2],
    ],
    [
      [9, 7],
      [4, 4, 3],
      [0, 2, 3, 5],
      [0, 2, 3],
    ],
    [
      [5, 10],
      [4, 5, 3],
      [0, 1],
      [0, 2, 3, 5],
    ],
  ])("of %j blends overlapping tiles of %j", async ([height, width], tile, tops, lefts) => {
    const image = places(height, width);
    // The first pixel of a tile tells where it begins.
    const { net, seen } = netOf(tile, (x) =>
      x.map((value) => value + constantOf(Math.round(100 * x[0]!), Math.round(100 * x[1]!))),
    );
    const made = await translateImage(net, image, "tiles");
    const begun = seen.map(({ data }) => [Math.round(100 * data[0]!), Math.round(100 * data[1]!)]);
    expect(begun).toEqual(tops.flatMap((top) => lefts.map((left) => [top, left])));
    const expected = image.data.map((value, i) => {
      const pixel = Math.floor(i / 3);
      return value + meanConstant(Math.floor(pixel / width), pixel % width, tops, lefts, tile);
    });
    expect(made.data).toBeAllclose(expected, { relative: 0, absolute: 1e-6 });
  });

  it("is rejected if it is smaller than one tile, in either direction", async () => {
    const { net } = netOf([4, 5, 3], (x) => x);
    for (const [height, width] of [
      [3, 9],
      [9, 4],
    ] as const) {
      await expect(translateImage(net, places(height, width), "tiles")).rejects.toThrow(
        `must be at least as large as a tile, 4 x 5 - got ${height} x ${width}`,
      );
    }
  });
});

describe("an image", () => {
  const half = (x: Float64Array): Float64Array => x.map((value) => value / 2);

  it.each(["resize", "tiles"] as const)("of the net's own size is not resized, with --fit %s", async (fit) => {
    const { net, seen } = netOf([4, 5, 3], half);
    const image = places(4, 5);
    const made = await translateImage(net, image, fit);
    expect(seen.map(({ data }) => [...data])).toEqual([[...image.data]]);
    expect([made.shape, [...made.data]]).toEqual([
      [4, 5, 3],
      [...half(Float64Array.from(image.data))].map(Math.fround),
    ]);
  });

  it("of another size is resized for the net, and back", async () => {
    const { net, seen } = netOf([4, 5, 3], half);
    const image = places(8, 15);
    const made = await translateImage(net, image, "resize");
    const small = resizeBilinear({ ...image, shape: [1, 8, 15, 3] }, [4, 5]);
    expect(seen.map(({ data }) => [...data])).toEqual([[...small.data]]);
    expect(made.shape).toEqual([8, 15, 3]);
    const back = resizeBilinear(
      ndarray(
        "float32",
        small.shape,
        small.data.map((value) => value / 2),
      ),
      [8, 15],
    );
    expect(made.data).toBeAllclose(back.data, { relative: 0, absolute: 1e-6 });
  });

  it.each([
    ["resize", [8, 15]],
    ["resize", [3, 2]],
    ["tiles", [8, 15]],
    ["tiles", [4, 5]],
  ] as const)("of bytes gives the same bytes as its floats do, with --fit %s at %j", async (fit, size) => {
    const { net } = netOf([4, 5, 3], (x) => x.map((value, i) => 1.6 * value - 0.2 + (i % 7) / 50));
    const { data } = uniform(key(4), [...size, 3]);
    const bytes = Uint8Array.from(data, (value) => Math.round(255 * value));
    const made = await translateImage(net, ndarray("uint8", [...size, 3], bytes), fit);
    const unit = Float32Array.from(bytes, (byte) => byte / 255);
    const numbers = await translateImage(net, ndarray("float32", [...size, 3], unit), fit);
    expect(made.shape).toEqual([...size, 3]);
    const exact = Array.from(numbers.data, (value) => 255 * Math.min(1, Math.max(0, value)));
    expect(Math.max(...made.data.map((byte, i) => Math.abs(byte - exact[i]!)))).toBeLessThan(0.501);
  });

  it("of other channels is rejected", async () => {
    const { net } = netOf([4, 5, 1], half);
    const attempt = translateImage(net, places(4, 5), "resize");
    await expect(attempt).rejects.toThrow(DataError);
    await expect(attempt).rejects.toThrow("images must have 1 channels - got [4, 5, 3]");
  });
});
