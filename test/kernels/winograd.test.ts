import { beforeAll, describe, expect, it } from "vitest";

import { type NdArray, type Shape, ndarray, sizeOf } from "../../src/base/ndarray.ts";
import { fold, key, normal } from "../../src/base/random.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, apply, input } from "../../src/graph/tensor.ts";
import { planKernels } from "../../src/kernels/index.ts";
import { type Geometry, geometry } from "../../src/ops/conv/geometry.ts";
import * as ops from "../../src/ops/index.ts";
import { type Engine, wasmEngine } from "../../src/runtime/index.ts";
import type { Layout } from "../contracts/ops/conv.ts";

/** Convolutions for which Winograd's algorithm saves enough multiplications. */
const layouts: Readonly<Record<string, Layout>> = {
  "4x4, stride 2": {
    n: 2,
    size: [8, 12],
    kernel: [4, 4],
    c: 17,
    o: 20,
    options: { stride: 2, padding: 1 },
  },
  "4x4, stride 2, one tile": {
    n: 4,
    size: [4, 4],
    kernel: [4, 4],
    c: 32,
    o: 16,
    options: { stride: 2, padding: 1 },
  },
  "4x4, stride 2, half tiles": {
    n: 2,
    size: [14, 14],
    kernel: [4, 4],
    c: 16,
    o: 18,
    options: { stride: 2, padding: 1 },
  },
  "4x4, stride 2, half tiles and four paddings": {
    n: 1,
    size: [15, 11],
    kernel: [4, 4],
    c: 16,
    o: 17,
    options: { stride: 2, padding: [0, 2, 3, 2] },
  },
  "4x4, stride 2, rows that no output reaches": {
    n: 1,
    size: [9, 9],
    kernel: [4, 4],
    c: 16,
    o: 16,
    options: { stride: 2, padding: [1, 1, 0, 0] },
  },
  "3x3": { n: 2, size: [6, 6], kernel: [3, 3], c: 16, o: 18, options: { padding: 1 } },
  "3x3, half tiles": { n: 2, size: [7, 9], kernel: [3, 3], c: 16, o: 16, options: { padding: 1 } },
  "2x2, four paddings": {
    n: 1,
    size: [4, 5],
    kernel: [2, 2],
    c: 16,
    o: 16,
    options: { padding: [2, 3, 1, 0] },
  },
  "6x6, stride 2": {
    n: 1,
    size: [12, 14],
    kernel: [6, 6],
    c: 16,
    o: 16,
    options: { stride: 2, padding: 2 },
  },
  "an algorithm for each axis": {
    n: 1,
    size: [12, 11],
    kernel: [3, 4],
    c: 16,
    o: 16,
    options: { stride: [1, 2], padding: [1, 2] },
  },
};

/** Largest error as a share of the largest number: that of the plain sums in the contract of the ops. */
const float32Tolerance = 2e-6;

const draw = (seed: number, shape: Shape): NdArray =>
  ndarray("float32", shape, Float32Array.from(normal(fold(key(5), seed), shape).data));

function tensorsOf({ n, size, kernel, c, o }: Layout, geo: Geometry): Record<string, Tensor> {
  const x = input("x", [n, ...size, c]);
  const w = input("w", [...kernel, c, o]);
  const g = input("g", [n, ...geo.output, o]);
  return {
    y: apply(ops.convOp, [x, w], geo),
    dx: apply(ops.convTransposeOp, [g, w], geo),
    dw: apply(ops.convWeightGradOp, [x, g], geo),
  };
}

describe.each(Object.entries(layouts))("a convolution %s", (_, layout) => {
  const geo = geometry(layout.size, layout.kernel, layout.options ?? {}, "test");
  const outputs = tensorsOf(layout, geo);
  let engine: Engine;
  beforeAll(() => {
    engine = wasmEngine();
  });

  it("and its gradients take fewer multiplications than direct convolution", () => {
    for (const [name, y] of Object.entries(outputs)) {
      const plan = planKernels({ outputs: { y } }, () => true);
      if (typeof plan === "string") throw new Error(plan);
      const steps = plan.schedule.segments.flatMap((segment) => (segment.kind === "kernels" ? segment.steps : []));
      const made = steps.map((step) => (step.kind === "product" ? sizeOf(step.out.shape) * step.a.shape.at(-2)! : 0));
      const plain = layout.n * sizeOf(geo.output) * sizeOf(layout.kernel) * layout.c * layout.o;
      expect(made.reduce((sum, count) => sum + count, 0) / plain, name).toBeLessThan(0.8);
    }
  });

  it("and its gradients agree with the interpreter", async () => {
    const { n, size, kernel, c, o } = layout;
    const feeds = {
      x: draw(1, [n, ...size, c]),
      w: draw(2, [...kernel, c, o]),
      g: draw(3, [n, ...geo.output, o]),
    };
    const program = await engine.compile({ outputs });
    const got = await program.run(feeds);
    await program.release();
    for (const [name, tensor] of Object.entries(outputs)) {
      const want = evaluate([tensor], feeds)[0]!.data as Float64Array;
      const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const error = want.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(got[name]!.data[i]))), 0);
      expect(error / largest, name).toBeLessThan(float32Tolerance);
    }
  });
});
