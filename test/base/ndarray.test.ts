import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ShapeError } from "../../src/base/errors.ts";
import {
  castTo,
  formatShape,
  fromNumbers,
  full,
  gatherStrided,
  joinRows,
  ndarray,
  permuted,
  reshaped,
  rows,
  scalar,
  sizeOf,
  stridesOf,
  zeros,
} from "../../src/base/ndarray.ts";

/** 0, 1, 2, ... in a shape. */
const counting = (...shape: number[]) =>
  fromNumbers(
    Array.from({ length: sizeOf(shape) }, (_, i) => i),
    shape,
  );

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 4 });

describe("ndarray", () => {
  it("rejects data of the wrong length", () => {
    expect(() => ndarray("float32", [2, 3], new Float32Array(5))).toThrow(ShapeError);
    expect(() => ndarray("float32", [2, 3], new Float32Array(5))).toThrow("[2, 3] holds 6 numbers - got 5");
  });

  it("shares the data passed in, but copies the shape", () => {
    const [shape, data] = [[2], Float32Array.of(1, 2)];
    const a = ndarray("float32", shape, data);
    shape[0] = 7;
    expect(a.shape).toEqual([2]);
    expect(a.data).toBe(data);
  });

  it("makes zeros, constants and scalars", () => {
    expect(zeros([2, 0]).data.length).toBe(0);
    expect([...zeros([2], "int32").data]).toEqual([0, 0]);
    expect([...full([3], 1.5).data]).toEqual([1.5, 1.5, 1.5]);
    expect(scalar(2)).toEqual({ dtype: "float32", shape: [], data: Float32Array.of(2) });
    expect(formatShape(["n", 3])).toBe("[n, 3]");
  });

  it("copies only if the type changes", () => {
    const a = counting(3);
    expect(castTo(a, "float32")).toBe(a);
    expect([...castTo(fromNumbers([1.9, -1.9]), "int32").data]).toEqual([1, -1]);
  });

  it("keeps the order of elements when reshaped", () => {
    expect(reshaped(counting(2, 3), [3, 2]).data).toEqual(counting(3, 2).data);
    expect(() => reshaped(counting(2, 3), [4])).toThrow("[4] holds 4 numbers - got 6");
  });
});

describe("permuted", () => {
  it("is inverted by the inverse permutation, and moves each element as specified", () => {
    const cases = shapes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray(
          shape.map((_, i) => i),
          { minLength: shape.length },
        ),
      ),
    );
    fc.assert(
      fc.property(cases, ([shape, order]) => {
        const a = counting(...shape);
        const moved = permuted(a, order);
        expect(moved.shape).toEqual(order.map((axis) => shape[axis]));
        const inverse = order.map((_, axis) => order.indexOf(axis));
        expect(permuted(moved, inverse)).toEqual(a);
        const [from, to] = [stridesOf(shape), stridesOf(moved.shape)];
        moved.data.forEach((value, at) => {
          const place = to.map((stride, axis) => Math.floor(at / stride) % moved.shape[axis]!);
          expect(value).toBe(order.reduce((sum, axis, i) => sum + from[axis]! * place[i]!, 0));
        });
      }),
    );
  });
});

describe("gatherStrided", () => {
  it("repeats with stride 0 and reverses with negative strides", () => {
    expect([...gatherStrided(counting(3), [2, 3], [0, 1], 0).data]).toEqual([0, 1, 2, 0, 1, 2]);
    expect([...gatherStrided(counting(2, 3), [2, 3], [-3, -1], 5).data]).toEqual([5, 4, 3, 2, 1, 0]);
    expect([...gatherStrided(counting(4), [], [], 2).data]).toEqual([2]);
    expect(gatherStrided(counting(4), [0, 3], [1, 1], 0).data.length).toBe(0);
  });
});

describe("rows", () => {
  it("are sliced without copying, and joined again", () => {
    const a = counting(4, 2);
    const middle = rows(a, 1, 3);
    expect([...middle.data]).toEqual([2, 3, 4, 5]);
    middle.data[0] = -1;
    expect(a.data[2]).toBe(-1);
    expect(joinRows([rows(a, 0, 1), middle, rows(a, 3, 4)])).toEqual(a);
  });

  it("are joined only if they have equal widths", () => {
    expect(() => joinRows([counting(2, 3), counting(2, 4)])).toThrow("got [3] and [4]");
    expect(() => joinRows([])).toThrow("at least one array");
  });
});
