import { describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { type Points, toPoints } from "../../src/numeric/points.ts";
import { type Key, fold, key, normal } from "../../src/base/random.ts";
import {
  cubicKernel,
  discreteJs,
  gaussianKernel,
  knnJs,
  knnKl,
  medianDistance,
  mmd,
  normalJs1d,
} from "../../src/divergences/index.ts";

/** Draws of a standard normal moved by `shift` along the first axis. */
function draws(of: Key, n: number, d: number, shift = 0): Points {
  const { data } = normal(of, [n, d]);
  return ndarray(
    "float64",
    [n, d],
    Float64Array.from(data, (value, i) => value + (i % d === 0 ? shift : 0)),
  );
}

/** A number as a point of a line. */
const onLine = (values: readonly number[]): Points =>
  toPoints(ndarray("float64", [values.length], Float64Array.from(values)), "line");
const repeats = Array.from({ length: 12 }, (_, i) => i);

function spreadOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

describe("KL from neighbours", () => {
  it("is near m^2 / 2 for shifted normals, nearer for more samples, and 0 for equal ones", () => {
    for (const shift of [0, 1]) {
      const [few, many] = [200, 1500].map((n) =>
        Math.abs(
          spreadOf(
            repeats.map((i) => knnKl(draws(fold(key(1), n, i), n, 2), draws(fold(key(2), n, i), n, 2, shift)).value),
          ).mean -
            shift ** 2 / 2,
        ),
      ) as [number, number];
      expect(many).toBeLessThan(0.04);
      if (shift > 0) expect(many).toBeLessThan(few);
    }
  });

  it("has a standard error of the size of its spread", () => {
    const found = repeats.map((i) => knnKl(draws(fold(key(3), i), 500, 2), draws(fold(key(4), i), 400, 2, 1)));
    const { deviation } = spreadOf(found.map(({ value }) => value));
    const { mean } = spreadOf(found.map(({ stderr }) => stderr));
    expect(mean / deviation).toBeGreaterThan(0.6);
    expect(mean / deviation).toBeLessThan(2);
    expect(knnKl(draws(key(3), 20, 2), draws(key(4), 20, 2)).stderr).toBeNaN();
  });

  it("is invariant under scale, shift and order", () => {
    const [x, y] = [draws(key(5), 60, 3), draws(key(6), 50, 3, 1)];
    const changed = ({ data, shape }: Points): Points =>
      ndarray(
        "float64",
        shape,
        data.map((value) => 3 * value - 7),
      );
    expect(knnKl(changed(x), changed(y)).value).toBeCloseTo(knnKl(x, y).value, 9);
    expect(knnJs(changed(x), changed(draws(key(6), 60, 3, 1))).value).toBeCloseTo(
      knnJs(x, draws(key(6), 60, 3, 1)).value,
      9,
    );
  });

  it("rejects coincident points, and more neighbours than points", () => {
    const same = onLine([1, 1, 1, 1, 1, 1, 1, 2, 3]);
    expect(() => knnKl(same, onLine([1, 2, 3, 4, 5, 6]))).toThrow(DataError);
    expect(() => knnKl(onLine([1, 2, 3, 4, 5, 6]), onLine([2, 2, 2, 2, 2, 2]))).toThrow("points must be distinct");
    expect(() => knnKl(onLine([1, 2, 3]), onLine([1, 2, 3]), 3)).toThrow("an integer from 1 to 2 - got 3");
    expect(() => knnKl(onLine([1, 2, 3]), draws(key(1), 5, 2), 1)).toThrow("the same dimension - got 1 and 2");
  });
});

describe("JS from neighbours", () => {
  it("is that of the densities, and log 2 for sides far apart", () => {
    for (const shift of [0, 1, 3]) {
      const { mean, deviation } = spreadOf(
        repeats.map((i) => knnJs(draws(fold(key(7), i), 500, 2), draws(fold(key(8), i), 500, 2, shift)).value),
      );
      const truth = normalJs1d({ mean: 0, deviation: 1 }, { mean: shift, deviation: 1 });
      expect(Math.abs(mean - truth)).toBeLessThan((4 * deviation) / Math.sqrt(repeats.length));
    }
    const far = knnJs(draws(key(9), 400, 3), draws(key(10), 400, 3, 100)).value;
    expect(far).toBeGreaterThan(Math.LN2);
    expect(far).toBeLessThan(Math.LN2 + 1 / 1600 + 1e-6);
  });

  it("supports coinciding points", () => {
    const [p, q] = [
      [500, 300, 200],
      [100, 300, 600],
    ];
    const at = (counts: readonly number[]) =>
      onLine(counts.flatMap((count, value) => Array.from({ length: count }, () => value)));
    expect(knnJs(at(p!), at(q!)).value).toBeCloseTo(discreteJs(p!, q!), 2);
  });

  it("rejects sides of different sizes", () => {
    expect(() => knnJs(draws(key(1), 30, 1), draws(key(2), 31, 1))).toThrow("same number of points - got 30 and 31");
  });
});

describe("MMD", () => {
  it("is unbiased: the closed form for shifted normals on average, either sign for equal ones", () => {
    // E k(x, y) for a Gaussian kernel of bandwidth s and normals a shift m apart, in one dimension.
    const s = 1.5;
    const meanKernel = (m: number) => Math.sqrt(s ** 2 / (s ** 2 + 2)) * Math.exp(-(m ** 2) / (2 * (s ** 2 + 2)));
    for (const shift of [0, 0.5, 2]) {
      const found = Array.from({ length: 60 }, (_, i) =>
        mmd(draws(fold(key(11), i), 60, 1), draws(fold(key(12), i), 40, 1, shift), gaussianKernel([s])),
      );
      const { mean, deviation } = spreadOf(found.map(({ squared }) => squared));
      expect(Math.abs(mean - 2 * (meanKernel(0) - meanKernel(shift)))).toBeLessThan((3 * deviation) / Math.sqrt(60));
      const error = spreadOf(found.map(({ stderr }) => stderr)).mean;
      expect(error / deviation).toBeGreaterThan(0.8);
      expect(error / deviation).toBeLessThan(1.6);
      if (shift === 0) expect(found.filter(({ squared }) => squared < 0).length).toBeGreaterThan(20);
    }
  });

  it("accepts any kernel: the cubic one, compared with a direct computation", () => {
    const [x, y] = [onLine([0, 1, 2]), onLine([1, 3, 3])];
    const k = (a: number, b: number) => (a * b + 1) ** 3;
    const within = (a: readonly number[]) => (k(a[0]!, a[1]!) + k(a[0]!, a[2]!) + k(a[1]!, a[2]!)) / 3;
    const across = [0, 1, 2].flatMap((a) => [1, 3, 3].map((b) => k(a, b))).reduce((sum, value) => sum + value) / 9;
    expect(mmd(x, y, cubicKernel(1)).squared).toBeCloseTo(within([0, 1, 2]) + within([1, 3, 3]) - 2 * across, 9);
  });

  it("has a median distance, and rejects points without one", () => {
    expect(medianDistance(onLine([0, 1]), onLine([3, 7]))).toBe(4);
    expect(() => mmd(onLine([1, 2]), onLine([1, 2, 3]), gaussianKernel([1]))).toThrow(
      "at least 3 points - got 2 and 3",
    );
    expect(() => gaussianKernel([medianDistance(onLine([1, 1]), onLine([1, 1]))])).toThrow("above 0 - got 0");
    expect(() => gaussianKernel([])).toThrow("above 0 - got none");
  });
});
