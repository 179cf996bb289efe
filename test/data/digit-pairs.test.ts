import { beforeAll, describe, expect, it } from "vitest";

import { rows } from "../../src/base/ndarray.ts";
import {
  type DataSplit,
  type Dataset,
  type FileDataset,
  digitsColoured,
  digitsInverted,
  digitsOutlined,
  digitsRotated,
} from "../../src/data/index.ts";
import { openData } from "../../src/node/index.ts";
import { idxBytes } from "./idx-bytes.ts";

const all: readonly FileDataset[] = [digitsInverted, digitsRotated, digitsOutlined, digitsColoured];
const side = 32;
const chosen = Int32Array.from({ length: 60 }, (_, i) => (i * 997) % 10_000);

let digits: DataSplit;
beforeAll(async () => {
  digits = await openData("mnist");
});

/** The images of one domain, as arrays of 32 * 32 * c numbers. */
async function imagesOf(domain: Dataset, indices: ArrayLike<number> = chosen): Promise<Float32Array[]> {
  const items = await domain.read(indices);
  return Array.from({ length: indices.length }, (_, n) => rows(items, n, n + 1).data);
}

/** A value of an image [32, 32, 1]; 0 beyond its edges. */
const at = (image: Float32Array, y: number, x: number): number =>
  x < 0 || y < 0 || x >= side || y >= side ? 0 : image[y * side + x]!;

/** Every pixel's row and column. */
const places = Array.from({ length: side * side }, (_, i) => [Math.floor(i / side), i % side] as const);

describe.each(all.map(({ name }) => name))("%s", (name) => {
  let pairs: DataSplit;
  let grown: number;
  beforeAll(async () => {
    const before = process.memoryUsage().arrayBuffers;
    pairs = await openData(name);
    grown = process.memoryUsage().arrayBuffers - before;
  });

  it("consists of aligned pairs of 32 x 32 in both splits, with the digits' labels, generated on access", () => {
    const channels = name === "digits-coloured" ? 3 : 1;
    for (const part of ["train", "test"] as const) {
      const { kind, shape, size, labels, sides } = pairs[part];
      expect({ kind, shape, size }).toEqual({ kind: "pair", shape: [2, 32, 32, channels], size: digits[part].size });
      expect(labels).toEqual(digits[part].labels);
      expect(sides!.aligned).toBe(true);
      expect(sides!.b.labels).toEqual(digits[part].labels);
    }
    // The digits themselves are 55 MB; 70,000 pairs in memory would be 570 MB.
    expect(grown).toBeLessThan(150e6);
  });

  it("has the same digit in both domains, the first with a black border of two pixels", async () => {
    for (const part of ["train", "test"] as const) {
      const { a } = pairs[part].sides!;
      const channels = a.shape[2]!;
      const originals = await digits[part].read(chosen);
      (await imagesOf(a)).forEach((image, n) => {
        const digit = rows(originals, n, n + 1).data;
        const expected = places.flatMap(([y, x]) => {
          const inside = y >= 2 && x >= 2 && y < 30 && x < 30;
          return new Array<number>(channels).fill(inside ? digit[(y - 2) * 28 + x - 2]! : 0);
        });
        expect([...image]).toEqual(expected);
      });
      const together = await pairs[part].read(chosen);
      expect(rows(together, 7, 8).data).toEqual(
        Float32Array.of(...(await imagesOf(a))[7]!, ...(await imagesOf(pairs[part].sides!.b))[7]!),
      );
    }
  });

  it("is within [0, 1], supports limits and fractions, and is reproducible", async () => {
    const { b } = pairs.train.sides!;
    for (const image of await imagesOf(b)) expect(image.every((value) => value >= 0 && value <= 1)).toBe(true);
    const few = await openData(name, { limit: 20 });
    expect([few.train.size, few.test.size]).toEqual([20, 20]);
    expect((await few.train.read([19])).data).toEqual((await pairs.train.read([19])).data);
    const tenth = await openData(name, { limit: 0.1 });
    expect([tenth.train.size, tenth.test.size]).toEqual([6000, 10_000]);
    const { a, b: other } = tenth.train.sides!;
    expect([a.size, other.size, tenth.train.sides!.aligned]).toEqual([6000, 6000, true]);
    expect(a.labels).toEqual(other.labels);
    expect((await openData(name)).test.fingerprint).toBe(pairs.test.fingerprint);
    const prints = [pairs.train, pairs.test, a, other, digits.train].map(({ fingerprint }) => fingerprint);
    expect(new Set(prints).size).toBe(5);
    await expect(b.read([60_000])).rejects.toThrow("whole number in [0, 60000)");
  });
});

