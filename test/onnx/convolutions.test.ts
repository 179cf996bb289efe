import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { ShapeError } from "../../src/base/errors.ts";
import { key, normal } from "../../src/base/random.ts";
import type { Target } from "../../src/graph/emitter.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import { emitOnnx } from "../../src/onnx/index.ts";
import { conv2d, convTranspose2d, mul, sum } from "../../src/ops/index.ts";
import { runOnnx } from "../onnx-file.ts";
import "../tolerance.ts";

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** Any geometry of a convolution of small images: strides, paddings, dilations, groups, few and many channels. */
const layouts = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  size: pair(1, 8),
  kernel: pair(1, 5),
  stride: pair(1, 4),
  padding: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)),
  dilation: pair(1, 3),
  groups: fc.constantFrom(1, 1, 2, 3),
  perGroup: pair(1, 10),
});

describe.each(["training", "portable"] satisfies Target[])("for %s", (target) => {
  it.each([
    ["conv2d", conv2d],
    ["convTranspose2d", convTranspose2d],
  ] as const)("%s of any geometry has the interpreter's values and gradients", async (name, convolve) => {
    let built = 0;
    await fc.assert(
      fc.asyncProperty(layouts, async ({ batch, size, kernel, perGroup: [wide, narrow], groups, ...options }) => {
        const channels = name === "conv2d" ? wide * groups : narrow * groups;
        const feeds = {
          x: normal(key(1), [batch, ...size, channels]),
          w: normal(key(2), [...kernel, wide, narrow * groups]),
        };
        const [x, w] = [input("x", feeds.x.shape), input("w", feeds.w.shape)];
        const y = unlessRefused(() => convolve(x, w, { ...options, groups }));
        if (y === null) return;
        built++;
        const projection = normal(key(3), y.shape as number[]);
        const [dx, dw] = grad(sum(mul(y, input("projection", y.shape))), [x, w]);
        const outputs = { y, dx: dx!, dw: dw! };
        const [results] = await runOnnx(emitOnnx(outputs, { target }), { ...feeds, projection });
        const expected = evaluate(Object.values(outputs), { ...feeds, projection });
        Object.keys(outputs).forEach((output, i) =>
          expect(results![output], output).toBeAllclose(expected[i]!, { relative: 5e-6, absolute: 1e-5 }),
        );
      }),
      { seed: 21, numRuns: 80 },
    );
    expect(built).toBeGreaterThan(40);
  });
});

it("gradients for large images can be exported", () => {
  const [x, w] = [input("x", [1, 400, 400, 3]), input("w", [3, 3, 3, 4])];
  const [dx] = grad(sum(conv2d(x, w, { padding: 1 })), [x]);
  expect(emitOnnx({ dx: dx! }, { target: "training" }).length).toBeGreaterThan(0);
});

/** Kernels that do not fit into their images have no result. */
function unlessRefused(build: () => Tensor): Tensor | null {
  try {
    return build();
  } catch (error) {
    if (error instanceof ShapeError) return null;
    throw error;
  }
}
