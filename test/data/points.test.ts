import { describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { type NdArray, rows } from "../../src/base/ndarray.ts";
import {
  type Dataset,
  type GeneratedDataset,
  type Modes,
  datasets,
  grid25,
  mixture1200,
  moons,
  ring8,
  select,
  splitOff,
  swissRoll,
  take,
} from "../../src/data/index.ts";
import { openData } from "../../src/node/index.ts";

const sets = [ring8, grid25, mixture1200, swissRoll, moons];

async function firstItems(data: Dataset, n = data.size): Promise<NdArray<"float32">> {
  return await data.read(Int32Array.from({ length: n }, (_, i) => i));
}

function centersOf({ modes }: Dataset): Extract<Modes, { kind: "centers" }> {
  if (modes?.kind !== "centers") throw new Error("these data have centers");
  return modes;
}

/** Euclidean distance of row `i` of `a` from row `j` of `b`. */
function distance(a: NdArray, i: number, b: NdArray, j: number): number {
  const d = a.shape[1]!;
  let total = 0;
  for (let k = 0; k < d; k++) total += (a.data[i * d + k]! - b.data[j * d + k]!) ** 2;
  return Math.sqrt(total);
}

/** The nearest centre of each point, and how far away it is. */
function nearest(points: NdArray, centers: NdArray): { mode: number; distance: number }[] {
  return Array.from({ length: points.shape[0]! }, (_, i) => {
    let best = { mode: -1, distance: Infinity };
    for (let mode = 0; mode < centers.shape[0]!; mode++) {
      const far = distance(points, i, centers, mode);
      if (far < best.distance) best = { mode, distance: far };
    }
    return best;
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(sets)("$name", (set: GeneratedDataset) => {
  const { train, test } = set.generate();

  it("has 100,000 training and 10,000 test points", async () => {
    expect([train.size, test.size]).toEqual([100_000, 10_000]);
    expect([train.kind, train.name, train.skipped]).toEqual(["points", set.name, []]);
    expect((await train.read([0, 99_999])).shape).toEqual([2, ...train.shape]);
    for (const index of [-1, 100_000, 0.5]) await expect(train.read([index])).rejects.toThrow(OptionError);
  });

  it("returns an item by its index, independently of other reads", async () => {
    const some = [7, 99_999, 7, 0, 512];
    const together = await train.read(some);
    const again = set.generate().train;
    for (const [n, index] of some.entries()) {
      expect((await again.read([index])).data).toEqual(rows(together, n, n + 1).data);
    }
    expect(again.labels?.join()).toBe(train.labels?.join());
    expect((await test.read([7])).data).not.toEqual((await train.read([7])).data);
  });

  it("is found by name, and has a fingerprint for each split", async () => {
    expect(datasets).toContain(set);
    const opened = await openData(set.name, { limit: 5 });
    expect(await opened.test.read([4])).toEqual(await test.read([4]));
    expect(set.generate().train.fingerprint).toBe(train.fingerprint);
    const prints = sets.flatMap((other) => Object.values(other.generate()).map((part: Dataset) => part.fingerprint));
    expect(new Set(prints).size).toBe(2 * sets.length);
  });
});

// Runs name their data by fingerprint: as long as it stands, so must the points.
describe("the first points", () => {
  it.each([
    [ring8, [-0.005182, 1.000077], "f2830379e17e990f"],
    [grid25, [4.00939, -2.041409], "ec9c58d71a26424b"],
    [mixture1200, [-1.603716, -0.433079], "cfda4350a2a41ff1"],
    [swissRoll, [0.041516, 1.012961], "8da54a633aae6b00"],
    [moons, [0.9891, 0.245635], "a2ba8ca22a752a1a"],
  ] as const)("of $name are those of earlier versions", async (set, point, fingerprint) => {
    const { train } = set.generate();
    expect(train.fingerprint).toBe(fingerprint);
    const { data } = await train.read([0]);
    point.forEach((value, i) => expect(data[i]).toBeCloseTo(value, 5));
  });
});

describe("centres", () => {
  it("of ring8 are eight places on the unit circle, an eighth of a turn apart", () => {
    const { centers, deviation, within } = centersOf(ring8.generate().train);
    expect([centers.shape, deviation, within]).toEqual([[8, 2], 0.01, 3]);
    for (let a = 0; a < 8; a++) {
      expect(Math.hypot(centers.data[2 * a]!, centers.data[2 * a + 1]!)).toBeCloseTo(1, 6);
      for (let b = 0; b < a; b++) {
        const chord = 2 * Math.sin((Math.PI * (a - b)) / 8);
        expect(distance(centers, a, centers, b)).toBeCloseTo(Math.abs(chord), 6);
        expect(chord).toBeGreaterThan(0.76);
      }
    }
  });

  it("of grid25 are all pairs of -4, -2, 0, 2, 4", () => {
    const { centers, deviation, within } = centersOf(grid25.generate().train);
    expect([deviation, within]).toEqual([0.05, 3]);
    const pairs = Array.from({ length: 25 }, (_, m) => [...rows(centers, m, m + 1).data].join(" "));
    const expected = [-4, -2, 0, 2, 4].flatMap((x) => [-4, -2, 0, 2, 4].map((y) => `${x} ${y}`));
    expect(pairs.toSorted()).toEqual(expected.toSorted());
  });

  it("of mixture1200 are ten constant vectors", () => {
    const { centers, deviation } = centersOf(mixture1200.generate().train);
    expect([centers.shape, deviation]).toEqual([[10, 1200], 1]);
    const levels = Array.from({ length: 10 }, (_, m) => [...new Set(rows(centers, m, m + 1).data)]);
    expect(levels).toEqual([[-1], [-0.5], [0], [0.5], [-2], [-2.5], [10], [0.25], [-13], [-5.5]]);
  });
});

describe("mixtures", () => {
  // Quantiles 0.001 and 0.999 of the chi-squared distribution with one degree of freedom less than modes.
  it.each([
    [ring8, 0.598, 24.32],
    [grid25, 8.085, 51.18],
    [mixture1200, 1.152, 27.88],
  ] as const)("$name draw modes with equal probability, and label points by mode", (set, low, high) => {
    for (const { labels, size, modes } of Object.values(set.generate()) as Dataset[]) {
      const k = (modes as Extract<Modes, { kind: "centers" }>).centers.shape[0]!;
      const counts = new Array<number>(k).fill(0);
      for (const label of labels!) counts[label]!++;
      const statistic = counts.reduce((sum, count) => sum + (count - size / k) ** 2 / (size / k), 0);
      expect(statistic).toBeGreaterThan(low);
      expect(statistic).toBeLessThan(high);
    }
  });

  it.each([ring8, grid25])("$name have the expected spread around the centre of their label", async (set) => {
    const { train } = set.generate();
    const { centers, deviation } = centersOf(train);
    const points = await firstItems(train);
    expect(nearest(points, centers).map(({ mode }) => mode)).toEqual([...train.labels!]);
    const noise = [0, 1].map((k) =>
      Array.from(train.labels!, (label, i) => (points.data[2 * i + k]! - centers.data[2 * label + k]!) / deviation),
    );
    const error = 4 / Math.sqrt(train.size);
    for (const axis of noise) {
      expect(Math.abs(mean(axis))).toBeLessThan(error);
      expect(Math.abs(mean(axis.map((value) => value ** 2)) - 1)).toBeLessThan(Math.SQRT2 * error);
    }
    expect(Math.abs(mean(noise[0]!.map((value, i) => value * noise[1]![i]!)))).toBeLessThan(error);
    // The noise of one point tells nothing of the next one's.
    const [x] = noise as [number[], number[]];
    expect(Math.abs(mean(x.slice(1).map((value, i) => value * x[i]!)))).toBeLessThan(error);
  });

  it.each([ring8, grid25])("$name have 98.89 % high-quality points, as a perfect model has", async (set) => {
    for (const part of Object.values(set.generate()) as Dataset[]) {
      const { centers, deviation, within } = centersOf(part);
      const share = mean(
        nearest(await firstItems(part), centers).map((found) => Number(found.distance <= within * deviation)),
      );
      const perfect = 1 - Math.exp(-(3 ** 2) / 2);
      expect(perfect).toBeCloseTo(0.9889, 4);
      expect(Math.abs(share - perfect)).toBeLessThan(3 * Math.sqrt((perfect * (1 - perfect)) / part.size));
    }
  });

  it("mixture1200 has noise in its first 700 coordinates only, and every point is of high quality", async () => {
    const { train } = mixture1200.generate();
    const { centers, deviation, within } = centersOf(train);
    const points = await firstItems(train, 1000);
    const found = nearest(points, centers);
    expect(found.map(({ mode }) => mode)).toEqual([...train.labels!.subarray(0, 1000)]);
    const noise = found.flatMap(({ mode }, i) =>
      Array.from({ length: 700 }, (_, k) => points.data[1200 * i + k]! - centers.data[1200 * mode + k]!),
    );
    expect(Math.abs(mean(noise))).toBeLessThan(4 / Math.sqrt(700_000));
    expect(Math.abs(mean(noise.map((value) => value ** 2)) - 1)).toBeLessThan(4 * Math.sqrt(2 / 700_000));
    found.forEach(({ mode }, i) => {
      const rest = points.data.subarray(1200 * i + 700, 1200 * (i + 1));
      expect(rest.every((value) => value === centers.data[1200 * mode])).toBe(true);
    });
    // The distance follows the chi distribution with 700 degrees of freedom: mean 26.449, deviation 0.707.
    const distances = found.map((each) => each.distance);
    expect(Math.abs(mean(distances) - 26.449)).toBeLessThan((4 * Math.SQRT1_2) / Math.sqrt(1000));
    expect(Math.min(...distances)).toBeGreaterThan(10 * deviation);
    expect(within * deviation).toBeCloseTo(26.4575 + 7.0711, 3);
    expect(Math.max(...distances)).toBeLessThan(within * deviation);
  });
});

describe("curves", () => {
  it("swiss-roll follows the spiral, uniform in angle, with its noise", async () => {
    const { train } = swissRoll.generate();
    expect([train.labels, train.modes]).toEqual([null, undefined]);
    const points = Float64Array.from((await firstItems(train)).data, (value) => 7.5 * value);
    const pairs = Array.from({ length: train.size }, (_, i) => [points[2 * i]!, points[2 * i + 1]!] as const);
    // Of t (cos t, sin t), t uniform on [1.5 pi, 4.5 pi]: means 2 and 2 / (3 pi), mean square 13 / 3 (1.5 pi)^2.
    const error = 4 / Math.sqrt(train.size);
    expect(Math.abs(mean(pairs.map(([x]) => x)) - 2)).toBeLessThan(7 * error);
    expect(Math.abs(mean(pairs.map(([, y]) => y)) - 2 / (3 * Math.PI))).toBeLessThan(7 * error);
    const square = (13 / 3) * (1.5 * Math.PI) ** 2 + 2 * 0.25 ** 2;
    expect(Math.abs(mean(pairs.map(([x, y]) => x * x + y * y)) - square)).toBeLessThan(52 * error);
    // Along the radius the next arm is 2 pi away; the noise across is almost that along the radius.
    const off = pairs.map(([x, y]) => {
      const turns = (Math.hypot(x, y) - Math.atan2(y, x)) / (2 * Math.PI);
      return 2 * Math.PI * (turns - Math.round(turns));
    });
    expect(Math.abs(mean(off))).toBeLessThan(0.01);
    expect(Math.sqrt(mean(off.map((value) => value ** 2)))).toBeCloseTo(0.25, 2);
  });

  it("moons are two half circles of radius 1 with their noise", async () => {
    const { train } = moons.generate();
    const points = await firstItems(train);
    const upper = Array.from(train.labels!, (label) => label === 0);
    expect(Math.abs(mean(upper.map(Number)) - 0.5)).toBeLessThan(2 / Math.sqrt(train.size));
    const local = upper.map((up, i) => {
      const [x, y] = [points.data[2 * i]!, points.data[2 * i + 1]!];
      return up ? [x, y] : [1 - x, 0.5 - y];
    }) as [number, number][];
    const radii = local.map(([x, y]) => Math.hypot(x, y));
    // The mean of a radius with noise across it is 1 + 0.05^2 / 2.
    expect(mean(radii)).toBeCloseTo(1.00125, 3);
    expect(Math.sqrt(mean(radii.map((radius) => (radius - 1.00125) ** 2)))).toBeCloseTo(0.05, 3);
    expect(Math.min(...local.map(([, y]) => y))).toBeGreaterThan(-0.3);
    // Of (cos, sin) of an angle uniform on [0, pi]: means 0 and 2 / pi.
    expect(Math.abs(mean(local.map(([x]) => x)))).toBeLessThan(4 * Math.sqrt(0.5 / train.size));
    expect(mean(local.map(([, y]) => y))).toBeCloseTo(2 / Math.PI, 2);
  });
});

describe("selections of points", () => {
  it("keep modes when limited, selected and split", async () => {
    const { train } = ring8.generate();
    const { modes } = train;
    expect(take(train, 10).modes).toBe(modes);
    const chosen = select(take(train, 100), Int32Array.of(99, 3));
    expect(chosen.modes).toBe(modes);
    expect(select(chosen, Int32Array.of(1)).modes).toBe(modes);
    expect([...chosen.labels!]).toEqual([train.labels![99], train.labels![3]]);
    expect((await chosen.read([0])).data).toEqual((await train.read([99])).data);
    for (const half of Object.values(splitOff(chosen, 0.5)) as Dataset[]) expect(half.modes).toBe(modes);
    for (const part of Object.values(await openData("grid25", { limit: 3 })) as Dataset[]) {
      expect(centersOf(part).centers.shape).toEqual([25, 2]);
    }
  });

  it("add no modes to data without", () => {
    expect(take(moons.generate().train, 3).modes).toBeUndefined();
  });
});

describe("openData on points", () => {
  it("rejects sizes in pixels, and a folder of files", async () => {
    await expect(openData("ring8", { size: 2 })).rejects.toThrow(
      "--size is for folders of images and Parquet files with images - got 2 for ring8, whose items are 2",
    );
    await expect(openData("ring8", { dataDir: "." })).rejects.toThrow("which is generated");
  });
});
