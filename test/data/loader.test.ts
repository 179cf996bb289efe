import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { fromNumbers, ndarray } from "../../src/base/ndarray.ts";
import { fold, key, permutation } from "../../src/base/random.ts";
import { arrayDataset } from "../../src/data/array-dataset.ts";
import { type Dataset, batchTypeOf } from "../../src/data/dataset.ts";
import { pairDataset } from "../../src/data/pairs.ts";
import { select } from "../../src/data/selection.ts";
import { ReadAhead, batchIndices, loader, weightedLoader } from "../../src/data/loader.ts";
import { chiSquare, chiSquareLimit } from "../chi-square.ts";

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
  it("returns every item at most once per epoch, and skips only an incomplete last batch", () => {
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

  it("depends only on key and step, whatever the order of calls", async () => {
    const data = line(23);
    const forward = loader(data, 5, key(3));
    const steps = [0, 9, 3, 4, 17, 3, 100, 0];
    for (const step of steps) {
      expect([...(await forward.at(step)).data]).toEqual([...batchIndices(key(3), 23, 5, step)]);
      expect((await forward.at(step)).shape).toEqual([5, 1]);
    }
    expect([...batchIndices(key(4), 23, 5, 0)]).not.toEqual([...batchIndices(key(3), 23, 5, 0)]);
    expect([...forward.indices(0)]).not.toEqual([...forward.indices(4)]);
  });

  it("returns indices that may be modified", () => {
    const { indices } = loader(line(4), 2, key(0));
    const first = [...indices(0)];
    indices(0).fill(-1);
    expect([...indices(0)]).toEqual(first);
  });

  it("rejects a batch size larger than the data", async () => {
    expect(() => loader(line(3), 4, key(0))).toThrow(OptionError);
    expect(() => loader(line(3), 4, key(0))).toThrow("from 1 to the number of items, 3 - got 4");
    for (const batch of [0, -1, 1.5, NaN]) expect(() => loader(line(3), batch, key(0))).toThrow(OptionError);
    for (const step of [-1, 0.5, NaN]) await expect(loader(line(3), 1, key(0)).at(step)).rejects.toThrow(OptionError);
  });
});

describe("weightedLoader", () => {
  const weights = Float64Array.of(0.4, 0, 0.05, 0.25, 0, 0.3);

  it("draws each item in proportion to its weight, never with weight 0", () => {
    const batches = weightedLoader(line(6), 50, key(5), weights);
    const counts = new Array<number>(6).fill(0);
    for (let step = 0; step < 400; step++) for (const item of batches.indices(step)) counts[item]!++;
    expect([counts[1], counts[4]]).toEqual([0, 0]);
    const drawn = [0, 2, 3, 5];
    const statistic = chiSquare(
      drawn.map((item) => counts[item]!),
      drawn.map((item) => weights[item]!),
    );
    expect(statistic).toBeLessThan(chiSquareLimit(3));
  });

  it("does not require normalised weights", () => {
    const twice = weightedLoader(
      line(6),
      50,
      key(5),
      weights.map((weight) => 2 * weight),
    );
    const once = weightedLoader(line(6), 50, key(5), weights);
    expect([...twice.indices(3)]).toEqual([...once.indices(3)]);
  });

  it("depends only on key and step, with as many steps per epoch as the data have batches", async () => {
    const batches = weightedLoader(line(6), 2, key(5), weights);
    expect(batches.stepsPerEpoch).toBe(3);
    const forward = Array.from({ length: 6 }, (_, step) => [...batches.indices(step)]);
    for (const step of [5, 0, 3]) {
      expect([...batches.indices(step)]).toEqual(forward[step]);
      expect([...(await batches.at(step)).data]).toEqual(forward[step]);
    }
    expect(forward[0]).not.toEqual(forward[1]);
    expect([...weightedLoader(line(6), 20, key(6), weights).indices(0)]).not.toEqual([
      ...weightedLoader(line(6), 20, key(5), weights).indices(0),
    ]);
  });

  it.each([
    [[1, -1, 1], "-1 for item 1"],
    [[1, NaN, 1], "NaN for item 1"],
    [[Infinity, 1, 1], "Infinity for item 0"],
    [[0, 0, 0], "zeros alone"],
    [[1, 1], "2 weights"],
  ])("rejects weights %s", (wrong, got) => {
    const make = () => weightedLoader(line(3), 2, key(0), Float64Array.from(wrong));
    expect(make).toThrow(OptionError);
    expect(make).toThrow(got);
  });
});

