import { createHash } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Sha256 } from "../../src/base/sha256.ts";
import { DataError, OptionError } from "../../src/base/errors.ts";
import { type NdArray, fromNumbers, ndarray, zeros } from "../../src/base/ndarray.ts";
import { key } from "../../src/base/random.ts";
import { arrayDataset } from "../../src/data/array-dataset.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { select, splitOff, take, thin } from "../../src/data/selection.ts";

/** `n` grey images of 2 x 2; the pixels of image i are i, i + 1, i + 2, i + 3. */
function counting(n: number, labels: Int32Array | null = null): Dataset {
  const data = Uint8Array.from({ length: n * 4 }, (_, i) => Math.floor(i / 4) + (i % 4));
  return arrayDataset({
    name: "counting",
    kind: "image",
    items: ndarray("uint8", [n, 2, 2, 1], data),
    labels,
  });
}

/** The first pixel of each item, as a byte. */
const firsts = async (dataset: Dataset): Promise<number[]> => {
  const all = await dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i));
  return Array.from({ length: dataset.size }, (_, i) => Math.round(all.data[4 * i]! * 255));
};

describe("Sha256", () => {
  it("equals the platform's implementation, however the bytes are split", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 }), (pieces) => {
        const hash = new Sha256();
        for (const piece of pieces) hash.update(piece);
        expect(hash.hex()).toBe(createHash("sha256").update(Buffer.concat(pieces)).digest("hex"));
      }),
      { numRuns: 300 },
    );
  });
});

describe("arrayDataset", () => {
  it("reads bytes as numbers in [0, 1], in the requested order", async () => {
    const items = ndarray("uint8", [3, 1, 2, 1], Uint8Array.of(0, 255, 51, 102, 1, 254));
    const read = await arrayDataset({ name: "x", kind: "image", items }).read([2, 0, 2]);
    expect(read.shape).toEqual([3, 1, 2, 1]);
    expect([...read.data]).toEqual([...Float32Array.of(1 / 255, 254 / 255, 0, 1, 1 / 255, 254 / 255)]);
  });

  it("reads floats as they are", async () => {
    const points = arrayDataset({
      name: "x",
      kind: "points",
      items: fromNumbers([1, -2, 3.5, 4], [2, 2]),
    });
    expect(points).toMatchObject({ size: 2, shape: [2], labels: null, skipped: [] });
    expect([...(await points.read([1])).data]).toEqual([3.5, 4]);
    expect((await points.read([])).shape).toEqual([0, 2]);
  });

  it.each([3, -1, 0.5, NaN])("rejects the index %d", async (index) => {
    await expect(counting(3).read([0, index])).rejects.toThrow(OptionError);
  });

  it.each([
    [{ kind: "image", items: zeros([0, 2, 2, 1], "uint8") }, "must be [n, h, w, c] and not empty - got [0, 2, 2, 1]"],
    [{ kind: "image", items: zeros([4, 2, 2]) }, "must be [n, h, w, c]"],
    [{ kind: "points", items: zeros([4]) }, "must be [n, d]"],
    [{ kind: "points", items: zeros([4, 2], "uint8") }, "points must be float32 or float64 - got uint8"],
    [{ kind: "image", items: zeros([4, 2, 2, 1], "float64") }, "images must be uint8 or float32 - got float64"],
    [{ kind: "points", items: zeros([4, 2]), labels: new Int32Array(3) }, "one label per item, 4 - got 3"],
    [{ kind: "points", items: fromNumbers([0, 1, Infinity, 2], [2, 2]) }, "finite float32 - got Infinity at [1, 0]"],
    [{ kind: "image", items: fromNumbers([0, 1, NaN, 2], [1, 2, 2, 1]) }, "finite float32 - got NaN at [0, 1, 0, 0]"],
    [{ kind: "image", items: fromNumbers([0, 1, 0, -1], [1, 2, 2, 1]) }, "values in [0, 1] - got -1 at [0, 1, 1, 0]"],
  ] as const)("rejects invalid arrays %#", (parts, message) => {
    const make = (): Dataset => arrayDataset({ name: "x", ...parts } as Parameters<typeof arrayDataset>[0]);
    expect(make).toThrow(DataError);
    expect(make).toThrow(message);
  });
});

