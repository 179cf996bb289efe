import { describe, expect, it } from "vitest";

import { type NdArray, ndarray, sizeOf } from "../../src/base/ndarray.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import * as ops from "../../src/ops/index.ts";
import { type Engine, interpreter, kernelEngine, ortEngine, wasmEngine } from "../../src/runtime/index.ts";

const engines: readonly (readonly [string, Engine])[] = [
  ["interpreter", interpreter()],
  ["cpu", ortEngine({ device: "cpu", threads: 1 })],
  ["kernels", kernelEngine({ device: "cpu", threads: 1 })],
  ["wasm", wasmEngine()],
];

/** Bytes that differ from their neighbours, all values among them. */
function bytes(...shape: number[]): NdArray<"uint8"> {
  return ndarray(
    "uint8",
    shape,
    Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (i * 77) % 256),
  );
}

async function run(engine: Engine, y: Tensor, x: NdArray): Promise<number[]> {
  const compiled = await engine.compile({ outputs: { y } });
  const outputs = await compiled.run({ x });
  await compiled.release();
  return [...outputs.y!.data];
}

const level = (x: Tensor) => ops.div(ops.cast(x, "float32"), 255);

describe.each(engines)("bytes on %s", (name, engine) => {
  it.each([1, 3, 4, 256, 263])(
    "are converted to the float32 numbers as which images are read: %i of them",
    async (size) => {
      const x = bytes(size);
      // The interpreter is of float64.
      const rounded = name === "interpreter" ? (value: number) => value : Math.fround;
      expect(await run(engine, level(input("x", [size], "uint8")), x)).toEqual(
        Array.from(x.data, (byte) => rounded(byte / 255)),
      );
    },
  );

  it("can be integers and booleans as well", async () => {
    const x = bytes(11);
    const fed = input("x", [11], "uint8");
    expect(await run(engine, ops.cast(fed, "int32"), x)).toEqual([...x.data]);
    const isNot0 = ops.cast(ops.cast(fed, "bool"), "float32");
    expect(await run(engine, isNot0, x)).toEqual(Array.from(x.data, (byte) => (byte === 0 ? 0 : 1)));
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ["transposed", (x) => ops.transpose(x, [2, 0, 1])],
    ["sliced", (x) => ops.slice(x, 2, 1, 7)],
    ["reversed", (x) => ops.flip(x, [2])],
    ["reshaped and transposed", (x) => ops.reshape(ops.transpose(x, [1, 0, 2]), [5, 27])],
    ["joined", (x) => ops.concat([x, ops.slice(x, 0, 0, 2)], 0)],
    ["chosen", (x) => ops.gather(x, ops.indexTensor([2, 0, 2]))],
    ["repeated", (x) => ops.broadcastTo(ops.slice(x, 0, 1, 2), [3, 5, 9])],
  ])("are moved as floats are: %s", async (_, moved) => {
    const [x, shape] = [bytes(3, 5, 9), [3, 5, 9]];
    const numbers = ndarray("float32", shape, Float32Array.from(x.data));
    const expected = await run(engine, moved(input("x", shape)), numbers);
    expect(await run(engine, moved(input("x", shape, "uint8")), x)).toEqual(expected);
    expect(await run(engine, level(moved(input("x", shape, "uint8"))), x)).toEqual(
      await run(engine, ops.div(moved(input("x", shape)), 255), numbers),
    );
  });
});