describe("batches in training", () => {
  const shape = [6, 2, 2, 1];
  const pixels = arrayDataset({
    name: "pixels",
    kind: "image",
    items: ndarray(
      "uint8",
      shape,
      Uint8Array.from({ length: 24 }, (_, i) => 10 * i),
    ),
  });
  const floats = (data: Dataset): Dataset => ({
    ...data,
    name: "floats",
    kind: "image",
    shape: data.shape,
    size: data.size,
    labels: null,
    skipped: [],
    fingerprint: "",
    read: (indices) => data.read(indices),
  });
  const sides = (a: Dataset, b: Dataset, aligned: boolean) => pairDataset("pairs", { a, b, aligned });

  it.each<[string, Dataset]>([
    ["in memory", pixels],
    ["chosen", select(pixels, Int32Array.of(5, 1, 3))],
    ["pairs", sides(pixels, pixels, true)],
    ["pairs of two orders", sides(pixels, select(pixels, Int32Array.of(5, 1, 3)), false)],
  ])("are the bytes of data that hold bytes: %s", async (_, data) => {
    const batches = loader(data, 2, key(2));
    for (const step of [0, 1, 5]) {
      const [batch, read] = [await batches.batch(step), await batches.at(step)];
      expect([batch.dtype, batchTypeOf(data), batch.shape]).toEqual(["uint8", "uint8", read.shape]);
      expect(Float32Array.from(batch.data, (byte) => byte / 255)).toEqual(read.data);
    }
  });

  it.each<[string, Dataset]>([
    ["points", line(7)],
    ["a read of one's own over bytes", floats(pixels)],
    ["chosen of these", select(floats(pixels), Int32Array.of(5, 1, 3))],
    ["pairs of which one side holds bytes", sides(pixels, floats(pixels), false)],
    ["aligned ones", sides(floats(pixels), pixels, true)],
  ])("are float32 otherwise: %s", async (_, data) => {
    const batches = loader(data, 2, key(2));
    expect([(await batches.batch(3)).dtype, batchTypeOf(data)]).toEqual(["float32", "float32"]);
    expect(await batches.batch(3)).toEqual(await batches.at(3));
  });

  it.each<[string, Dataset]>([
    ["bytes", pixels],
    ["chosen bytes", select(pixels, Int32Array.of(5, 1, 3))],
    ["points", line(7)],
    ["pairs", sides(pixels, pixels, true)],
    ["unpaired", sides(pixels, pixels, false)],
    ["float pairs", sides(floats(pixels), pixels, false)],
  ])("overwrite a batch that is no longer needed, if it has their shape: %s", async (_, data) => {
    const batches = loader(data, 2, key(2));
    const reuse = await batches.batch(0);
    const before = reuse.data.slice();
    const again = await batches.batch(1, reuse);
    expect(again).toBe(reuse);
    expect(again).toEqual(await batches.batch(1));
    expect(again.data).not.toEqual(before);
    const other = await loader(data, 1, key(2)).batch(0);
    expect(await batches.batch(1, other)).toEqual(again);
  });
});

describe("ReadAhead", () => {
  it("returns what was read two steps earlier, never a buffer that a step still uses", async () => {
    const reusedBy: unknown[] = [];
    const ahead = new ReadAhead<{ step: number }>(async (step, reuse) => {
      reusedBy.push(reuse?.step);
      return { step };
    });
    for (let step = 0; step < 5; step++) expect((await ahead.at(step, step < 4)).step).toBe(step);
    expect(reusedBy).toEqual([undefined, undefined, 0, 1, 2]);
  });

  /** Reads that are answered when the test says so. */
  function asked() {
    const begun: number[] = [];
    const answers = new Map<number, { resolve(value: string): void; reject(error: Error): void }>();
    const ahead = new ReadAhead<string>((step) => {
      begun.push(step);
      return new Promise((resolve, reject) => answers.set(step, { resolve, reject }));
    });
    return { begun, ahead, answer: (step: number) => answers.get(step)! };
  }

  it("starts one read of the next step whenever it returns one, and none after the last", async () => {
    const { begun, ahead, answer } = asked();
    const first = ahead.at(0, true);
    expect(begun).toEqual([0]);
    answer(0).resolve("zero");
    expect(await first).toBe("zero");
    expect(begun).toEqual([0, 1]);
    answer(1).resolve("one");
    expect(await ahead.at(1, false)).toBe("one");
    expect(begun).toEqual([0, 1]);
  });

  it("reads the requested step even if another one was announced", async () => {
    const { begun, ahead, answer } = asked();
    const first = ahead.at(0, true);
    answer(0).resolve("zero");
    await first;
    const seventh = ahead.at(7, false);
    answer(7).resolve("seven");
    expect([await seventh, begun]).toEqual(["seven", [0, 1, 7]]);
  });

  it("reports a failure to the step that requests the data, and otherwise ignores it", async () => {
    const { ahead, answer } = asked();
    const unhandled: unknown[] = [];
    const note = (error: unknown): number => unhandled.push(error);
    process.on("unhandledRejection", note);
    try {
      const first = ahead.at(0, true);
      answer(0).resolve("zero");
      await first;
      answer(1).reject(new Error("gone"));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(unhandled).toEqual([]);
      await expect(ahead.at(1, true)).rejects.toThrow("gone");
    } finally {
      process.off("unhandledRejection", note);
    }
  });
});
