import { expect, it } from "vitest";

import { append, maxOf, minOf } from "../../src/base/many.ts";

const many = 300_000;

it("minOf and maxOf of large lists, of empty ones and of NaN agree with Math.min and Math.max", () => {
  const values = Array.from({ length: many }, (_, i) => (i * 7919) % many);
  expect(() => Math.max(...values)).toThrow(RangeError);
  expect([maxOf(values), minOf(values)]).toEqual([many - 1, 0]);
  expect([maxOf([]), minOf([])]).toEqual([Math.max(), Math.min()]);
  expect([maxOf([1, NaN, 3]), minOf([1, NaN, 3])]).toEqual([NaN, NaN]);
  expect([maxOf(Float32Array.of(-2, -1)), minOf(new Set([4, 3]))]).toEqual([-1, 3]);
});

it("appends many items to a list", () => {
  const list = [-1];
  append(list, new Int32Array(many));
  expect([list.length, list[0], list.at(-1)]).toEqual([many + 1, -1, 0]);
});
