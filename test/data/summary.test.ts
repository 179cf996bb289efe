import { describe, expect, it } from "vitest";

import { fromNumbers, ndarray } from "../../src/base/ndarray.ts";
import { arrayDataset } from "../../src/data/array-dataset.ts";
import { summarize } from "../../src/data/summary.ts";

describe("summarize", () => {
  it("returns range, mean, classes, duplicates and blank items", async () => {
    const data = Uint8Array.of(0, 255, 51, 51, 0, 255, 255, 0, 51, 51, 0, 255);
    const items = ndarray("uint8", [6, 1, 2, 1], data);
    const skipped = [{ file: "a.txt", reason: "not an image" }];
    const dataset = arrayDataset({
      name: "x",
      kind: "image",
      items,
      labels: Int32Array.of(2, 0, 2, 1, 0, 2),
      skipped,
    });
    const summary = await summarize(dataset);
    expect(summary).toMatchObject({
      name: "x",
      kind: "image",
      size: 6,
      shape: [1, 2, 1],
      min: 0,
      max: 1,
      skipped,
    });
    expect(summary.mean).toBeCloseTo((4 * 255 + 4 * 51) / 255 / 12, 6);
    expect(summary.duplicates).toEqual([
      [0, 2],
      [1, 4],
      [0, 5],
    ]);
    expect(summary.constant).toEqual([1, 4]);
    expect([...summary.classes!]).toEqual([
      ["0", 2],
      ["1", 1],
      ["2", 3],
    ]);
    expect(summary.fingerprint).toBe(dataset.fingerprint);
  });

  it("does not call a one-dimensional point blank, and finds every duplicate", async () => {
    const items = fromNumbers(new Float32Array(700).fill(-3), [700, 1]);
    const summary = await summarize(arrayDataset({ name: "x", kind: "points", items }));
    expect(summary).toMatchObject({
      min: -3,
      max: -3,
      mean: -3,
      classes: null,
      constant: [],
    });
    expect(summary.duplicates).toHaveLength(699);
    expect(summary.duplicates[19]).toEqual([0, 20]);
  });

  it("returns range, mean and deviation by dimension for small points", async () => {
    const items = fromNumbers([1, -10, 2, 0, 3, 10, 6, 0], [4, 2]);
    const { dimensions, min, max } = await summarize(arrayDataset({ name: "x", kind: "points", items }));
    expect([min, max]).toEqual([-10, 10]);
    expect(dimensions).toHaveLength(2);
    expect(dimensions![0]).toMatchObject({ min: 1, max: 6, mean: 3 });
    expect(dimensions![0]!.deviation).toBeCloseTo(Math.sqrt((4 + 1 + 0 + 9) / 4), 12);
    expect(dimensions![1]).toMatchObject({ min: -10, max: 10, mean: 0 });
    expect(dimensions![1]!.deviation).toBeCloseTo(Math.sqrt(50), 12);
    const large = arrayDataset({ name: "x", kind: "points", items: fromNumbers(new Float32Array(22), [2, 11]) });
    expect(await summarize(large)).toMatchObject({ dimensions: null, constant: [] });
  });

  it("finds no duplicates among items that differ", async () => {
    const items = fromNumbers(
      Array.from({ length: 5000 }, (_, i) => i),
      [2500, 2],
    );
    expect((await summarize(arrayDataset({ name: "x", kind: "points", items }))).duplicates).toEqual([]);
  });
});
