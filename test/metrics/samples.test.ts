import { describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { type NdArray, fromNumbers, ndarray, zeros } from "../../src/base/ndarray.ts";
import { key, permutation, uniform } from "../../src/base/random.ts";
import { ring8 } from "../../src/data/index.ts";
import { accuracy, diversity, memorisation, modes, nearestModes, sharpness, z95 } from "../../src/metrics/index.ts";
import { laplacianVariances } from "../../src/metrics/sharpness.ts";
import { mapped, pair, range } from "./feature-sets.ts";

/** n images [h, w, 1] of a function of place. */
function images(n: number, h: number, w: number, of: (y: number, x: number, image: number) => number): NdArray {
  const out = zeros([n, h, w, 1]);
  for (let at = 0; at < out.data.length; at++) {
    out.data[at] = of(Math.floor(at / w) % h, at % w, Math.floor(at / (h * w)));
  }
  return out;
}

function momentsOf(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) };
}

describe("sharpness", () => {
  it("is the variance of the Laplacian: 16 a^2 on a checkerboard of black and a", () => {
    // Every neighbour is of the other colour: the Laplacian is 4a on black and -4a on the rest, as often.
    const board = images(2, 6, 8, (y, x, image) => ((y + x) % 2) * (image + 1));
    expect([...laplacianVariances(board)]).toEqual([16, 64]);
  });

  it("is 0 on constant images and ramps, and a half for an edge in an image of four columns and a border", () => {
    expect([...laplacianVariances(images(1, 5, 5, () => 0.5))]).toEqual([0]);
    expect(laplacianVariances(images(1, 5, 9, (y, x) => 0.125 * x + 0.25 * y))[0]).toBeCloseTo(0, 12);
    // Columns 0 0 0 1 1 1 inside a border: the Laplacian is 1, -1 beside the edge, else 0: variance 2/4.
    expect(laplacianVariances(images(1, 5, 6, (_, x) => (x < 3 ? 0 : 1)))[0]).toBeCloseTo(0.5, 12);
  });

  it("averages over channels", () => {
    const board = images(1, 6, 6, (y, x) => (y + x) % 2);
    const two = zeros([1, 6, 6, 2]);
    board.data.forEach((value, at) => (two.data[2 * at] = value));
    expect([...laplacianVariances(two)]).toEqual([8]);
  });

  const real = images(50, 8, 8, (y, x, image) => ((y * 7 + x * 3 + image * 5) % 11) / 11);

  it("is 1 for equal sets, the square of a contrast, whatever the order and duplication", () => {
    expect(sharpness.measure({ generated: real, reference: real }, {}).value).toBe(1);
    const half = { ...real, data: real.data.map((value) => value / 2 + 0.25) } as NdArray;
    expect(sharpness.measure({ generated: half, reference: real }, {}).value).toBeCloseTo(0.25, 6);
    const blurred = images(50, 8, 8, (y, x, image) => {
      const at = (dy: number, dx: number) => real.data[(image * 8 + Math.min(7, y + dy)) * 8 + Math.min(7, x + dx)]!;
      return (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
    });
    expect(sharpness.measure({ generated: blurred, reference: real }, {}).value).toBeLessThan(0.3);
  });

  it("rejects real images without an edge, and images without interior pixels", () => {
    const flat = images(3, 4, 4, () => 0.5);
    expect(() => sharpness.measure({ generated: real, reference: flat }, {})).toThrow("must not all be constant");
    const small = images(3, 2, 8, () => 0.5);
    expect(() => sharpness.measure({ generated: small, reference: real }, {})).toThrow(
      "needs images of at least 3 x 3 pixels - got [3, 2, 8, 1]",
    );
  });
});

describe("diversity", () => {
  it("is the ratio of deviations of sets that differ in scale only, and 0 for a set of one repeated item", () => {
    const sets = pair(1, 20_000, 20_000, 4);
    const half = { ...sets, generated: mapped(sets.generated, (value) => value / 2) };
    const { value, stderr } = diversity.measure(half, {});
    expect(Math.abs(value - 0.5)).toBeLessThan(4 * stderr);
    const one = { ...sets, generated: mapped(sets.generated, (_, column) => column) };
    expect(diversity.measure(one, {}).value).toBe(0);
  });

  it("finds the mean distance of two normal numbers, 2 / sqrt(pi)", () => {
    const { details } = diversity.measure(pair(2, 40_000, 40_000, 1), {});
    expect(details.ofReal).toBeCloseTo(2 / Math.sqrt(Math.PI), 1);
    expect(details.ofSamples).toBeCloseTo(2 / Math.sqrt(Math.PI), 1);
  });

  it("compares disjoint pairs of items, and has the error of as many independent pairs", () => {
    const line = (...values: number[]) => ndarray("float64", [values.length, 1], Float64Array.from(values));
    const sets = { generated: line(0, 1, 10, 12, 3, 6, 5, 9), reference: line(0, 2, 7, 5), key: key(1) };
    const { value, stderr, details } = diversity.measure(sets, {});
    // Distances 1, 2, 3, 4 beside 2, 2: a mean of 2.5 with the error sqrt(5/3 / 4), and one of 2 without error.
    expect([details.ofSamples, details.ofReal, value]).toEqual([2.5, 2, 1.25]);
    expect(stderr).toBeCloseTo(Math.sqrt(5 / 12) / 2, 12);
  });

  it("is shift-invariant, and rejects identical real items", () => {
    const sets = pair(3, 100, 100, 2);
    const moved = { ...sets, generated: mapped(sets.generated, (value) => value + 8) };
    expect(diversity.measure(moved, {}).value).toBeCloseTo(diversity.measure(sets, {}).value, 12);
    const flat = { ...sets, reference: mapped(sets.reference, () => 1) };
    expect(() => diversity.measure(flat, {})).toThrow(DataError);
  });
});

describe("memorisation", () => {
  const heldOut = Float64Array.from({ length: 1000 }, (_, i) => 1 + i / 1000);

  it("is a hundredth for samples like held-out items, 1 for copies, 0 for samples that keep away", () => {
    const of = (generated: Float64Array) => memorisation.measure({ generated, heldOut }, {});
    expect(of(heldOut).value).toBe(0.01);
    expect(of(heldOut).details).toMatchObject({ distanceRatio: 1, copies: 0 });
    const copies = of(new Float64Array(500));
    expect(copies.value).toBe(1);
    expect(copies.details).toMatchObject({ distanceRatio: 0, copies: 500 });
    const away = of(heldOut.map((distance) => 2 * distance));
    // Wilson's interval of none of n is from 0 to z^2 / (n + z^2).
    expect([away.value, away.interval![0]]).toEqual([0, 0]);
    expect(away.interval![1]).toBeCloseTo(z95 ** 2 / (1000 + z95 ** 2), 12);
    expect(copies.interval![1]).toBe(1);
  });

  it("finds copies if held-out items contain copies, too, and reports how many of them do", () => {
    const some = heldOut.map((distance, i) => (i < 50 ? 0 : distance));
    const of = (generated: Float64Array) => memorisation.measure({ generated, heldOut: some }, {});
    const copies = of(new Float64Array(500));
    expect(copies.value).toBe(1);
    expect(copies.details).toMatchObject({ threshold: 0, copies: 500, copiesHeldOut: 50, heldOutShare: 0.05 });
    // One that learned the distribution repeats as many as that has repeated.
    expect(of(some).value).toBe(0.05);
    expect(of(heldOut).value).toBe(0);
    // Half of the samples are copies.
    expect(of(Float64Array.from({ length: 400 }, (_, i) => i % 2)).value).toBe(0.5);
    // All held-out items are copies: no model can be told from one that copies.
    expect(
      memorisation.measure({ generated: new Float64Array(100), heldOut: new Float64Array(100) }, {}),
    ).toMatchObject({
      value: 1,
      details: { heldOutShare: 1 },
    });
  });

  it("is invariant under order, a common scale, and duplication", () => {
    const generated = Float64Array.from({ length: 400 }, (_, i) => 0.9 + i / 800);
    const { value } = memorisation.measure({ generated, heldOut }, {});
    const order = permutation(key(1), 400);
    const shuffled = generated.map((_, i) => generated[order[i]!]!);
    expect(memorisation.measure({ generated: shuffled, heldOut }, {}).value).toBe(value);
    const scaled = { generated: generated.map((each) => 4 * each), heldOut: heldOut.map((each) => 4 * each) };
    expect(memorisation.measure(scaled, {}).value).toBe(value);
    const twice = { generated: Float64Array.of(...generated, ...generated), heldOut };
    expect(memorisation.measure(twice, {}).value).toBe(value);
  });

  it("rejects sets of which a hundredth is less than one item", () => {
    expect(() => memorisation.measure({ generated: heldOut, heldOut: heldOut.slice(0, 99) }, {})).toThrow(
      "needs at least 100 items in either set - got 1000 samples and 99 held-out items",
    );
  });
});

describe("modes", () => {
  const none = { noise: null };
  const of = (nearest: number[], good: number[], count: number) =>
    modes.measure({ count, nearest: Int32Array.from(nearest), good: Uint8Array.from(good), ...none }, {});

  it("counts a mode by its share: a tenth of the expected share, of high-quality samples", () => {
    // Of 800 samples a mode of eight is due 100, and covered from 10.
    const times = [100, 11, 10, 9, 1, 0, 300, 200];
    const nearest = times.flatMap((count, mode) => new Array<number>(count).fill(mode));
    const rest = 800 - nearest.length;
    const all = [...nearest, ...new Array<number>(rest).fill(5)];
    const good = [...nearest.map(() => 1), ...new Array<number>(rest).fill(0)];
    const { value, stderr, details, beside } = of(all, good, 8);
    expect(value).toBe(5);
    expect(details).toMatchObject({ captured: 7, highQuality: 631 / 800 });
    expect(beside).toBe("78.9 % of samples near a mode");
    // Three of them may fall on either side: Poisson chances of 10 or more, of 11, 10 and 9 expected, and of 1.
    const chances = [0.659, 0.542, 0.413, 1e-7];
    const expected = Math.sqrt(chances.reduce((sum, chance) => sum + chance * (1 - chance), 0));
    expect(Math.abs(stderr - expected)).toBeLessThan(0.03);
  });

  it("does not count a mode with stray samples as covered, although papers count it as captured", () => {
    // 1.8 % of 2500 samples near a mode, at all eight of them.
    const good = Array.from({ length: 2500 }, (_, i) => (i < 45 ? 1 : 0));
    const { value, stderr, details, beside } = of(
      good.map((_, i) => i % 8),
      good,
      8,
    );
    expect([value, details.captured, beside]).toEqual([0, 8, "1.8 % of samples near a mode"]);
    expect(stderr).toBeLessThan(1e-3);
  });

  it("captures modes with a sample of high quality, and no others", () => {
    const { value, details, unit } = of([0, 0, 1, 2], [1, 1, 0, 1], 4);
    expect([value, unit]).toEqual([2, "of 4 modes"]);
    expect(details).toMatchObject({ highQuality: 0.75, sharePerMode: [0.5, 0, 0.25, 0] });
    // Of the three good ones 2/3 and 1/3 over 4 modes.
    expect(details.reverseKl).toBeCloseTo((2 / 3) * Math.log(8 / 3) + (1 / 3) * Math.log(4 / 3), 12);
  });

  it("has divergence 0 for equal shares, the log of the number of modes for one of them, and none without high-quality samples", () => {
    expect(of([0, 1, 2, 3], [1, 1, 1, 1], 4).details.reverseKl).toBe(0);
    expect(of([3, 3], [1, 1], 1000).details.reverseKl).toBeCloseTo(Math.log(1000), 12);
    expect(of([0, 1], [0, 0], 4).details).not.toHaveProperty("reverseKl");
    expect(of([0, 1], [0, 0], 4).value).toBe(0);
  });

  it("gives a perfect model of the ring 8 modes, 98.89 % high quality and a divergence of 7 / 2n", async () => {
    const { test } = ring8.generate();
    const declared = test.modes!;
    if (declared.kind !== "centers") throw new Error("the ring's modes are centres");
    const n = 10_000;
    const hits = nearestModes(await test.read(range(n)), declared);
    const { value, details } = modes.measure({ ...hits, ...none }, {});
    expect(value).toBe(8);
    expect(Math.abs((details.highQuality as number) - (1 - Math.exp(-4.5)))).toBeLessThan(0.004);
    expect(details.reverseKl as number).toBeLessThan(4 * (details.reverseKlOfPerfect as number));
    expect(details.reverseKlOfPerfect).toBe(7 / (2 * n));
  });

  it("has the sampling floor of 0.0192 nats for 1000 modes and 26,000 samples", () => {
    const drawn = uniform(key(1), [26_000]).data;
    const { details } = of(
      Array.from(drawn, (value) => Math.floor(1000 * value)),
      new Array<number>(26_000).fill(1),
      1000,
    );
    expect(details.reverseKlOfPerfect).toBeCloseTo(0.0192, 4);
    expect(details.reverseKl).toBeCloseTo(0.0192, 2);
  });

  it("has a standard error that agrees with counts of other samples, for equal modes and for rare ones", () => {
    const n = 400;
    for (const rarer of [1, 0.97]) {
      // 200 modes, each rarer than the one before, in nine tenths of the samples.
      const total = range(200).reduce((sum, i) => sum + rarer ** i, 0);
      const ends: number[] = [];
      for (const i of range(200)) ends.push((ends.at(-1) ?? 0) + (0.9 * rarer ** i) / total);
      const results = range(300).map((seed) => {
        const drawn = Array.from(uniform(key(seed), [n]).data, (value) => ends.findIndex((end) => value < end));
        return of(
          drawn.map((mode) => Math.max(0, mode)),
          drawn.map((mode) => (mode < 0 ? 0 : 1)),
          200,
        );
      });
      const { mean, variance } = momentsOf(results.map(({ value }) => value));
      const claimed = Math.sqrt(momentsOf(results.map(({ stderr }) => stderr ** 2)).mean);
      expect(mean).toBeGreaterThan(80);
      expect(claimed / Math.sqrt(variance)).toBeGreaterThan(0.85);
      expect(claimed / Math.sqrt(variance)).toBeLessThan(1.15);
    }
  });

  it("has an interval bounded by the number of modes, and for captured ones no error if few are missed or nearly so", () => {
    const even = (modes: number, each: number) => range(modes * each).map((i) => i % modes);
    const found = (nearest: number[], count: number) => of(nearest, new Array<number>(nearest.length).fill(1), count);
    expect(found(even(40, 1), 40).interval![1]).toBe(40);
    const whole = found(even(8, 50), 8);
    expect(whole).toMatchObject({ value: 8, details: { captured: 8, capturedStderr: 0 } });
    expect(whole.interval![1]).toBe(8);
    expect(whole.stderr).toBeLessThan(1e-3);
    for (const [nearest, captured] of [
      [even(7, 50), 7],
      [[...even(7, 50), 7], 8],
    ] as [number[], number][]) {
      const { value, stderr, details } = found(nearest, 8);
      expect([value, details.captured]).toEqual([7, captured]);
      expect(stderr).toBeLessThan(0.03);
      expect(details).not.toHaveProperty("capturedStderr");
    }
  });

  it("reports how many modes noise is assigned to", () => {
    const hits = { count: 5, nearest: Int32Array.of(0), good: Uint8Array.of(1), noise: Int32Array.of(2, 2, 4) };
    expect(modes.measure(hits, {}).details.modesOfNoise).toBe(2);
  });

  it("assigns samples at the edge of a mode to it", () => {
    const centers = fromNumbers([0, 0, 10, 0], [2, 2]);
    const samples = fromNumbers([3, 0, 3.01, 0, 7, 0], [3, 2]);
    const { nearest, good } = nearestModes(samples, { centers, deviation: 1, within: 3 });
    expect([[...nearest], [...good]]).toEqual([
      [0, 0, 1],
      [1, 0, 1],
    ]);
  });
});

describe("accuracy", () => {
  const logits = fromNumbers([5, 1, 0, 0, 2, 1, 0, 0, 9, 3, 3, 1], [4, 3]);

  it("is the accuracy, with that of each class and the predictions on noise", () => {
    const noise = fromNumbers([0, 1, 0, 2, 1, 0], [2, 3]);
    const { value, n, details } = accuracy.measure({ logits, labels: Int32Array.of(0, 1, 0, 1), noise }, {});
    expect([value, n]).toEqual([0.5, 4]);
    expect(details).toEqual({ accuracyPerClass: [0.5, 0.5, Number.NaN], noisePerClass: [0.5, 0.5, 0] });
  });

  it("reports nothing about noise for data without a noise distribution", () => {
    const { details } = accuracy.measure({ logits, labels: Int32Array.of(0, 1, 2, 0), noise: zeros([0, 3]) }, {});
    expect(Object.keys(details)).toEqual(["accuracyPerClass"]);
    expect(accuracy.measure({ logits, labels: Int32Array.of(0, 1, 2, 0), noise: zeros([0, 3]) }, {}).value).toBe(1);
  });
});
