import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { rows } from "../../src/base/ndarray.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { select, splitOff, take } from "../../src/data/selection.ts";
import { allShapes, shapes } from "../../src/data/datasets/shapes.ts";
import { openData } from "../../src/node/data.ts";

const small = allShapes(32);
const [square, ellipse, heart] = [0, 1, 2];
const values = small.factors.sizes.map((size) => fc.nat(size - 1));

/** The image of some factor values, row by row. */
async function image(data: Dataset, ...factors: number[]): Promise<Float32Array> {
  return (await data.read([data.factors!.indexOf(factors)])).data;
}

const whitePixels = (pixels: Float32Array): number => pixels.reduce((sum, value) => sum + value, 0);

/** The picture of a sprite: `#` for white. */
function picture(pixels: Float32Array, side: number): string[] {
  return Array.from({ length: side }, (_, y) =>
    Array.from(pixels.subarray(y * side, (y + 1) * side), (value) => (value === 1 ? "#" : ".")).join(""),
  );
}

/** A quarter turn counterclockwise of an image of side 2 c + 1 about its middle, cut from the upper left corner. */
function quarterTurn(pixels: Float32Array, side: number, c: number): Float32Array {
  const out = new Float32Array(pixels.length);
  for (let y = 0; y <= 2 * c; y++) for (let x = 0; x <= 2 * c; x++) out[(2 * c - x) * side + y] = pixels[y * side + x]!;
  return out;
}

describe("shapes", () => {
  it("are as many as their factors make, of pixels 0 and 1", async () => {
    expect(small.size).toBe(3 * 6 * 40 * 16 * 16);
    expect(allShapes(64).size).toBe(737_280);
    expect(small.factors.names).toEqual(["shape", "scale", "orientation", "x", "y"]);
    const some = await small.read(Int32Array.from({ length: 720 }, (_, i) => i * 256));
    expect(some.shape).toEqual([720, 32, 32, 1]);
    expect(new Set(some.data)).toEqual(new Set([0, 1]));
  });

  it("find items by factors and factors by items", () => {
    fc.assert(
      fc.property(fc.tuple(...values), (wanted) => {
        expect(small.factors.of(small.factors.indexOf(wanted))).toEqual(wanted);
      }),
    );
    expect(small.factors.of(0)).toEqual([0, 0, 0, 0, 0]);
    expect(small.factors.of(small.size - 1)).toEqual([2, 5, 39, 15, 15]);
  });

  it.each([[[3, 0, 0, 0, 0]], [[0, 0, 0, 0]], [[0, 0, -1, 0, 0]], [[0, 0.5, 0, 0, 0]], [[0, 0, 0, 0, 16]]])(
    "reject the factors %j",
    (wanted) => {
      expect(() => small.factors.indexOf(wanted)).toThrow(OptionError);
      expect(() => small.factors.indexOf(wanted)).toThrow(
        "shape, scale, orientation, x, y of shapes must be whole numbers below 3, 6, 40, 16, 16",
      );
    },
  );

  it.each([-1, 184_320, 0.5, NaN])("reject the index %d", async (index) => {
    await expect(small.read([0, index])).rejects.toThrow(OptionError);
    expect(() => small.factors.of(index)).toThrow(OptionError);
  });

  it("are drawn correctly: a square, an ellipse and a heart at scale 1, upright", async () => {
    const crop = async (shape: number): Promise<string[]> =>
      picture(await image(small, shape, 5, 0, 0, 0), 32)
        .slice(0, 17)
        .map((line) => line.slice(0, 17));
    // Half sides of 8 / sqrt 2 = 5.66 pixels about the pixel (8, 8).
    expect(await crop(square)).toEqual(
      Array.from({ length: 17 }, (_, y) => (Math.abs(y - 8) <= 5 ? "...###########..." : ".".repeat(17))),
    );
    expect(await crop(heart)).toEqual([
      ".................",
      ".................",
      ".................",
      "...#####.#####...",
      "..#############..",
      ".###############.",
      ".###############.",
      ".###############.",
      ".###############.",
      "..#############..",
      "..#############..",
      "...###########...",
      "....#########....",
      ".....#######.....",
      "......#####......",
      ".......###.......",
      "........#........",
    ]);
    const axes = picture(await image(small, ellipse, 5, 0, 0, 0), 32);
    expect(axes[8]).toBe(`${"#".repeat(17)}${".".repeat(15)}`);
    expect(axes.filter((line) => line[8] === "#").length).toBe(9);
  });

  it("have the areas of their outlines", async () => {
    const big = allShapes(256);
    const radius = 64;
    const h = 1 / (1 + (Math.SQRT2 - 1) / (3 - Math.SQRT2));
    const areas = [2, Math.PI / 2, (2 + Math.PI / 2) * h * h];
    for (const scale of [0, 3, 5]) {
      for (const [shape, area] of areas.entries()) {
        const expected = area * (radius * (0.5 + 0.1 * scale)) ** 2;
        expect(Math.abs(whitePixels(await image(big, shape, scale, 3, 5, 9)) / expected - 1)).toBeLessThan(0.01);
      }
    }
  });

  it("rotate counterclockwise, ten steps per quarter turn, squares and ellipses onto themselves", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(5), fc.nat(29), async (shape, scale, turn) => {
        const before = await image(small, shape, scale, turn, 0, 0);
        expect(await image(small, shape, scale, turn + 10, 0, 0)).toEqual(quarterTurn(before, 32, 8));
      }),
      { numRuns: 30 },
    );
    for (const [shape, count] of [
      [square, 10],
      [ellipse, 20],
      [heart, 40],
    ] as const) {
      const looks = new Set<string>();
      for (let turn = 0; turn < 40; turn++) looks.add((await image(small, shape, 5, turn, 4, 4)).join(""));
      expect(looks.size).toBe(count);
    }
  });

  it("move by a pixel a step: x to the right, y down, never out of the picture", async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(...values), async (wanted) => {
        const [shape, scale, turn, x, y] = wanted as [number, number, number, number, number];
        const first = await image(small, shape, scale, turn, 0, 0);
        const moved = await image(small, shape, scale, turn, x, y);
        expect(whitePixels(moved)).toBe(whitePixels(first));
        first.forEach((value, at) => {
          if (value === 1) expect(moved[at + y * 32 + x]).toBe(1);
        });
        if (scale > 0)
          expect(whitePixels(moved)).toBeGreaterThanOrEqual(
            whitePixels(await image(small, shape, scale - 1, turn, x, y)),
          );
      }),
      { numRuns: 50 },
    );
    const far = picture(await image(small, square, 5, 5, 15, 15), 32);
    expect(far[31 - 8]!.lastIndexOf("#")).toBe(31);
  });

  it("have fingerprints of their definition, which need no drawing", () => {
    const prints = [small, allShapes(64), shapes.generate(32).train, shapes.generate(32).test].map(
      ({ fingerprint }) => fingerprint,
    );
    expect(new Set(prints).size).toBe(4);
    expect(allShapes(32).fingerprint).toBe(prints[0]);
    expect(prints[0]).toBe("bd202a04c910a84d");
  });

  it("are drawn fast enough to train on", async () => {
    const { train } = shapes.generate(32);
    await train.read(Int32Array.from({ length: 20_000 }, (_, i) => i));
    const times: number[] = [];
    for (let batch = 0; batch < 200; batch++) {
      const began = performance.now();
      await train.read(Int32Array.from({ length: 64 }, (_, i) => (batch * 7919 + i * 911) % train.size));
      times.push(performance.now() - began);
    }
    expect(times.toSorted((a, b) => a - b)[100]).toBeLessThan(1);
  });
});

