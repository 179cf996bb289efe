import { describe, expect, it } from "vitest";

import { DataError, OptionError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { key } from "../../src/base/random.ts";
import {
  type Dataset,
  type Sides,
  arrayDataset,
  hasSides,
  loader,
  pairDataset,
  select,
  take,
  thin,
  unaligned,
} from "../../src/data/index.ts";

/** `n` grey images of 2 x 2, of one level each: `from`, `from + 1`, ... */
function levels(name: string, n: number, from: number, parts: Partial<Dataset> = {}): Dataset {
  const data = Uint8Array.from({ length: 4 * n }, (_, i) => from + Math.floor(i / 4));
  const { labels = null, skipped = [] } = parts;
  return arrayDataset({ name, kind: "image", items: ndarray("uint8", [n, 2, 2, 1], data), labels, skipped });
}

const pairs = (a: number, b: number, rest: Partial<Sides> = {}): Dataset & { readonly sides: Sides } => {
  const all = pairDataset("pairs", { a: levels("A", a, 0), b: levels("B", b, 100), aligned: false, ...rest });
  return hasSides(all) ? all : expect.unreachable("pairs have sides");
};

/** Levels of items [n, 2, 2, 2, 1]: of both images of each. */
function levelsOf(items: { readonly data: Float32Array }): [number, number][] {
  return Array.from({ length: items.data.length / 8 }, (_, n) => [
    Math.round(items.data[8 * n]! * 255),
    Math.round(items.data[8 * n + 4]! * 255),
  ]);
}

const range = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);
const everything = async (dataset: Dataset): Promise<[number, number][]> =>
  levelsOf(await dataset.read(range(dataset.size)));

describe("pairDataset", () => {
  it("joins images of both domains, aligned ones by index, with the labels of both", async () => {
    const labels = Int32Array.of(4, 5, 6);
    const a = levels("A", 3, 0, { labels });
    const aligned = pairDataset("pairs", { a, b: levels("B", 3, 100), aligned: true });
    expect(aligned).toMatchObject({ name: "pairs", kind: "pair", shape: [2, 2, 2, 1], size: 3, labels });
    expect((await aligned.read([2, 0])).shape).toEqual([2, 2, 2, 2, 1]);
    expect(levelsOf(await aligned.read([2, 0]))).toEqual([
      [2, 102],
      [0, 100],
    ]);
    await expect(aligned.read([3])).rejects.toThrow(OptionError);
  });

  it("repeats the smaller domain, without labels, if the domains are not aligned", async () => {
    const { size, labels } = pairs(5, 2);
    expect([size, labels]).toEqual([5, null]);
    expect(await everything(pairs(5, 2))).toEqual([
      [0, 100],
      [1, 101],
      [2, 100],
      [3, 101],
      [4, 100],
    ]);
    expect((await everything(pairs(1, 3))).map(([a]) => a)).toEqual([0, 0, 0]);
  });

  it("has a fingerprint that depends on both domains and on alignment", () => {
    const prints = [
      pairs(3, 3),
      pairs(3, 3, { aligned: true }),
      pairs(3, 4),
      pairs(4, 3),
      pairs(3, 3, { b: levels("B", 3, 101) }),
    ].map(({ fingerprint }) => fingerprint);
    expect(new Set(prints).size).toBe(5);
    expect(pairs(3, 3).fingerprint).toBe(prints[0]);
    expect(unaligned(pairs(3, 3, { aligned: true })).fingerprint).toBe(prints[0]);
  });

  it("names skipped files with their domain, those of one folder once", () => {
    const skipped = [{ file: "x.txt", reason: "not an image" }];
    const two = pairs(2, 2, { a: levels("A", 2, 0, { skipped }), b: levels("B", 2, 0, { skipped }) });
    expect(two.skipped.map(({ file }) => file)).toEqual(["A/x.txt", "B/x.txt"]);
    const one = pairs(2, 2, { a: levels("maps", 2, 0, { skipped }), b: levels("maps", 2, 0, { skipped }) });
    expect(one.skipped).toEqual([{ file: "maps/x.txt", reason: "not an image" }]);
  });

  it("keeps its properties when items are selected, and when alignment is dropped", async () => {
    const unmatched = ["A/3.png"];
    for (const part of [take(pairs(4, 3, { unmatched }), 2), select(pairs(4, 3, { unmatched }), Int32Array.of(3))]) {
      expect(part.sides).toMatchObject({ aligned: false, unmatched });
    }
    const aligned = pairs(4, 4, { aligned: true });
    const chosen = select(aligned, Int32Array.of(3, 1));
    expect(chosen.sides!.aligned).toBe(true);
    expect(await everything(chosen)).toEqual([
      [3, 103],
      [1, 101],
    ]);
    expect((await everything(thin(aligned, 0.5))).map(([a, b]) => b - a)).toEqual([100, 100]);
    expect(unaligned(aligned).sides!.aligned).toBe(false);
    const already = pairs(2, 2);
    expect(unaligned(already)).toBe(already);
  });

  it("takes the first items of each domain, and no image of a smaller one twice", () => {
    const { a, b } = take(pairs(6, 2), 4).sides!;
    expect([a.size, b.size]).toEqual([4, 2]);
  });

  it("rejects domains that do not match", () => {
    const points = arrayDataset({ name: "P", kind: "points", items: ndarray("float32", [2, 2], new Float32Array(4)) });
    expect(() => pairs(2, 2, { b: points })).toThrow("both domains must contain images - got points in P");
    expect(() => pairs(2, 3, { aligned: true })).toThrow(
      "aligned domains must have equal numbers of images - got 2 and 3 in pairs",
    );
    const colour = arrayDataset({
      name: "C",
      kind: "image",
      items: ndarray("uint8", [1, 2, 2, 3], new Uint8Array(12)),
    });
    const make = (): Dataset => pairs(2, 2, { b: colour });
    expect(make).toThrow(DataError);
    expect(make).toThrow("got [2, 2, 1] in A and [2, 2, 3] in C");
  });
});

describe("batches of two domains", () => {
  it("draw from each domain in its own order, every image once per epoch of its domain", async () => {
    const { stepsPerEpoch, at } = loader(pairs(12, 6), 2, key(1));
    expect(stepsPerEpoch).toBe(6);
    const batches = await Promise.all(Array.from({ length: 6 }, async (_, step) => levelsOf(await at(step))));
    const seen = (domain: 0 | 1, from: number, to: number): number[] =>
      batches
        .slice(from, to)
        .flatMap((batch) => batch.map((pair) => pair[domain]))
        .toSorted((x, y) => x - y);
    expect(seen(0, 0, 6)).toEqual([...range(12)]);
    const b = [100, 101, 102, 103, 104, 105];
    expect([seen(1, 0, 3), seen(1, 3, 6)]).toEqual([b, b]);
    expect(levelsOf(await at(4))).toEqual(batches[4]);
  });

  it("do not reveal which images belong together, except those of aligned pairs", async () => {
    const aligned = pairs(40, 40, { aligned: true });
    const differences = async (dataset: Dataset): Promise<Set<number>> =>
      new Set(levelsOf(await loader(dataset, 40, key(2)).at(0)).map(([a, b]) => b - a));
    expect([...(await differences(aligned))]).toEqual([100]);
    expect((await differences(unaligned(aligned))).size).toBeGreaterThan(10);
  });
});
