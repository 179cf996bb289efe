import { describe, expect, it } from "vitest";

import { finiteDifference, grad } from "../../src/autodiff/index.ts";
import { OptionError } from "../../src/base/errors.ts";
import { type NdArray, castTo, fromNumbers } from "../../src/base/ndarray.ts";
import { key, normal, uniform } from "../../src/base/random.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { input } from "../../src/graph/tensor.ts";
import { mul, sum } from "../../src/ops/index.ts";
import {
  type ItemTransform,
  type TransformSet,
  transformSets,
  transformedAtRandom,
  transformsFor,
} from "../../src/transforms/index.ts";
import "../tolerance.ts";

const named = (...names: string[]): TransformSet[] =>
  names.map((name) => transformSets.find((set) => set.name === name)!);
const plane = { kind: "points", shape: [2] } as const;

function applied({ apply }: ItemTransform, x: NdArray): NdArray {
  return evaluate([apply(input("x", x.shape))], { x })[0]!;
}

/** The pixel of the original that a pixel of the result shows, of an image [h, w]; null where nothing is. */
type Place = (y: number, x: number, h: number, w: number) => readonly [number, number] | null;

const inside =
  (place: (...at: Parameters<Place>) => readonly [number, number]): Place =>
  (y, x, h, w) => {
    const [row, column] = place(y, x, h, w);
    return row >= 0 && row < h && column >= 0 && column < w ? [row, column] : null;
  };
const eighth = (side: number) => Math.round(side / 8);
const corner =
  (bottom: boolean, right: boolean): Place =>
  (y, x, h, w) => {
    const [height, width] = [Math.round(0.75 * h), Math.round(0.75 * w)];
    const [top, left] = [bottom ? h - height : 0, right ? w - width : 0];
    return [top + Math.floor((y * height) / h), left + Math.floor((x * width) / w)];
  };

const places: Readonly<Record<string, Place>> = {
  identity: (y, x) => [y, x],
  // Counter-clockwise: what was at the right is at the top.
  "90 degrees": (y, x, h) => [x, h - 1 - y],
  "180 degrees": (y, x, h, w) => [h - 1 - y, w - 1 - x],
  "270 degrees": (y, x, h) => [h - 1 - x, y],
  "left-right": (y, x, _, w) => [y, w - 1 - x],
  "up-down": (y, x, h) => [h - 1 - y, x],
  left: inside((y, x, _, w) => [y, x + eighth(w)]),
  right: inside((y, x, _, w) => [y, x - eighth(w)]),
  up: inside((y, x, h) => [y + eighth(h), x]),
  down: inside((y, x, h) => [y - eighth(h), x]),
  "top left": corner(false, false),
  "top right": corner(false, true),
  "bottom left": corner(true, false),
  "bottom right": corner(true, true),
};

describe.each(transformSets)("the set $name", (set) => {
  const shape = set.square ? [2, 6, 6, 2] : [2, 5, 8, 2];
  const images = normal(key(1), shape);
  const transforms = transformsFor([set], { kind: "image", shape: shape.slice(1) });

  it("starts with the identity", () => {
    expect(transforms[0]!.name).toBe("identity");
    expect([...applied(transforms[0]!, images).data]).toEqual([...images.data]);
  });

  it("takes each pixel from the position in its definition", () => {
    const [n, h, w, c] = shape as [number, number, number, number];
    for (const transform of transforms) {
      const expected = Array.from({ length: n * h * w * c }, (_, at) => {
        const [image, y, x, channel] = [
          Math.floor(at / (h * w * c)),
          Math.floor(at / (w * c)) % h,
          Math.floor(at / c) % w,
          at % c,
        ];
        const from = places[transform.name]!(y, x, h, w);
        return from === null ? 0 : images.data[((image * h + from[0]) * w + from[1]) * c + channel]!;
      });
      expect([...applied(transform, images).data], transform.name).toEqual(expected);
    }
  });

  it("propagates the gradient to the source pixels", () => {
    for (const { name, apply } of transforms) {
      const x = input("x", shape);
      const loss = sum(mul(apply(x), mul(apply(x), input("weights", shape))));
      const feeds = { x: castTo(images, "float64"), weights: castTo(normal(key(2), shape), "float64") };
      const [slope] = evaluate(grad(loss, [x]), feeds);
      expect(slope, name).toBeAllclose(finiteDifference(loss, feeds, "x"), { relative: 1e-6 });
    }
  });

  it(`${set.invertible ? "keeps" : "loses some"} pixels`, () => {
    const sorted = (x: NdArray) => Array.from(x.data).toSorted((a, b) => a - b);
    for (const transform of transforms.slice(1)) {
      const kept = new Set(applied(transform, images).data);
      const all = sorted(images);
      if (set.invertible) expect(sorted(applied(transform, images)), transform.name).toEqual(all);
      else expect(all.filter((value) => !kept.has(value)).length, transform.name).toBeGreaterThan(0);
    }
  });
});

