import { describe, expect, it } from "vitest";

import {
  type Key,
  fold,
  integers,
  key,
  normal,
  permutation,
  threefry,
  uniform,
  wordStream,
} from "../../src/base/random.ts";
import "../tolerance.ts";
import { chiSquare, chiSquareLimit } from "../chi-square.ts";

describe("threefry", () => {
  // Known answers of Threefry-2x32 with 20 rounds. @source Random123 1.14, tests/kat_vectors.
  it.each([
    { key: [0, 0], counter: [0, 0], block: [0x6b200159, 0x99ba4efe] },
    {
      key: [0xffffffff, 0xffffffff],
      counter: [0xffffffff, 0xffffffff],
      block: [0x1cb996fc, 0xbb002be7],
    },
    {
      key: [0x13198a2e, 0x03707344],
      counter: [0x243f6a88, 0x85a308d3],
      block: [0xc4923a9c, 0x483df7a0],
    },
  ])("gives the published block for $counter", ({ key: [high, low], counter: [first, second], block }) => {
    expect(threefry(high!, low!, first!, second!)).toEqual(block);
  });
});

const seed = key(20_260_101);

const pinned = {
  uniform: [0.03464895486831665, 0.5450938940048218, 0.7651379108428955],
  normal: [-0.719534695148468, 0.058552708476781845, -0.945739209651947],
};

/** Distance of a sample to a cumulative distribution. @source Kolmogorov 1933. */
function kolmogorov(sample: Float32Array, below: (x: number) => number): number {
  const sorted = sample.toSorted();
  return Math.max(
    ...Array.from(sorted, (x, i) =>
      Math.max(Math.abs(below(x) - i / sorted.length), Math.abs((i + 1) / sorted.length - below(x))),
    ),
  );
}

function moment(values: ArrayLike<number>, power: number): number {
  return Array.from(values).reduce((total, value) => total + value ** power, 0) / values.length;
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [meanA, meanB] = [moment(a, 1), moment(b, 1)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - meanA) * (b[i]! - meanB);
    aa += (a[i]! - meanA) ** 2;
    bb += (b[i]! - meanB) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

const n = 40_000;
/** Exceeded in one of 10,000 samples. */
const kolmogorovLimit = 2.23 / Math.sqrt(n);
/** Five standard errors of a mean. */
const five = 5 / Math.sqrt(n);

/** Abramowitz, Stegun, 7.1.26: off by less than 1.5e-7. */
function normalBelow(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - series * Math.exp(-z * z);
  return 0.5 * (1 + Math.sign(x) * erf);
}

describe("uniform", () => {
  const drawn = uniform(seed, [n]).data;

  it("is in [0, 1) and uniformly distributed", () => {
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
    expect(kolmogorov(drawn, (x) => x)).toBeLessThan(kolmogorovLimit);
  });

  it("has the moments 1/2, 1/3, 1/4", () => {
    [1, 2, 3].forEach((power) => {
      const [mean, square] = [1 / (power + 1), 1 / (2 * power + 1)];
      expect(moment(drawn, power)).toBeAllclose(mean, {
        relative: 0,
        absolute: five * Math.sqrt(square - mean ** 2),
      });
    });
  });

  it("has uncorrelated neighbours", () => {
    const cells = new Array<number>(256).fill(0);
    for (let i = 0; i + 1 < n; i += 2) cells[Math.floor(drawn[i]! * 16) * 16 + Math.floor(drawn[i + 1]! * 16)]!++;
    expect(chiSquare(cells)).toBeLessThan(chiSquareLimit(255));
  });

  it("has even low bits", () => {
    const next = wordStream(seed);
    const counts = new Array<number>(64).fill(0);
    for (let i = 0; i < n; i++) counts[next() % 64]!++;
    expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(63));
  });
});

