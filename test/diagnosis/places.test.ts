import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type NdArray, fromNumbers, ndarray, reshaped, rows } from "../../src/base/ndarray.ts";
import { fold, key, normal, permutation, uniform } from "../../src/base/random.ts";
import { arrayDataset } from "../../src/data/index.ts";
import { ring8 } from "../../src/data/datasets/ring8.ts";
import { ortEngine } from "../../src/runtime/index.ts";
import { clusterCentres } from "../../src/diagnosis/clusters.ts";
import { nearestRows } from "../../src/numeric/nearest.ts";
import { nearestTraining } from "../../src/diagnosis/nearest-training.ts";
import { fidelityOf, placesOf, sharesOf } from "../../src/diagnosis/places.ts";
import { shareAbove } from "../../src/diagnosis/scores.ts";

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.hypot(...Array.from(a, (value, i) => value - b[i]!));

/** Points [n, 2] about a centre each, in random order. */
function blobs(centres: readonly (readonly [number, number])[], each: number, deviation: number, seed = 1) {
  const noise = normal(key(seed), [centres.length * each, 2]).data;
  const order = permutation(fold(key(seed), "order"), centres.length * each);
  const out = new Float32Array(noise.length);
  order.forEach((from, to) => {
    for (const j of [0, 1]) out[2 * to + j] = centres[from % centres.length]![j]! + deviation * noise[2 * from + j]!;
  });
  return ndarray("float32", [order.length, 2], out);
}

const corners = [
  [0, 0],
  [10, 0],
  [0, 10],
  [10, 10],
] as const;

describe("nearest rows", () => {
  it("agree with a search among all pairs", () => {
    const some = (n: number) =>
      fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 3 * n, maxLength: 3 * n });
    fc.assert(
      fc.property(some(4), some(5), (a, b) => {
        const [items, others] = [fromNumbers(a, [4, 3]), fromNumbers(b, [5, 3])];
        const found = nearestRows(items, others);
        for (let i = 0; i < 4; i++) {
          const all = Array.from({ length: 5 }, (_, r) =>
            distance(rows(items, i, i + 1).data, rows(others, r, r + 1).data),
          );
          expect(found.distance[i]).toBeCloseTo(Math.min(...all), 10);
          expect(all[found.row[i]!]).toBeCloseTo(found.distance[i]!, 10);
        }
      }),
    );
  });
});

describe("clusters", () => {
  it("find separated blobs, for any seed", () => {
    for (let seed = 0; seed < 20; seed++) {
      const centres = clusterCentres(blobs(corners, 100, 0.5), 4, key(seed));
      for (const corner of corners) {
        const nearest = Math.min(...[0, 1, 2, 3].map((i) => distance(rows(centres, i, i + 1).data, corner)));
        expect(nearest).toBeLessThan(0.2);
      }
    }
  });

  it("are means of the items nearest to them", () => {
    const items = blobs([[0, 0]], 400, 1);
    const centres = clusterCentres(items, 5, key(3));
    const { row } = nearestRows(items, centres);
    for (let c = 0; c < 5; c++) {
      const own = [...row.keys()].filter((i) => row[i] === c);
      for (const j of [0, 1]) {
        const mean = own.reduce((sum, i) => sum + items.data[2 * i + j]! / own.length, 0);
        // The rounds end before the last items have settled.
        expect(Math.abs(centres.data[2 * c + j]! - mean)).toBeLessThan(0.1);
      }
    }
  });

  it("do not fail on identical items", () => {
    const same = fromNumbers(new Array<number>(20).fill(3), [10, 2]);
    expect(Array.from(clusterCentres(same, 3, key(1)).data)).toEqual([3, 3, 3, 3, 3, 3]);
  });
});

