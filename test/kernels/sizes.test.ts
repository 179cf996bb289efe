import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type Shape, ndarray, sizeOf } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import * as ops from "../../src/ops/index.ts";
import { wasmEngine } from "../../src/runtime/index.ts";
import "../tolerance.ts";

// Random programs are small. Here extents are large enough for tiles, panels and blocks, and odd enough for their rests.

const engine = wasmEngine();

async function compare(outputs: Readonly<Record<string, Tensor>>, shapes: Readonly<Record<string, Shape>>) {
  const feeds = Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, normal(key(i), shape)]));
  const compiled = await engine.compile({ outputs });
  const actual = await compiled.run(feeds);
  await compiled.release();
  evaluate(Object.values(outputs), feeds).forEach((value, i) => {
    const name = Object.keys(outputs)[i]!;
    // Rounding errors of sums grow with the root of their length.
    const absolute = 1e-6 * Math.sqrt(sizeOf(shapes.x!));
    expect(actual[name], name).toBeAllclose(value, { relative: 5e-6, absolute });
  });
}

const extent = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 3000 }) },
);
const shape = fc.array(extent, { minLength: 1, maxLength: 4 }).filter((list) => sizeOf(list) <= 40_000);

describe("kernels of any size", () => {
  it("reduce along any axes, fused with producers and consumers", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(15), fc.boolean(), fc.boolean(), async (list, mask, turned, gathered) => {
        const axes = list.flatMap((_, axis) => ((mask >> axis) & 1 ? [axis] : []));
        const x = input("x", list);
        const places = ndarray(
          "int32",
          [list[0]!],
          Int32Array.from({ length: list[0]! }, (_, i) => (i * 7) % list[0]!),
        );
        const y = gathered ? ops.gather(x, ops.indexTensor([...places.data])) : ops.mul(x, 0.5);
        const product = ops.mul(turned ? ops.transpose(ops.transpose(y, list.map((_, i) => i).toReversed())) : y, x);
        await compare(
          {
            product,
            sum: ops.sum(product, { axes }),
            other: ops.sum(ops.add(x, 1), { axes, keepDims: true }),
            max: ops.max(ops.neg(product), { axes }),
            place: ops.argmax(x, list.length - 1),
          },
          { x: list },
        );
      }),
      { seed: 21, numRuns: 60 },
    );
  });

  it.each([
    [[3, 9000], [1]],
    [[2, 3000, 2], [1]],
    [
      [2, 3, 1500, 3, 2],
      [2, 3],
    ],
    [[4, 700, 9], [1]],
    [
      [2, 5, 4000],
      [0, 2],
    ],
    [
      [5, 20, 70, 6],
      [1, 3],
    ],
    [[20_000], [0]],
  ])("sum %j along %j in tiles, for each remaining position", async (list, axes) => {
    const x = input("x", list);
    const square = ops.square(x);
    const sum = ops.sum(square, { axes });
    await compare({ sum, max: ops.max(square, { axes }), again: ops.sum(ops.mul(square, x), { axes }) }, { x: list });
  });

  it("multiply matrices of any size, transposed or stacked", { timeout: 60_000 }, async () => {
    const side = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 100, max: 140 }));
    const inner = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 250, max: 530 }));
    const stack = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 1 });
    await fc.assert(
      fc.asyncProperty(side, side, inner, stack, fc.boolean(), fc.boolean(), async (m, n, k, lead, turnA, turnB) => {
        const [a, b] = [[...lead, ...(turnA ? [k, m] : [m, k])], turnB ? [n, k] : [k, n]];
        const product = ops.matmul(input("x", a), input("y", b), { transposeA: turnA, transposeB: turnB });
        await compare({ product, after: ops.tanh(product) }, { x: a, y: b });
      }),
      { seed: 22, numRuns: 60 },
    );
  });

  it("add slices at their positions", async () => {
    for (const [count, width, wide] of [
      [3000, 5, 17],
      [40, 300, 7],
      [9, 1, 100],
    ] as const) {
      const places = Array.from({ length: count }, (_, i) => (i * 13) % wide);
      await compare(
        { total: ops.scatterAdd(input("x", [2, count, width]), ops.indexTensor(places), 1, wide) },
        { x: [2, count, width] },
      );
    }
  });
});