describe("fingerprint", () => {
  it("depends on kind, shape, content and labels, and nothing else", () => {
    const same = counting(5).fingerprint;
    expect(same).toMatch(/^[0-9a-f]{16}$/);
    expect(counting(5).fingerprint).toBe(same);
    const data = Uint8Array.from({ length: 20 }, (_, i) => Math.floor(i / 4) + (i % 4));
    const wide = arrayDataset({
      name: "x",
      kind: "image",
      items: ndarray("uint8", [5, 1, 4, 1], data),
    });
    const others = [
      counting(4),
      counting(5, new Int32Array(5)),
      wide,
      select(counting(5), Int32Array.of(0, 1, 2, 4, 3)),
    ];
    expect(new Set([same, ...others.map(({ fingerprint }) => fingerprint)]).size).toBe(5);
  });

  it("depends on the content, not on how it was selected", () => {
    expect(take(counting(9), 4).fingerprint).toBe(counting(4).fingerprint);
    const labels = Int32Array.of(3, 1, 2);
    const chosen = select(counting(3, labels), Int32Array.of(0, 1));
    expect(chosen.fingerprint).toBe(counting(2, labels.slice(0, 2)).fingerprint);
  });
});

describe("take and select", () => {
  it("give the first items, and all when there are fewer", async () => {
    const all = counting(5, Int32Array.of(4, 3, 2, 1, 0));
    expect(await firsts(take(all, 2))).toEqual([0, 1]);
    expect([...take(all, 2).labels!]).toEqual([4, 3]);
    expect(take(all, 5)).toBe(all);
    expect(take(all, 50)).toBe(all);
    const nested = select(select(all, Int32Array.of(4, 2, 0)), Int32Array.of(1, 0));
    expect(await firsts(nested)).toEqual([2, 4]);
    expect([...nested.labels!]).toEqual([2, 0]);
    await expect(nested.read([2])).rejects.toThrow(OptionError);
  });

  it.each([0, -1, 1.5, NaN])("reject the limit %d", (n) => {
    expect(() => take(counting(3), n)).toThrow(OptionError);
  });

  it("work on custom data sets", async () => {
    const other: Dataset = {
      name: "line",
      kind: "points",
      shape: [1],
      size: 10,
      labels: Int32Array.from({ length: 10 }, (_, i) => i % 2),
      skipped: [],
      fingerprint: "",
      read: async (indices): Promise<NdArray<"float32">> => fromNumbers(Array.from(indices), [indices.length, 1]),
    };
    const { train, test } = splitOff(take(other, 6), 0.5);
    expect([train.size, test.size]).toEqual([3, 3]);
    const seen = [...(await train.read([0, 1, 2])).data, ...(await test.read([0, 1, 2])).data];
    expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...train.labels!]).toEqual([...(await train.read([0, 1, 2])).data].map((value) => value % 2));
  });
});

describe("thin", () => {
  it("keeps a fraction of the items in their order; smaller fractions are subsets of larger ones", async () => {
    const all = counting(
      50,
      Int32Array.from({ length: 50 }, (_, i) => i),
    );
    const kept = await Promise.all([0.9, 0.5, 0.1, 0.01].map((share) => firsts(thin(all, share))));
    expect(kept.map((items) => items.length)).toEqual([45, 25, 5, 1]);
    for (const items of kept) expect(items).toEqual(items.toSorted((a, b) => a - b));
    kept.slice(1).forEach((items, i) => expect(kept[i]).toEqual(expect.arrayContaining(items)));
    expect([...thin(all, 0.1).labels!]).toEqual(kept[2]);
    expect(kept[2]).not.toEqual([0, 1, 2, 3, 4]);
    expect(thin(all, 0.5).fingerprint).toBe(thin(all, 0.5).fingerprint);
  });

  it.each([0, 1, -0.5, 2, NaN])("rejects the fraction %d", (share) => {
    expect(() => thin(counting(3), share)).toThrow(OptionError);
  });
});

describe("splitOff", () => {
  it("splits the items reproducibly, in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.nat(),
        async (n, share, seed) => {
          const { train, test } = splitOff(counting(n), share, key(seed));
          expect(test.size).toBe(Math.min(n - 1, Math.max(1, Math.round(n * share))));
          const both = [await firsts(train), await firsts(test)];
          for (const part of both) expect(part).toEqual(part.toSorted((a, b) => a - b));
          expect(both.flat().toSorted((a, b) => a - b)).toEqual(await firsts(counting(n)));
          expect(splitOff(counting(n), share, key(seed)).test.fingerprint).toBe(test.fingerprint);
        },
      ),
    );
  });

  it("holds out a tenth, a different one for another key", () => {
    const tenth = (seed?: number): Dataset =>
      splitOff(counting(100), 0.1, seed === undefined ? undefined : key(seed)).test;
    expect(splitOff(counting(100)).test.fingerprint).toBe(tenth().fingerprint);
    expect(tenth().size).toBe(10);
    expect(tenth(1).fingerprint).not.toBe(tenth(2).fingerprint);
    expect(splitOff(counting(2)).test.size).toBe(1);
  });

  it("rejects data that cannot be split", () => {
    expect(() => splitOff(counting(1))).toThrow(DataError);
    for (const share of [0, 1, -0.1, NaN]) expect(() => splitOff(counting(9), share)).toThrow(OptionError);
  });
});
