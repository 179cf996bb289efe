import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fromNumbers, ndarray } from "../../src/base/ndarray.ts";
import { Canvas, type Colour, digitsSize } from "../../src/plot/canvas.ts";
import { niceTicks, tickLabels } from "../../src/plot/numerals.ts";
import { type Frame, type Panel, scatterPicture } from "../../src/plot/scatter.ts";

const black: Colour = [0, 0, 0];
const white: Colour = [255, 255, 255];

/** How much of the ink lies on a picture in black on white, in pixels, and where its middle is. */
function inkOf({ image }: Canvas): { readonly total: number; readonly x: number; readonly y: number } {
  const [, width] = image.shape as [number, number];
  let [total, x, y] = [0, 0, 0];
  for (let i = 0; i < image.data.length; i += 3) {
    const ink = 1 - image.data[i]! / 255;
    total += ink;
    x += ink * (((i / 3) % width) + 0.5);
    y += ink * (Math.floor(i / 3 / width) + 0.5);
  }
  return { total, x: x / total, y: y / total };
}

const place = fc.double({ min: 15, max: 25, noNaN: true });

describe("Canvas", () => {
  // An edge that is soft by the distance of pixels' centres covers their squares to a tenth.
  it("draws dots of their area, centred at their position", () => {
    fc.assert(
      fc.property(place, place, fc.double({ min: 1.5, max: 8, noNaN: true }), (x, y, radius) => {
        const canvas = new Canvas(40, 40, white);
        canvas.dot(x, y, radius, black);
        const ink = inkOf(canvas);
        expect(Math.abs(ink.total / (Math.PI * radius ** 2) - 1)).toBeLessThan(0.1);
        expect(Math.hypot(ink.x - x, ink.y - y)).toBeLessThan(0.1);
      }),
    );
  });

  it("draws rings of one pixel, empty inside", () => {
    fc.assert(
      fc.property(place, place, fc.double({ min: 3, max: 8, noNaN: true }), (x, y, radius) => {
        const canvas = new Canvas(40, 40, white);
        canvas.ring(x, y, radius, black);
        const ink = inkOf(canvas);
        expect(Math.abs(ink.total / (2 * Math.PI * radius) - 1)).toBeLessThan(0.1);
        expect(canvas.image.data[3 * (Math.floor(y) * 40 + Math.floor(x))]).toBe(255);
      }),
    );
  });

  it("blends by opacity, and ignores what is outside its edges", () => {
    const canvas = new Canvas(3, 3, white);
    canvas.dot(1.5, 1.5, 9, [255, 0, 0], 0.5);
    expect(new Set(canvas.image.data)).toEqual(new Set([255, 128]));
    canvas.dot(-20, 50, 3, black);
    canvas.digits("123", -5, 2, black);
    expect(canvas.image.shape).toEqual([3, 3, 3]);
  });

  it("has a glyph for every character of axis labels", () => {
    const ends = fc.tuple(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.integer({ min: -6, max: 9 }));
    const letters = new Set<string>();
    fc.assert(
      fc.property(ends, ([from, exponent]) => {
        const to = from + 10 ** exponent;
        if (to - from > 1e-9 * Math.abs(from)) {
          for (const label of tickLabels(niceTicks(from, to, 6))) for (const letter of label) letters.add(letter);
        }
      }),
      { numRuns: 2000 },
    );
    expect(letters.size).toBeGreaterThan(12);
    // Of an exponent, and drawn as the minus of a number.
    letters.delete("-");
    const signs = [...letters].map((letter) => {
      const canvas = new Canvas(10, digitsSize(letter).width, white);
      canvas.digits(letter, 0, 0, black);
      return canvas.image.data.join();
    });
    expect(new Set(signs).size).toBe(letters.size);
    expect(signs).not.toContain(new Canvas(10, 6, white).image.data.join());
  });
});

const frame: Frame = { x: [-2, 2], y: [0, 10] };
const width = scatterPicture(frame, [{}]).shape[1]!;

