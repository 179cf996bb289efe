import { describe, expect, it } from "vitest";

import { DataError, ShapeError } from "../../src/base/errors.ts";
import { ndarray, zeros } from "../../src/base/ndarray.ts";
import {
  type Points,
  dotProduct,
  eachRow,
  euclideanDistance,
  manhattanDistance,
  selectPoints,
  squaredDistance,
  toPoints,
} from "../../src/numeric/points.ts";
import { fold, key, normal } from "../../src/base/random.ts";

const cloud = (name: string, n: number, d: number): Points => toPoints(normal(fold(key(1), name), [n, d]), name);
const plain = {
  squared: [squaredDistance, (a: number[], b: number[]) => a.reduce((sum, x, k) => sum + (x - b[k]!) ** 2, 0)],
  euclidean: [euclideanDistance, (a: number[], b: number[]) => Math.hypot(...a.map((x, k) => x - b[k]!))],
  manhattan: [manhattanDistance, (a: number[], b: number[]) => a.reduce((sum, x, k) => sum + Math.abs(x - b[k]!), 0)],
  dot: [dotProduct, (a: number[], b: number[]) => a.reduce((sum, x, k) => sum + x * b[k]!, 0)],
} as const;

describe("eachRow", () => {
  // Odd widths, more rows than are worked on together, and rows so long that few of `y` fit into the cache at one time.
  it.each([
    [1, 1, 1],
    [17, 5, 3],
    [40, 33, 6],
    [3, 50, 1000],
    [2, 3, 40_000],
  ])("returns every pair of %i and %i points of %i numbers", (n, m, d) => {
    const [x, y] = [cloud("x", n, d), cloud("y", m, d)];
    const row = (points: Points, i: number) => [...points.data.subarray(i * d, (i + 1) * d)];
    for (const [of, expected] of Object.values(plain)) {
      const seen: number[] = [];
      eachRow(x, y, of, (values, i) => {
        seen.push(i);
        expect(values.length).toBe(m);
        for (let j = 0; j < m; j++) {
          const truth = expected(row(x, i), row(y, j));
          expect(Math.abs(values[j]! - truth)).toBeLessThan(1e-10 * Math.max(1, Math.abs(truth)));
        }
      });
      expect(seen).toEqual(Array.from({ length: n }, (_, i) => i));
    }
  });

  it("gives exactly 0 between a point and itself", () => {
    const x = cloud("x", 20, 7);
    eachRow(x, x, euclideanDistance, (row, i) => expect(row[i]).toBe(0));
  });

  it("rejects points of different lengths", () => {
    expect(() => eachRow(cloud("x", 2, 3), cloud("y", 2, 4), dotProduct, () => undefined)).toThrow("got 3 and 4");
  });
});

describe("toPoints", () => {
  it("accepts images and scalars as rows", () => {
    expect(toPoints(zeros([3, 4, 4, 2]), "images").shape).toEqual([3, 32]);
    expect(toPoints(zeros([5]), "numbers").shape).toEqual([5, 1]);
    const some = selectPoints(
      toPoints(ndarray("int32", [3, 2], Int32Array.of(1, 2, 3, 4, 5, 6)), "some"),
      Int32Array.of(2, 0),
    );
    expect([some.shape, [...some.data]]).toEqual([
      [2, 2],
      [5, 6, 1, 2],
    ]);
  });

  it("rejects empty sets and NaN", () => {
    expect(() => toPoints(zeros([0, 3]), "here")).toThrow(ShapeError);
    expect(() => toPoints(zeros([3, 0]), "here")).toThrow("here: points must be [n, d] and not empty - got [3, 0]");
    const wrong = ndarray("float32", [2, 2], Float32Array.of(1, 2, 3, Number.NaN));
    expect(() => toPoints(wrong, "here")).toThrow(DataError);
    expect(() => toPoints(wrong, "here")).toThrow("finite - got NaN at [1, 1]");
  });
});