describe("the target", () => {
  const sidesOf = async (name: string): Promise<readonly [Float32Array[], Float32Array[], Dataset]> => {
    const { sides } = (await openData(name)).test;
    return [await imagesOf(sides!.a), await imagesOf(sides!.b), sides!.a];
  };

  it("of digits-inverted is 1 - a, including the background", async () => {
    const [a, b] = await sidesOf("digits-inverted");
    a.forEach((image, n) => expect(b[n]).toEqual(image.map((value) => 1 - value)));
    expect(b[0]![0]).toBe(1);
  });

  it("of digits-rotated is the digit rotated counterclockwise by 90 degrees", async () => {
    const [a, b] = await sidesOf("digits-rotated");
    a.forEach((image, n) => {
      const top = Array.from({ length: side }, (_, x) => at(b[n]!, 3, x));
      expect(top).toEqual(Array.from({ length: side }, (_, y) => at(image, y, side - 1 - 3)));
      // x + iy about the centre, times i: a turn to the left, with y upwards.
      const back = Float32Array.from(places, ([row, column]) => {
        const [x, y] = [column - 15.5, 15.5 - row];
        return at(b[n]!, 15.5 - x, 15.5 - y);
      });
      expect(back).toEqual(image);
    });
  });

  it("of digits-outlined is the maximum of the neighbourhood minus the pixel", async () => {
    const [a, b] = await sidesOf("digits-outlined");
    const widest = (image: Float32Array, down: number, right: number): Float32Array =>
      Float32Array.from(places, ([y, x]) =>
        Math.max(at(image, y, x), at(image, y - down, x - right), at(image, y + down, x + right)),
      );
    a.forEach((image, n) => {
      const dilated = widest(widest(image, 1, 0), 0, 1);
      expect(b[n]).toEqual(dilated.map((value, i) => value - image[i]!));
    });
  });

  it("of digits-outlined is a ring of one pixel around a bar", async () => {
    // A bar of value 102 / 255 from (10, 5) to (12, 20) in the 28 x 28 pixels of each digit.
    const bar = (i: number): number => {
      const [y, x] = [Math.floor((i % 784) / 28), i % 28];
      return y >= 10 && y <= 12 && x >= 5 && x <= 20 ? 102 : 0;
    };
    const counts: Readonly<Record<string, number>> = { train: 60_000, t10k: 10_000 };
    const { test } = await digitsOutlined.open((part) => {
      const n = counts[part.split("-")[0]!]!;
      return Promise.resolve(part.includes("images") ? idxBytes([n, 28, 28], bar) : idxBytes([n], () => 3));
    });
    const [image] = await imagesOf(test.sides!.b, [77]);
    for (const [y, x] of places) {
      const [around, within] = [y >= 11 && y <= 15 && x >= 6 && x <= 23, y >= 12 && y <= 14 && x >= 7 && x <= 22];
      expect(at(image!, y, x)).toBe(around && !within ? Math.fround(102 / 255) : 0);
    }
  });

  it("of digits-coloured has one colour per class, whose largest channel is the grey digit", async () => {
    const [a, b, { labels }] = await sidesOf("digits-coloured");
    const hues = new Map<number, string>();
    a.forEach((image, n) => {
      const colours = new Set<string>();
      const grey = image.filter((_, i) => i % 3 === 0);
      const coloured = Array.from(grey, (_, i) => [...b[n]!.subarray(3 * i, 3 * i + 3)]);
      expect([...image]).toEqual([...grey].flatMap((value) => [value, value, value]));
      expect(coloured.map((pixel) => Math.max(...pixel))).toEqual([...grey]);
      coloured.forEach((pixel, i) => {
        if (grey[i]! > 0) colours.add(pixel.map((value) => (value / grey[i]!).toFixed(3)).join());
      });
      expect(colours.size).toBe(1);
      const [colour] = [...colours];
      const label = labels![chosen[n]!]!;
      expect(colour).toBe(hues.get(label) ?? colour);
      hues.set(label, colour!);
    });
    expect([...hues.keys()].toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(hues.values()).size).toBe(10);
  });
});
