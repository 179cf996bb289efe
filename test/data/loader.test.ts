import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { fromNumbers } from "../../src/base/ndarray.ts";
import { fold, key, permutation } from "../../src/base/random.ts";
import { arrayDataset } from "../../src/data/dataset.ts";
import { batchIndices, loader } from "../../src/data/loader.ts";

/** Points 0, 1, ..., n - 1. */
const line = (n: number) =>
  arrayDataset({
    name: "line",
    kind: "points",
    items: fromNumbers(
      Array.from({ length: n }, (_, i) => i),
      [n, 1],
    ),
  });

describe("loader", () => {
  it("sees every item at most once an epoch, and misses only the rest of the division", () => {
    const cases = fc
      .integer({ min: 1, max: 50 })
      .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 1, max: size }), fc.nat({ max: 3 })));
    fc.assert(
      fc.property(cases, ([size, batch, epoch]) => {
        const { stepsPerEpoch, indices } = loader(line(size), batch, key(7));
        expect(stepsPerEpoch).toBe(Math.floor(size / batch));
        const seen = Array.from({ length: stepsPerEpoch }, (_, i) => [...indices(epoch * stepsPerEpoch + i)]);
        expect(seen.every((items) => items.length === batch)).toBe(true);
        const all = seen.flat();
        expect(new Set(all).size).toBe(all.length);
        expect(all.length).toBe(size - (size % batch));
        expect(all).toEqual([...permutation(fold(key(7), "epoch", epoch), size)].slice(0, all.length));
      }),
    );
  });

  it("is a function of key and step, in whatever order it is asked", () => {
    const data = line(23);
    const forward = loader(data, 5, key(3));
    const steps = [0, 9, 3, 4, 17, 3, 100, 0];
    for (const step of steps) {
      expect([...forward.at(step).data]).toEqual([...batchIndices(key(3), 23, 5, step)]);
      expect(forward.at(step).shape).toEqual([5, 1]);
    }
    expect([...batchIndices(key(4), 23, 5, 0)]).not.toEqual([...batchIndices(key(3), 23, 5, 0)]);
    expect([...forward.indices(0)]).not.toEqual([...forward.indices(4)]);
  });

  it("gives indices that may be changed", () => {
    const { indices } = loader(line(4), 2, key(0));
    const first = [...indices(0)];
    indices(0).fill(-1);
    expect([...indices(0)]).toEqual(first);
  });

  it("refuses a batch that the data cannot fill", () => {
    expect(() => loader(line(3), 4, key(0))).toThrow(OptionError);
    expect(() => loader(line(3), 4, key(0))).toThrow("from 1 to the number of items, 3 - got 4");
    for (const batch of [0, -1, 1.5, NaN]) expect(() => loader(line(3), batch, key(0))).toThrow(OptionError);
    for (const step of [-1, 0.5, NaN]) expect(() => loader(line(3), 1, key(0)).at(step)).toThrow(OptionError);
  });
});