describe("choosing from shapes", () => {
  it("hold out 15,000 random items, reproducibly, and no item twice", () => {
    const { train, test } = shapes.generate(32);
    expect([train.size, test.size]).toEqual([small.size - 15_000, 15_000]);
    const seen = new Uint8Array(small.size);
    for (const part of [train, test])
      for (let i = 0; i < part.size; i++) seen[small.factors.indexOf(part.factors!.of(i))]!++;
    expect(seen.every((count) => count === 1)).toBe(true);
    expect(shapes.generate(32).test.fingerprint).toBe(test.fingerprint);
  });

  it("keep the factors of their items when limited, selected and split", async () => {
    const { train } = shapes.generate(32);
    const chosen = select(take(train, 500), Int32Array.of(499, 3, 250, 3));
    expect(chosen.size).toBe(4);
    const images = await chosen.read([0, 1, 2, 3]);
    for (const [i, place] of [499, 3, 250, 3].entries()) {
      const factors = train.factors!.of(place);
      expect(chosen.factors!.of(i)).toEqual(factors);
      expect(rows(images, i, i + 1).data).toEqual(await image(small, ...factors));
    }
    expect(chosen.factors!.indexOf(train.factors!.of(3))).toBe(1);
    expect(chosen.factors!.indexOf(train.factors!.of(4))).toBe(-1);
    expect(() => chosen.factors!.of(4)).toThrow(OptionError);
    await expect(chosen.read([4])).rejects.toThrow(OptionError);
    expect(() => select(train, Int32Array.of(train.size))).toThrow(OptionError);

    const halves = splitOff(take(train, 100), 0.5);
    for (const half of [halves.train, halves.test])
      expect((await half.read([9])).data).toEqual(await image(small, ...half.factors!.of(9)));
    expect(new Set([train, chosen, halves.train, halves.test].map((part) => part.fingerprint)).size).toBe(4);
  });

  it("start with representative items: every value of every factor occurs early", () => {
    const first = take(shapes.generate(32).train, 400);
    const counts = small.factors.sizes.map(
      (_, k) => new Set(Array.from({ length: first.size }, (_, i) => first.factors!.of(i)[k])).size,
    );
    expect(counts).toEqual(small.factors.sizes);
  });
});

describe("openData on shapes", () => {
  it("draws them at 32 pixels, or at the requested size, and applies limits", async () => {
    expect((await openData("shapes")).train).toMatchObject({ name: "shapes", kind: "image", shape: [32, 32, 1] });
    const { train, test } = await openData("shapes", { size: 64, limit: 10 });
    expect([train.size, test.size, ...train.shape]).toEqual([10, 10, 64, 64, 1]);
    expect(train.factors!.sizes).toEqual([3, 6, 40, 32, 32]);
  });

  it("rejects other sizes, and a folder of files", async () => {
    await expect(openData("shapes", { size: 48 })).rejects.toThrow("the size of shapes must be 32 or 64 - got 48");
    await expect(openData("shapes", { dataDir: "." })).rejects.toThrow("which is generated");
  });
});
