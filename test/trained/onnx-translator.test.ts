import { describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { range } from "../../src/base/range.ts";
import { openOnnxTranslator } from "../../src/trained/index.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import { emitOnnx } from "../../src/onnx/index.ts";
import { concat, mean, mul, reshape, slice } from "../../src/ops/index.ts";

/** Opens a file from images [n, 3, 4, 2] to what a function makes of them. */
function open(apply: (x: Tensor) => Tensor) {
  const bytes = emitOnnx({ y: apply(input("x", ["n", 3, 4, 2])) }, { target: "portable" });
  return openOnnxTranslator({ name: "net.onnx", bytes }, {}, { device: "cpu", threads: 1 }, null);
}

describe("an ONNX file as a translator", () => {
  it("translates images [h, w, c], channel by channel", async () => {
    const net = await open((x) => mul(concat([slice(x, 1, 2, 3), slice(x, 1, 0, 2)], 1), 2));
    expect(net.shape).toEqual([4, 2, 3]);
    const image = ndarray("float32", [1, 4, 2, 3], Float32Array.from(range(0, 24)));
    const { data, shape } = await net.run(image);
    expect(shape).toEqual([1, 4, 2, 3]);
    // Of each pixel's (a, b, c) twice (c, a, b).
    expect([...data]).toEqual(Array.from(data, (_, i) => 2 * (i - (i % 3) + ((i + 2) % 3))));
    await net.close();
  });

  it.each<[what: string, apply: (x: Tensor) => Tensor, got: string]>([
    ["numbers", (x) => mean(x, { axes: [1, 2, 3] }), "[1]"],
    ["a map of scores", (x) => mean(x, { axes: [1], keepDims: true }), "[1, 1, 4, 2]"],
    ["smaller images", (x) => slice(x, 2, 0, 2), "[1, 3, 2, 2]"],
    ["images lying on their side", (x) => reshape(x, [-1, 3, 2, 4]), "[1, 3, 2, 4]"],
  ])("is rejected if it returns %s", async (_, apply, got) => {
    const error = await open(apply).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toBe(
      `net.onnx must return images of the input size, [1, 3, 4, 2] - got ${got}`,
    );
    expect((error as DataError).hint).toContain("AtoB.onnx or BtoA.onnx");
  });
});
