import { describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { key, uniform } from "../../src/base/random.ts";
import { type Dataset, arrayDataset, nearDuplicates, resizeBilinear, take } from "../../src/data/index.ts";
import { openData } from "../../src/node/index.ts";

/** Images [n, h, w, c] of bytes. */
function images(shape: readonly [number, number, number, number], value: (i: number) => number): Dataset {
  const size = shape.reduce((product, extent) => product * extent);
  const data = Uint8Array.from({ length: size }, (_, i) => value(i));
  return arrayDataset({ name: "x", kind: "image", items: ndarray("uint8", shape, data) });
}

async function countOf(dataset: Dataset): Promise<{ count: number; of: number }> {
  const { pairs, of } = await nearDuplicates(dataset);
  expect(new Set(pairs.map(([image]) => image)).size).toBe(pairs.length);
  return { count: pairs.length, of };
}

/** All pairs, as the definition has it. */
async function bruteForce(dataset: Dataset): Promise<number> {
  const { size } = dataset;
  const { data } = resizeBilinear(await dataset.read(Int32Array.from({ length: size }, (_, i) => i)), [8, 8]);
  const extent = data.length / size;
  const apart = (i: number, j: number): number => {
    let sum = 0;
    for (let k = 0; k < extent; k++) sum += Math.abs(data[i * extent + k]! - data[j * extent + k]!);
    return sum / extent;
  };
  const others = (i: number): number[] => Array.from({ length: size }, (_, j) => j).filter((j) => j !== i);
  return others(-1).filter((i) => others(i).some((j) => apart(i, j) < 2 / 255)).length;
}

describe("nearDuplicates", () => {
  it("counts images with another one less than 2/255 away", async () => {
    // Grey levels: 10 and 11 are near, 14 is 3 away from 11, 100 is alone, 200 twice.
    const levels = [10, 100, 11, 200, 14, 200];
    expect(await countOf(images([6, 8, 8, 1], (i) => levels[Math.floor(i / 64)]!))).toEqual({ count: 4, of: 6 });
  });

  it("compares at 8 x 8: pixel noise is ignored, positions are not", async () => {
    const noise = uniform(key(1), [4 * 64 * 64]).data;
    const bright = (i: number): number => {
      const [n, column] = [Math.floor(i / 4096), i % 64];
      return (n < 2 ? column < 32 : column >= 32) ? 200 : 20;
    };
    const noisy = images([4, 64, 64, 1], (i) => bright(i) + (noise[i]! < 0.5 ? 0 : 20));
    expect(await countOf(noisy)).toEqual({ count: 4, of: 4 });
    expect(await countOf(take(noisy, 3))).toEqual({ count: 2, of: 3 });
  });

  it("finds the same images as a comparison of all pairs, whatever the images", async () => {
    for (const spread of [4, 12, 60]) {
      const values = uniform(key(spread), [300 * 48]).data;
      const random = images([300, 4, 4, 3], (i) => 100 + Math.floor(values[i]! * spread));
      const { count } = await countOf(random);
      expect(count).toBe(await bruteForce(random));
    }
    const few = images([200, 8, 8, 1], (i) => (Math.floor(i / 64) * 37) % 120);
    expect((await countOf(few)).count).toBe(await bruteForce(few));
  });

  it("finds the same digits as a comparison of all pairs", async () => {
    const { test } = await openData("mnist", { limit: 1500 });
    expect(await countOf(test)).toEqual({ count: await bruteForce(test), of: 1500 });
  });

  it("compares at most the first 10,000, within seconds even if all are equally bright and none alike", async () => {
    const values = uniform(key(2), [12_000 * 64]).data;
    // Each image is half black and half white, where being random.
    const halves = images([12_000, 8, 8, 1], (i) => {
      const [image, k] = [Math.floor(i / 64), i % 64];
      return values[image * 64 + (k % 32)]! < 0.5 === k < 32 ? 255 : 0;
    });
    expect(await countOf(halves)).toEqual({ count: 0, of: 10_000 });
  }, 30_000);

  it("is defined for images only", async () => {
    const points = arrayDataset({ name: "p", kind: "points", items: uniform(key(0), [4, 2]) });
    await expect(nearDuplicates(points)).rejects.toThrow(OptionError);
  });
});