describe("places", () => {
  it("are the declared modes, within a quarter of the distance to the next", async () => {
    const { train } = ring8.generate();
    const places = (await placesOf(train, key(1)))!;
    expect(places.names).toEqual(Array.from({ length: 8 }, (_, i) => `mode ${i}`));
    for (const radius of places.radii) expect(radius).toBeCloseTo(0.5 * Math.sin(Math.PI / 8), 6);
    for (const share of places.shares) expect(share).toBeCloseTo(1 / 8, 1);
    const { near, nearest } = sharesOf(await train.read([...Array(500).keys()]), places);
    expect(near.reduce((a, b) => a + b)).toBeCloseTo(1, 10);
    expect(nearest).toEqual(near);
  });

  it("are clusters otherwise, named after their majority class, and all real items are near them", async () => {
    const items = blobs(corners, 250, 0.5);
    const labels = nearestRows(items, fromNumbers(corners.flat(), [4, 2])).row;
    const data = arrayDataset({ name: "blobs", kind: "points", items, labels });
    const places = (await placesOf(data, key(1)))!;
    expect(places.declared).toBe(false);
    expect(places.names).toHaveLength(16);
    for (const name of places.names) expect(name).toMatch(/^cluster \d+ \(mostly class [0-3]\)$/);
    expect(sharesOf(items, places).near.reduce((a, b) => a + b)).toBeGreaterThan(0.97);
    // Half of the blobs are never made: their share is missing, the others have twice theirs.
    const half = blobs(corners.slice(0, 2), 500, 0.5, 2);
    const found = sharesOf(half, places);
    const missed = [...places.shares.keys()].filter((place) => found.near[place]! < 0.1 * places.shares[place]!);
    expect(missed.reduce((sum, place) => sum + places.shares[place]!, 0)).toBeCloseTo(0.5, 2);
  });

  it("contain real high-dimensional items, but no blurred ones: grey images, their mean, or means of a few", async () => {
    // Images of strokes: ten kinds, each at a place of its own, with pixels of their own.
    const [n, d] = [600, 100];
    const ink = uniform(key(5), [n, d]).data;
    const items = fromNumbers(
      Array.from(ink, (value, e) => (Math.floor((e % d) / 10) === Math.floor(e / d) % 10 ? 1 : value < 0.3 ? 0.6 : 0)),
      [n, d],
    );
    const places = (await placesOf(arrayDataset({ name: "strokes", kind: "points", items }), key(1)))!;
    const fidelity = (of: (i: number, j: number) => number) =>
      fidelityOf(
        fromNumbers(
          Array.from({ length: 50 * d }, (_, e) => of(Math.floor(e / d), e % d)),
          [50, d],
        ),
        places,
      );
    // The kind of item i is i % 10.
    const meanOf = (count: number) => (i: number, j: number) => {
      let sum = 0;
      for (let k = 0; k < count; k++) sum += items.data[((i + 10 * k) % n) * d + j]!;
      return sum / count;
    };
    expect(places.fidelity).toBeGreaterThan(0.95);
    expect(fidelity((i, j) => items.data[i * d + j]!)).toBeGreaterThan(0.9);
    // Of one kind: nearer to its centre than any item is.
    expect(fidelity(meanOf(30))).toBe(0);
    expect(fidelity(meanOf(3))).toBeLessThan(0.1);
    expect(fidelity(() => 0.3)).toBe(0);
    expect(fidelity((i, j) => uniform(fold(key(6), i), [d]).data[j]!)).toBe(0);
  });

  it("contain no noise of the right strength: images must be as sharp as real ones", async () => {
    // Soft spots at places of their own; grain is what a generator makes that has learned distances alone.
    const [n, side] = [400, 12];
    const at = uniform(key(7), [n, 2]).data;
    const image = (i: number, y: number, x: number) =>
      Math.exp(-((y - 2 - 8 * at[2 * i]!) ** 2 + (x - 2 - 8 * at[2 * i + 1]!) ** 2) / 8);
    const images = (count: number, of: (i: number, y: number, x: number) => number) =>
      fromNumbers(
        Array.from({ length: count * side * side }, (_, e) =>
          of(Math.floor(e / (side * side)), Math.floor(e / side) % side, e % side),
        ),
        [count, side * side],
      );
    const items = reshaped(images(n, image), [n, side, side, 1]);
    const places = (await placesOf(arrayDataset({ name: "spots", kind: "image", items }), key(1)))!;
    expect(places.fidelity).toBeGreaterThan(0.93);
    expect(fidelityOf(images(100, image), places)).toBeGreaterThan(0.9);
    const grain = normal(key(8), [100, side, side]).data;
    const grainy = images(100, (i, y, x) => image(i, y, x) + 0.1 * grain[(i * side + y) * side + x]!);
    expect(fidelityOf(grainy, { ...places, sharpness: null })).toBeGreaterThan(0.5);
    expect(fidelityOf(grainy, places)).toBe(0);
  });

  it("have the fraction of real items of high quality, the reference for samples", async () => {
    const { train } = ring8.generate();
    const places = (await placesOf(train, key(1)))!;
    // Within three deviations in a plane.
    expect(Math.abs(places.fidelity - (1 - Math.exp(-4.5)))).toBeLessThan(0.01);
    const moved = await train.read([...Array(500).keys()]);
    for (const [i, value] of moved.data.entries()) moved.data[i] = value + 0.1;
    expect(fidelityOf(moved, places)).toBeLessThan(0.01);
    expect(sharesOf(moved, places).near.reduce((a, b) => a + b)).toBeGreaterThan(0.9);
  });

  it("are null for too few items", async () => {
    expect(await placesOf(arrayDataset({ name: "few", kind: "points", items: blobs(corners, 4, 1) }), key(1))).toBe(
      null,
    );
  });
});

describe("share of pairs", () => {
  it("is the fraction of all pairs, ties counting half", () => {
    const some = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(some, some, (a, b) => {
        const wins = a.flatMap((x) => b.map((y) => (x > y ? 1 : x === y ? 0.5 : 0)));
        const expected = wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
        expect(shareAbove(a, Float64Array.from(b).toSorted())).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe("nearest training items", () => {
  const dataset = (items: NdArray<"float32">) => arrayDataset({ name: "points", kind: "points", items });

  it("have distance 0 to copies, and distances from samples as from held-out items if these are alike", async () => {
    const [train, test] = [blobs(corners, 500, 1, 1), blobs(corners, 100, 1, 2)];
    const split = { train: dataset(train), test: dataset(test) };
    const copies = await nearestTraining(ortEngine({ device: "cpu", threads: 1 }), rows(train, 0, 300), split, key(1));
    expect(Math.max(...copies.generated)).toBe(0);
    expect(copies.heldOut).toBe(true);
    const fresh = await nearestTraining(
      ortEngine({ device: "cpu", threads: 1 }),
      blobs(corners, 100, 1, 3),
      split,
      key(1),
    );
    expect(shareAbove(fresh.real, fresh.generated.toSorted())).toBeGreaterThan(0.42);
    expect(shareAbove(fresh.real, fresh.generated.toSorted())).toBeLessThan(0.58);
  });

  it("are compared with those among training items if few are held out", async () => {
    const line = fromNumbers([0, 0, 1, 0, 3, 0], [3, 2]);
    const split = { train: dataset(line), test: dataset(rows(line, 0, 1)) };
    const found = await nearestTraining(
      ortEngine({ device: "cpu", threads: 1 }),
      fromNumbers([0, 2], [1, 2]),
      split,
      key(1),
    );
    expect(found.heldOut).toBe(false);
    expect([...found.real].toSorted()).toEqual([1, 1, 2]);
    expect([...found.generated]).toEqual([2]);
  });
});
