import { describe, expect, it } from "vitest";

import { type Shape, sizeOf } from "../../src/base/ndarray.ts";
import { key } from "../../src/base/random.ts";
import { type Initializer, glorotUniform, heNormal, normalInit, orthogonal } from "../../src/nn/index.ts";
import "../tolerance.ts";

const moment = (values: Float32Array, power: number) =>
  values.reduce((total, value) => total + value ** power, 0) / values.length;

/** Shapes end in [in, out]; taps before them count towards both fans. */
const shapes: readonly (readonly [Shape, fanIn: number, fanOut: number])[] = [
  [[300, 200], 300, 200],
  [[4, 4, 30, 50], 480, 800],
];

describe.each(shapes)("a weight of shape %o", (shape, fanIn, fanOut) => {
  const deviations: Readonly<Record<string, readonly [Initializer, number]>> = {
    heNormal: [heNormal, Math.sqrt(2 / fanIn)],
    glorotUniform: [glorotUniform, Math.sqrt(2 / (fanIn + fanOut))],
    normalInit: [normalInit(0.02), 0.02],
  };

  it.each(Object.entries(deviations))("has mean 0 and the deviation of %s", (_, [init, deviation]) => {
    const { data, shape: own } = init(key(1), shape);
    expect(own).toEqual(shape);
    const five = 5 / Math.sqrt(sizeOf(shape));
    expect(Math.abs(moment(data, 1))).toBeLessThan(five * deviation);
    // The relative error of a variance is sqrt(2 / n) for normal numbers, less for uniform ones.
    expect(moment(data, 2)).toBeAllclose(deviation ** 2, { relative: five * Math.SQRT2 });
  });

  it("is uniform on both sides for glorotUniform, and normal for heNormal", () => {
    const bound = Math.sqrt(6 / (fanIn + fanOut));
    const flat = glorotUniform(key(2), shape).data;
    expect(flat.every((value) => Math.abs(value) <= bound)).toBe(true);
    expect(Math.max(...flat.subarray(0, 50_000))).toBeGreaterThan(0.999 * bound);
    const bell = heNormal(key(2), shape).data;
    expect(moment(bell, 4) / moment(bell, 2) ** 2).toBeAllclose(3, { relative: 0.1 });
  });
});

describe("orthogonal", () => {
  const gram = (data: Float32Array, rows: number, cols: number, byRows: boolean) => {
    const count = byRows ? rows : cols;
    const at = (vector: number, i: number) => (byRows ? data[vector * cols + i]! : data[i * cols + vector]!);
    const length = byRows ? cols : rows;
    return Array.from({ length: count * count }, (_, place) => {
      const [a, b] = [Math.floor(place / count), place % count];
      return Array.from({ length }, (__, i) => at(a, i) * at(b, i)).reduce((total, value) => total + value, 0);
    });
  };

  it.each([
    [[20, 30], 1],
    [[30, 20], 2],
    [[25, 25], Math.SQRT2],
    [[3, 3, 4, 8], 1],
    [[1, 1, 4, 40], 0.5],
  ] as [Shape, number][])("makes the shorter side of %o orthonormal, of length %f", (shape, gain) => {
    const cols = shape.at(-1)!;
    const rows = sizeOf(shape) / cols;
    const { data } = orthogonal(gain)(key(3), shape);
    const count = Math.min(rows, cols);
    const expected = Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? gain ** 2 : 0));
    expect(gram(data, rows, cols, rows < cols)).toBeAllclose(expected, { relative: 2e-6 });
  });
});

describe("every initializer", () => {
  it.each(Object.entries({ heNormal, glorotUniform, normal: normalInit(1), orthogonal: orthogonal() }))(
    "%s returns the same numbers for a key, others for another",
    (_, init) => {
      const draw = (seed: number) => [...init(key(seed), [4, 5]).data];
      expect(draw(7)).toEqual(draw(7));
      expect(draw(7)).not.toEqual(draw(8));
    },
  );
});