describe("normal", () => {
  const drawn = normal(seed, [n]).data;

  it("is normally distributed", () => {
    expect(kolmogorov(drawn, normalBelow)).toBeLessThan(kolmogorovLimit);
  });

  it("has the moments 0, 1, 0, 3, whose errors are those of n draws", () => {
    // E[x^2k] = (2k - 1)!!
    const even = [1, 1, 3, 15, 105];
    [1, 2, 3, 4].forEach((power) => {
      const mean = power % 2 === 0 ? even[power / 2]! : 0;
      const deviation = Math.sqrt(even[power]! - mean ** 2);
      expect(moment(drawn, power)).toBeAllclose(mean, { relative: 0, absolute: five * deviation });
    });
  });

  it("has uncorrelated pairs within a draw, also in magnitude", () => {
    const cosines = drawn.filter((_, i) => i % 2 === 0);
    const sines = drawn.filter((_, i) => i % 2 === 1);
    expect(Math.abs(correlation(cosines, sines))).toBeLessThan(five * Math.SQRT2);
    const squares = [cosines, sines].map((side) => side.map((value) => value ** 2));
    expect(Math.abs(correlation(squares[0]!, squares[1]!))).toBeLessThan(five * Math.SQRT2);
  });

  it("returns for an odd count the beginning of the next even one", () => {
    expect([...normal(seed, [7]).data]).toEqual([...normal(seed, [8]).data.subarray(0, 7)]);
  });
});

describe("integers", () => {
  it.each([1, 2, 7, 100, 2 ** 31 - 1])("are in [0, %i), uniformly distributed", (bound) => {
    const drawn = integers(seed, n, bound);
    expect(drawn.every((value) => value >= 0 && value < bound)).toBe(true);
    const cells = Math.min(bound, 50);
    const counts = new Array<number>(cells).fill(0);
    drawn.forEach((value) => counts[Math.floor((value * cells) / bound)]!++);
    if (cells > 1) expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(cells - 1));
  });
});

describe("permutation", () => {
  it("contains every number once", () => {
    for (const count of [0, 1, 2, 5, 1000]) {
      expect([...permutation(seed, count)].toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: count }, (_, i) => i),
      );
    }
  });

  it("returns each of the 24 orders of four with equal frequency", () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = permutation(fold(seed, i), 4).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()])).toBeLessThan(chiSquareLimit(23));
  });
});

describe("keys", () => {
  it("give the same numbers every time", () => {
    expect([...normal(fold(key(7), "noise", "z", 12), [64]).data]).toEqual([
      ...normal(fold(key(7), "noise", "z", 12), [64]).data,
    ]);
    // Pinned: a change here changes every published run.
    expect([...uniform(key(1), [3]).data]).toEqual(pinned.uniform);
    expect([...normal(fold(key(1), "init", 2), [3]).data]).toEqual(pinned.normal);
  });

  it("keep all 53 bits of a seed", () => {
    const seeds = [0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, -1];
    const streams = new Set(seeds.map((value) => [...uniform(key(value), [4]).data].join()));
    expect(streams.size).toBe(seeds.length);
  });

  const children: Record<string, (i: number) => Key> = {
    "next seeds": (i) => key(i),
    "next numbers": (i) => fold(seed, i),
    "next names": (i) => fold(seed, `layer.${i}`),
    "next parents": (i) => fold(key(i), "z"),
    "far numbers": (i) => fold(seed, i * 2 ** 32),
  };

  it.each(Object.entries(children))("of %s give uncorrelated streams", (_, child) => {
    const count = 2000;
    const starts = new Set<string>();
    const first = new Float32Array(count);
    const cells = new Array<number>(64).fill(0);
    let previous = 0.5;
    for (let i = 0; i < count; i++) {
      const drawn = uniform(child(i), [4]).data;
      starts.add(drawn.join());
      first[i] = drawn[0]!;
      cells[Math.floor(previous * 8) * 8 + Math.floor(drawn[0]! * 8)]!++;
      previous = drawn[0]!;
    }
    expect(starts.size).toBe(count);
    expect(kolmogorov(first, (x) => x)).toBeLessThan(2.23 / Math.sqrt(count));
    expect(chiSquare(cells)).toBeLessThan(chiSquareLimit(63));
  });

  it("distinguish numbers from their text, and paths from joined path parts", () => {
    const names: (number | string)[][] = [
      [1],
      ["1"],
      ["a", "b"],
      ["ab"],
      ["b", "a"],
      ["a.b"],
      [],
      [""],
      [0],
      ["0"],
      [1, 0],
      [0, 1],
    ];
    const keys = names.map((parts) => fold(seed, ...parts));
    expect(new Set(keys.map(({ high, low }) => `${high}:${low}`)).size).toBe(names.length);
  });
});