function levelAt(panels: readonly Panel[], x: number, y: number): number[] {
  const image = scatterPicture(frame, panels);
  const at = 3 * (y * image.shape[1]! + x);
  return [...image.data.subarray(at, at + 3)];
}

/** The middle of what points change in a picture. */
function middleOf(points: Panel): readonly [x: number, y: number] {
  const [before, after] = [scatterPicture(frame, [{}]), scatterPicture(frame, [points])];
  let [total, x, y] = [0, 0, 0];
  for (let i = 0; i < after.data.length; i += 3) {
    const change = Math.abs(after.data[i + 2]! - before.data[i + 2]!);
    total += change;
    x += change * (((i / 3) % width) + 0.5);
    y += change * (Math.floor(i / 3 / width) + 0.5);
  }
  return [x / total, y / total];
}

const points = (...numbers: number[]) => fromNumbers(numbers, [numbers.length / 2, 2]);

describe("scatterPicture", () => {
  const corner = middleOf({ generated: points(-2, 10) });
  const far = middleOf({ generated: points(2, 0) });

  it("places points within the frame, real and generated ones alike", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.constantFrom("real", "generated"),
        (x, y, kind) => {
          const [left, top] = middleOf({ [kind]: points(x, y) });
          expect(left).toBeCloseTo(corner[0] + ((x + 2) / 4) * (far[0] - corner[0]), 0);
          expect(top).toBeCloseTo(corner[1] + ((10 - y) / 10) * (far[1] - corner[1]), 0);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("has one range for everything it draws: points do not move for others", () => {
    const alone = middleOf({ generated: points(1, 5) }).map(Math.floor) as [number, number];
    const among = [{ real: points(0.5, 2, -1, 9), generated: points(1, 5, 1e6, -1e6) }];
    expect(levelAt(among, ...alone)).toEqual(levelAt([{ generated: points(1, 5) }], ...alone));
  });

  it("shows points beyond the frame in a strip outside it", () => {
    for (const [x, y] of [
      [9, 5],
      [-9, 5],
      [0, 99],
      [0, -99],
    ] as const) {
      const [left, top] = middleOf({ generated: points(x, y) });
      const inside = left > corner[0] && left < far[0] && top > corner[1] && top < far[1];
      expect(inside).toBe(false);
      expect(Math.max(corner[0] - left, left - far[0], corner[1] - top, top - far[1])).toBeLessThan(8);
    }
  });

  it("colours a field by side, larger values darker, with a line between", () => {
    // Rises from left to right through 3 at a quarter of the way.
    const values = ndarray("float32", [2, 2], Float32Array.of(2, 6, 2, 6));
    const panels = [{ field: { values, boundary: 3, scale: 1 } }];
    const row = Math.round((corner[1] + far[1]) / 2);
    const at = (share: number) => levelAt(panels, Math.floor(corner[0] + share * (far[0] - corner[0])), row);
    const light = ([red, green, blue]: number[]) => 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    expect(light(at(0.05))).toBeGreaterThan(light(at(0.2)));
    expect(light(at(0.2))).toBeGreaterThan(light(at(0.35)));
    expect(light(at(0.35))).toBeGreaterThan(light(at(0.9)));
    expect(light(at(0.25))).toBeLessThan(light(at(0.9)));
  });

  it("places panels side by side, each as it would be alone", () => {
    const [a, b] = [{ real: points(0, 1) }, { generated: points(1, 2) }];
    const both = scatterPicture(frame, [a, b]);
    expect(both.shape).toEqual([scatterPicture(frame, [a]).shape[0], 2 * width, 3]);
    const second = scatterPicture(frame, [b]);
    for (let line = 0; line < second.shape[0]!; line++) {
      const cut = both.data.subarray(3 * (2 * line + 1) * width, 3 * (2 * line + 2) * width);
      expect(Buffer.compare(cut, second.data.subarray(3 * line * width, 3 * (line + 1) * width))).toBe(0);
    }
  });
});
