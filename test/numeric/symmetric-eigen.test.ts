import { describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { key, normal } from "../../src/base/random.ts";
import { symmetricEigen } from "../../src/numeric/symmetric-eigen.ts";

/** The largest entry of A v - value v over all pairs, and of V V^T - I. */
function residuals(matrix: Float64Array, n: number): [number, number] {
  const { values, vectors } = symmetricEigen(matrix, n);
  let [off, skew] = [0, 0];
  for (let i = 0; i < n; i++) {
    for (let row = 0; row < n; row++) {
      let [product, dot] = [0, 0];
      for (let k = 0; k < n; k++) {
        product += matrix[row * n + k]! * vectors[i * n + k]!;
        dot += vectors[i * n + k]! * vectors[row * n + k]!;
      }
      off = Math.max(off, Math.abs(product - values[i]! * vectors[i * n + row]!));
      skew = Math.max(skew, Math.abs(dot - (i === row ? 1 : 0)));
    }
  }
  return [off, skew];
}

function randomSymmetric(n: number): Float64Array {
  const a = normal(key(n), [n, n]).data;
  return Float64Array.from({ length: n * n }, (_, at) => a[at]! + a[(at % n) * n + Math.floor(at / n)]!);
}

describe("symmetricEigen", () => {
  it.each([1, 2, 3, 4, 7, 16, 33, 80])("decomposes random matrices of side %i", (n) => {
    const [off, skew] = residuals(randomSymmetric(n), n);
    expect(off).toBeLessThan(1e-12);
    expect(skew).toBeLessThan(1e-12);
  });

  it.each([
    ["zeros", 5, () => 0],
    ["the identity", 6, (i: number, j: number) => (i === j ? 1 : 0)],
    ["ones, of rank 1", 9, () => 1],
    ["a diagonal of very different sizes", 8, (i: number, j: number) => (i === j ? 10 ** (2 * i - 8) : 0)],
    ["blocks that do not touch", 6, (i: number, j: number) => (i < 3 === j < 3 ? 1 + Math.min(i, j) : 0)],
    ["a chain", 30, (i: number, j: number) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)],
  ])("decomposes %s", (_, n, entry) => {
    const matrix = Float64Array.from({ length: n * n }, (_, at) => entry(Math.floor(at / n), at % n));
    const [off, skew] = residuals(matrix, n);
    const size = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    expect(off / size).toBeLessThan(1e-13);
    expect(skew).toBeLessThan(1e-13);
  });

  it("finds the known values of a chain: 2 - 2 cos(pi i / (n + 1))", () => {
    const n = 20;
    const matrix = Float64Array.from({ length: n * n }, (_, at) => {
      const apart = Math.abs(Math.floor(at / n) - (at % n));
      return apart === 0 ? 2 : apart === 1 ? -1 : 0;
    });
    const found = symmetricEigen(matrix, n).values.toSorted();
    found.forEach((value, i) => expect(value).toBeCloseTo(2 - 2 * Math.cos((Math.PI * (i + 1)) / (n + 1)), 12));
  });

  it("rejects values that are not finite", () => {
    expect(() => symmetricEigen(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).toThrow(DataError);
  });
});
