import { describe, expect, it } from "vitest";

import { fromNumbers } from "../../src/base/ndarray.ts";
import { input } from "../../src/graph/tensor.ts";
import * as ops from "../../src/ops/index.ts";
import { adam } from "../../src/optim/index.ts";
import { wasmEngine } from "../../src/runtime/index.ts";

describe("subnormal numbers", () => {
  it("are flushed from an optimizer's moments, which would otherwise stay subnormal forever", async () => {
    const engine = wasmEngine();
    const optimizer = adam({ learningRate: 0.1, beta1: 0.9, beta2: 0.9 });
    const w = input("w", [8]);
    const names = Object.keys(optimizer.init(fromNumbers([0])));
    const next = optimizer.update(
      w,
      input("g", [8]),
      Object.fromEntries(names.map((name) => [name, input(name, [8])])),
      (name) => input(name, []),
    );
    const compiled = await engine.compile({ outputs: {}, updates: { w: next.params, ...next.slots } });
    const ones = fromNumbers(new Array<number>(8).fill(1));
    const state = engine.createState({ w: ones, ...Object.fromEntries(names.map((name) => [name, ones])) });
    const feeds = {
      g: fromNumbers(new Array<number>(8).fill(0)),
      rate: fromNumbers([0.1], []),
      epsilon: fromNumbers([1e-8], []),
    };
    // 0.9 ** 1000 is 1e-46, and 0.9 times the smallest number of float32 rounds to that number.
    for (let step = 0; step < 1000; step++) await compiled.run(feeds, state);
    const { gradients, squares } = await state.read();
    expect([...gradients!.data, ...squares!.data]).toEqual(new Array(16).fill(0));
    await compiled.release();
    state.dispose();
  });

  it("are flushed to 0 in products, unlike merely small numbers; NaN stays NaN", async () => {
    const engine = wasmEngine();
    // Wide enough that it is a product and not a pass.
    const x = input("x", [4, 8]);
    const product = ops.matmul(ops.mul(x, 2), input("w", [8, 4]));
    const compiled = await engine.compile({ outputs: { product } });
    const numbers = [1e-32, -1e-29, NaN, -Infinity];
    const { product: result } = await compiled.run({
      x: fromNumbers(
        numbers.flatMap((value) => [value, 0, 0, 0, 0, 0, 0, 0]),
        [4, 8],
      ),
      w: fromNumbers(new Array<number>(32).fill(2 ** 20), [8, 4]),
    });
    const first = [0, 1, 2, 3].map((row) => result!.data[4 * row]);
    expect(first).toEqual([0, Math.fround(-1e-29) * 2 ** 21, NaN, -Infinity]);
    await compiled.release();
  });
});