describe("points", () => {
  const transforms = transformsFor(named("rotation", "flip", "fliprot"), plane);

  it("move like the corresponding pixels", () => {
    const side = 5;
    const middle = 2;
    // The pixel at row 0, column 3 of an image whose middle is the origin.
    const image = fromNumbers(
      Array.from({ length: side * side }, (_, i) => Number(i === 3)),
      [1, side, side, 1],
    );
    const ofImages = transformsFor(named("rotation", "flip", "fliprot"), { kind: "image", shape: [side, side, 1] });
    for (const [k, transform] of transforms.entries()) {
      const at = applied(ofImages[k]!, image).data.indexOf(1);
      const point = applied(transform, fromNumbers([3 - middle, middle], [1, 2]));
      expect([...point.data], transform.name).toEqual([(at % side) - middle, middle - Math.floor(at / side)]);
    }
  });

  it("keep their distances", () => {
    const points = normal(key(3), [20, 2]);
    const lengths = ({ data }: NdArray) =>
      Array.from({ length: 20 }, (_, i) => Math.hypot(data[2 * i]!, data[2 * i + 1]!));
    for (const transform of transforms) {
      expect(lengths(applied(transform, points)), transform.name).toBeAllclose(lengths(points), { relative: 1e-12 });
    }
  });
});

describe("several sets", () => {
  it("contain shared transformations once, the identity first", () => {
    const together = transformsFor(named("rotation", "flip", "fliprot"), plane).map(({ name }) => name);
    expect(together).toEqual(["identity", "90 degrees", "180 degrees", "270 degrees", "left-right", "up-down"]);
  });

  it.each([
    ["rotation", { kind: "image", shape: [4, 6, 3] }, "rotation needs square images - got [4, 6, 3]", "--size"],
    ["fliprot", { kind: "image", shape: [6, 4, 1] }, "got [6, 4, 1]", "--transforms flip"],
    ["translation", plane, "points can only be rotated or flipped - got translation", "rotation, flip or fliprot"],
    ["crop", plane, "got crop", "rotation, flip or fliprot"],
    ["rotation", { kind: "points", shape: [3] }, "two-dimensional to be rotated or flipped - got [3]", "--augment"],
  ] as const)("%s of %o is rejected", (name, items, message, hint) => {
    const attempt = () => transformsFor(named("flip", name), items);
    expect(attempt).toThrow(OptionError);
    expect(attempt).toThrow(message);
    try {
      attempt();
    } catch (error) {
      expect((error as OptionError).hint).toContain(hint);
    }
  });
});

describe("random transformations", () => {
  const transforms = transformsFor(named("rotation"), plane);
  const points = normal(key(4), [8, 2]);
  const pointOf = ({ data }: NdArray, i: number) => [data[2 * i]!, data[2 * i + 1]!];
  const byHand = (k: number, i: number) => pointOf(applied(transforms[k]!, points), i);
  const chosen = (choices: readonly number[], chance?: number) => {
    const [choice, share] = [input("choice", [8]), input("chance", [])];
    const out = transformedAtRandom(transforms, input("x", [8, 2]), choice, chance === undefined ? 1 : share);
    const feeds = { x: points, choice: fromNumbers(choices), chance: fromNumbers([chance ?? 1], []) };
    return evaluate([out], feeds)[0]!;
  };

  it("are assigned to items with equal probability", () => {
    const out = chosen([0.05, 0.3, 0.6, 0.9, 0.24, 0.26, 0.74, 0.76]);
    [0, 1, 2, 3, 0, 1, 2, 3].forEach((k, i) => expect(pointOf(out, i), `item ${i}`).toEqual(byHand(k, i)));
  });

  it("are applied with the given probability, and otherwise items are unchanged", () => {
    const out = chosen([0.05, 0.15, 0.25, 0.35, 0.45, 0.7, 0.99, 0.38], 0.4);
    [0, 1, 2, 3, 0, 0, 0, 3].forEach((k, i) => expect(pointOf(out, i), `item ${i}`).toEqual(byHand(k, i)));
  });

  it("with probability 0 leave items unchanged and propagate only the gradient of the result", () => {
    expect([...chosen([0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.999], 0).data]).toEqual([...points.data]);
    const x = input("x", [8, 2]);
    const out = transformedAtRandom(transforms, x, input("choice", [8]), 0.7);
    const loss = sum(mul(out, mul(out, input("weights", [8, 2]))));
    const feeds = {
      x: castTo(points, "float64"),
      choice: castTo(uniform(key(5), [8]), "float64"),
      weights: castTo(normal(key(6), [8, 2]), "float64"),
    };
    const [slope] = evaluate(grad(loss, [x]), feeds);
    expect(slope).toBeAllclose(finiteDifference(loss, feeds, "x"), { relative: 1e-6 });
  });
});
