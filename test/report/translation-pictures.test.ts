import { describe, expect, it } from "vitest";

import { type NdArray, fromNumbers } from "../../src/base/ndarray.ts";
import type { Dataset } from "../../src/data/index.ts";
import { mul, sub } from "../../src/ops/index.ts";
import { errorsPicture, keptPictures, translationsPicture } from "../../src/report/translation-pictures.ts";
import { stateNames } from "../../src/step/state-view.ts";
import { even, handMade, images, pairsOf, translatorOf } from "../train/hand-made.ts";

const shape = [4, 4, 1];
/** Images of 4 x 4 are drawn fourteen times as large, 2 pixels apart. */
const [side, gap] = [14 * 4, 2];

/** The bytes of a picture's images, row by row; each of them is of one value throughout. */
function levels({ shape: extents, data }: NdArray<"uint8">): number[][] {
  const [height, width, channels] = extents as [number, number, number];
  expect(channels).toBe(1);
  const [down, across] = [height, width].map((extent) => (extent - gap) / (side + gap)) as [number, number];
  return Array.from({ length: down }, (_, row) =>
    Array.from({ length: across }, (__, column) => {
      const values = new Set<number>();
      const [top, left] = [row, column].map((at) => gap + at * (side + gap)) as [number, number];
      for (let y = top; y < top + side; y++) for (let x = left; x < left + side; x++) values.add(data[y * width + x]!);
      expect([...values], `image ${row}, ${column}`).toHaveLength(1);
      return [...values][0]!;
    }),
  );
}

const bytes = (...values: readonly number[]): number[] => values.map((value) => Math.round(255 * value));
const domain = (name: string, values: readonly number[]): Dataset => images(name, even(values, shape));

/** Turns black into white, and back into half of that. */
const both = handMade(translatorOf(shape, { AtoB: (x) => sub(1, x), BtoA: (x) => mul(x, 0.5) }));
const there = handMade(translatorOf(shape, { AtoB: (x) => sub(1, x) }));

/** What lies below each other in some rows, the darkest above first: which images are shown where is not told. */
function columns(all: readonly (readonly number[])[], start = 0, stop = all.length): number[][] {
  return all[0]!.map((_, at) => all.slice(start, stop).map((row) => row[at]!)).toSorted((x, y) => x[0]! - y[0]!);
}

describe("the picture of translations", () => {
  it("shows for each direction images, their translations, and their reconstructions, one image per column", async () => {
    const { sides } = pairsOf(domain("A", [0.2, 0.6, 1]), domain("B", [0.8, 1]), false);
    const found = levels(await translationsPicture(both, sides!));
    const shown = columns(found, 0, 3);
    const known = [bytes(0.2, 0.8, 0.4), bytes(0.6, 0.4, 0.2), bytes(1, 0, 0)];
    // As many of the larger domain as the smaller one has.
    expect(shown).toHaveLength(2);
    expect(known.filter((column) => shown.some((each) => each.join() === column.join()))).toEqual(shown);
    expect(columns(found, 3)).toEqual([bytes(0.8, 0.4, 0.6), bytes(1, 0.5, 0.5)]);
  });

  it("shows the true target if it is known, and no reconstruction without a reverse direction", async () => {
    const { sides } = pairsOf(domain("A", [0.2, 0.6, 0.4]), domain("B", [1, 0, 0.8]), true);
    expect(columns(levels(await translationsPicture(there, sides!)))).toEqual([
      bytes(0.2, 0.8, 1),
      bytes(0.4, 0.6, 0.8),
      bytes(0.6, 0.4, 0),
    ]);
    const found = levels(await translationsPicture(both, sides!));
    expect(columns(found, 4)).toEqual([bytes(0, 0, 1, 0.6), bytes(0.8, 0.4, 0.6, 0.4), bytes(1, 0.5, 0.5, 0.2)]);
  });

  it("shows at most eight of each, no duplicates, reproducibly", async () => {
    const many = domain("many", [0, 0.2, 0.4, 0.6, 0.8, 1, 1 / 17, 2 / 17, 4 / 17, 5 / 17]);
    const picture = () => translationsPicture(there, pairsOf(many, many, true).sides!);
    const [first] = levels(await picture());
    expect(first).toHaveLength(8);
    expect(new Set(first).size).toBe(8);
    expect(levels(await picture())[0]).toEqual(first);
  });
});

it("the picture of errors shows images, translations, true targets, and signed differences", async () => {
  const { sides } = pairsOf(domain("A", [0.2, 1, 0.6]), domain("B", [0.4, 0.8, 0]), true);
  const found = levels(await errorsPicture(both, sides!));
  expect(columns(found, 0, 4)).toEqual([bytes(0.2, 0.8, 0.4, 0.4), bytes(0.6, 0.4, 0, 0.4), bytes(1, 0, 0.8, 0.8)]);
  expect(columns(found, 4)).toEqual([bytes(0, 0, 0.6, 0.6), bytes(0.4, 0.2, 0.2, 0), bytes(0.8, 0.4, 1, 0.6)]);
});

describe("images stored in a model's state", () => {
  const kept = { "Pool of B": { net: "poolB", stat: "images", shape } };

  it("are those of its statistics, from [-1, 1], by their titles", async () => {
    // Two images of -0.6 and 0.2.
    const stored = fromNumbers([...new Array<number>(16).fill(-0.6), ...new Array<number>(16).fill(0.2)], [2, 16]);
    const pictures = await keptPictures(handMade({ kept }, { [stateNames.stat("poolB", "images")]: stored }));
    expect(Object.keys(pictures)).toEqual(["Pool of B"]);
    expect(levels(pictures["Pool of B"]!)).toEqual([bytes(0.2, 0.6)]);
  });

  it("do not exist for a model without", async () => {
    expect(await keptPictures(both)).toEqual({});
  });
});
