import { describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { ShapeError } from "../../src/base/errors.ts";
import { fromNumbers, ndarray, zeros } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, constant, input } from "../../src/graph/tensor.ts";
import { emitOnnx } from "../../src/onnx/index.ts";
import * as ops from "../../src/ops/index.ts";
import { decodeOnnx, runOnnx } from "../onnx-file.ts";
import "../tolerance.ts";

const training = { target: "training" } as const;
const portable = { target: "portable" } as const;
const x = input("x", [2, 3]);
const fed = fromNumbers([1, 2, 3, 4, 5, 6], [2, 3]);

const types = (outputs: Record<string, Tensor>, options: Parameters<typeof emitOnnx>[1] = training) =>
  decodeOnnx(emitOnnx(outputs, options)).model.graph!.node.map(({ opType }) => opType);

describe("the envelope of a model", () => {
  it("holds versions, names and shapes as ONNX's own schema reads them, and the metadata", () => {
    const y = ops.mul(input("batch", ["n", 3]), 2);
    const { model, signature } = decodeOnnx(
      emitOnnx({ y }, { ...portable, metadata: { model: "vae", note: "Ünïcode 名" } }),
    );
    expect(signature).toEqual({ inputs: { batch: ["n", 3] }, outputs: { y: ["n", 3] } });
    expect(model.metadataProps.map((entry) => [entry.key, entry.value])).toEqual([
      ["model", "vae"],
      ["note", "Ünïcode 名"],
    ]);
    expect(model.graph!.name).toBe("zaya");
    expect(model.graph!.node[0]).toMatchObject({ opType: "Mul", name: "y", output: ["y"] });
  });

  it("keeps types of inputs and outputs", async () => {
    const [flags, counts] = [input("flags", [3], "bool"), input("counts", [3], "int32")];
    const outputs = {
      chosen: ops.where(flags, counts, constant(ndarray("int32", [3], Int32Array.of(7, 8, 9)))),
      more: ops.greater(counts, constant(ndarray("int32", [], Int32Array.of(1)))),
    };
    const [results] = await runOnnx(emitOnnx(outputs, training), {
      flags: ndarray("bool", [3], Uint8Array.of(1, 0, 1)),
      counts: ndarray("int32", [3], Int32Array.of(1, 2, -3)),
    });
    expect(results!.chosen).toEqual(ndarray("int32", [3], Int32Array.of(1, 8, -3)));
    expect(results!.more).toEqual(ndarray("bool", [3], Uint8Array.of(0, 1, 0)));
  });

  it("writes attributes with the types that ONNX expects", () => {
    const node = (y: Tensor, options = training) => decodeOnnx(emitOnnx({ y }, options)).model.graph!.node[0]!;
    const [alpha] = node(ops.leakyRelu(x, 0.25)).attribute;
    expect(alpha).toMatchObject({ name: "alpha", type: 1, f: 0.25 });
    expect(node(ops.transpose(x)).attribute[0]).toMatchObject({ name: "perm", type: 7, ints: [1n, 0n] });
    expect(node(ops.concat([x, x], 1)).attribute[0]).toMatchObject({ name: "axis", type: 2, i: 1n });
  });

  it("is deterministic", () => {
    const build = () => {
      const y = ops.sum(ops.square(ops.matmul(input("a", [4, 5]), input("w", [5, 3]))));
      return emitOnnx({ y, g: grad(y, [input("a", [4, 5])])[0]! }, training);
    };
    expect(build()).toEqual(build());
  });

  it("supports numbers that JSON does not", async () => {
    const odd = [Number.NaN, Infinity, -Infinity, -0, 1e-40, 3.4e38];
    const y = ops.concat([input("s", [1]), constant(fromNumbers(odd))]);
    const [results] = await runOnnx(emitOnnx({ y }, training), { s: fromNumbers([1]) });
    expect([...results!.y!.data]).toEqual([1, ...Float32Array.from(odd)]);
  });
});

describe("names", () => {
  it("of inputs and outputs may equal generated ones", async () => {
    const [t0, c0, t1] = ["t0", "c0", "t1"].map((name) => input(name, [2])) as [Tensor, Tensor, Tensor];
    const outputs = { t2: ops.add(ops.mul(t0, 2), c0), c1: ops.exp(ops.sub(t1, 1)), t3: ops.tanh(ops.mul(t0, 2)) };
    const feeds = { t0: fromNumbers([1, 2]), c0: fromNumbers([3, 4]), t1: fromNumbers([5, 6]) };
    const bytes = emitOnnx(outputs, training);
    decodeOnnx(bytes);
    const [results] = await runOnnx(bytes, feeds);
    const expected = evaluate(Object.values(outputs), feeds);
    Object.keys(outputs).forEach((name, i) => expect(results![name]).toBeAllclose(expected[i]!, { relative: 1e-6 }));
  });

  it("may hold any characters", async () => {
    const outputs = { "next/params/net.0 ü": ops.mul(input("params/net.0 ü", [2]), 3) };
    const [results] = await runOnnx(emitOnnx(outputs, training), { "params/net.0 ü": fromNumbers([1, 2]) });
    expect([...results!["next/params/net.0 ü"]!.data]).toEqual([3, 6]);
  });

  it("with commas are not split", async () => {
    const [a, bc, ab, c] = ["a", "b,c", "a,b", "c"].map((name) => input(name, [1])) as [Tensor, Tensor, Tensor, Tensor];
    const feeds = { a: fromNumbers([1]), "b,c": fromNumbers([2]), "a,b": fromNumbers([3]), c: fromNumbers([4]) };
    const [results] = await runOnnx(emitOnnx({ one: ops.concat([a, bc]), two: ops.concat([ab, c]) }, training), feeds);
    expect([...results!.one!.data, ...results!.two!.data]).toEqual([1, 2, 3, 4]);
  });

  it("are rejected if an input and an output share one, or two inputs have different shapes", () => {
    const same = () => emitOnnx({ x: ops.exp(x) }, training);
    expect(same).toThrow(ShapeError);
    expect(same).toThrow('onnx: an output must not have the name of an input - got "x"');
    const two = () => emitOnnx({ y: ops.exp(x), z: ops.exp(input("x", [3])) }, training);
    expect(two).toThrow('input "x": one name has one shape and type - got float32 [2, 3] and float32 [3]');
  });
});

describe("outputs", () => {
  it("are named at their node, without a copy", () => {
    expect(types({ y: ops.exp(x) })).toEqual(["Exp"]);
    expect(types({ y: ops.exp(x), z: ops.neg(ops.exp(x)) })).toEqual(["Exp", "Neg"]);
  });

  it("may be inputs, constants, or one value under two names", async () => {
    const outputs = {
      same: x,
      fixed: constant(fromNumbers([7, 8])),
      a: ops.exp(x),
      b: ops.exp(x),
      c: ops.stopGradient(ops.exp(x)),
    };
    const bytes = emitOnnx(outputs, training);
    decodeOnnx(bytes);
    const [results] = await runOnnx(bytes, { x: fed });
    expect([...results!.same!.data]).toEqual([...fed.data]);
    expect([...results!.fixed!.data]).toEqual([7, 8]);
    for (const name of ["a", "b", "c"])
      expect(results![name]).toBeAllclose(Array.from(fed.data, Math.exp), { relative: 1e-6 });
  });

  it("contain nothing that no output needs", () => {
    ops.exp(x);
    const { signature, model } = decodeOnnx(emitOnnx({ y: ops.mul(input("s", []), 2) }, training));
    expect(Object.keys(signature.inputs)).toEqual(["s"]);
    expect(model.graph!.node.length).toBe(1);
  });

  it("leave no unused node, and no redundant reshape", async () => {
    const there = ops.reshape(ops.exp(x), [3, 2]);
    const y = ops.mul(ops.reshape(ops.reshape(there, [6]), [2, 3]), 2);
    expect(types({ y })).toEqual(["Exp", "Mul"]);
    const both = { y, z: ops.reshape(there, [1, 6]) };
    expect(types(both)).toEqual(["Exp", "Mul", "Reshape"]);
    const [results] = await runOnnx(emitOnnx(both, training), { x: fed });
    const doubled = Array.from(fed.data, (value) => 2 * Math.exp(value));
    expect(results!["y"]).toBeAllclose(doubled, { relative: 1e-6 });
    expect(results!["z"]!.shape).toEqual([1, 6]);
  });
});

describe("constants", () => {
  it("of equal type, shape and bytes are written once, large ones too", () => {
    const large = (...shape: number[]) => constant(ndarray("float32", shape, normal(key(1), [200]).data.slice()));
    const y = ops.add(ops.mul(input("a", [40, 5]), large(40, 5)), large(40, 5));
    const z = ops.mul(input("b", [200]), large(200));
    const { initializer } = decodeOnnx(emitOnnx({ y, z }, training)).model.graph!;
    expect(initializer.map(({ dims }) => dims.join())).toEqual(["40,5", "200"]);
  });

  it("that are zeros, ones or repeats stay small in the file", () => {
    const wide = ops.broadcastTo(constant(fromNumbers([1])), [1000, 1000]);
    const bytes = emitOnnx(
      { y: ops.concat([input("w", [1, 1000]), wide], 0), z: ops.padAxis(input("w", [1, 1000]), 0, 0, 5000) },
      training,
    );
    expect(bytes.length).toBeLessThan(2000);
    expect(emitOnnx({ y: ops.sum(input("v", [4096, 64]), { axes: [0] }) }, training).length).toBeLessThan(2000);
  });
});

describe("a batch of unknown length", () => {
  it("is read from an input, however early a node needs it", async () => {
    const n = input("x", ["n", 2]);
    const zero = ops.broadcastTo(constant(zeros([1, 1])), ["n", 3]);
    const y = ops.concat([zero, n, ops.padAxis(n, 1, 1, 2)], 1);
    const bytes = emitOnnx({ zero, y }, portable);
    for (const rows of [1, 3]) {
      const feeds = { x: normal(key(rows), [rows, 2]) };
      const [results] = await runOnnx(bytes, feeds);
      evaluate([zero, y], feeds).forEach((value, i) =>
        expect(results![["zero", "y"][i]!]).toBeAllclose(value, { relative: 0 }),
      );
    }
  });

  it("that no input has is rejected by name", () => {
    const lost = () => emitOnnx({ y: ops.broadcastTo(constant(zeros([1])), ["m"]) }, portable);
    expect(lost).toThrow(ShapeError);
    expect(lost).toThrow('onnx: no input determines the extent "m"');
  });

  it("is rejected for training, whose lowerings need every shape", () => {
    const images = input("images", ["n", 4, 4, 3]);
    const step = () => emitOnnx({ y: ops.conv2d(images, input("w", [3, 3, 3, 2])) }, training);
    expect(step).toThrow(ShapeError);
    expect(step).toThrow('onnx: input "images" of a training graph: needs a static shape - got [n, 4, 4, 3]');
  });
});

describe("the target", () => {
  const images = input("images", [2, 6, 6, 3]);
  const kernel = input("w", [4, 4, 3, 5]);
  const y = ops.conv2d(images, kernel, { stride: 2, padding: 1 });
  const loss = ops.sum(ops.square(y));
  const gradients = grad(loss, [images, kernel]);
  const outputs = { loss, dx: gradients[0]!, dw: gradients[1]! };

  it("training uses products of gathered columns, which forward and kernel gradient share", () => {
    const used = types(outputs);
    expect(used).not.toContain("Conv");
    expect(used).not.toContain("ConvTranspose");
    expect(types({ loss }).filter((type) => type === "Gather").length).toBe(1);
    expect(types({ loss, dw: outputs.dw }).filter((type) => type === "Gather").length).toBe(1);
  });

  it("training gathers the rows of a gradient with few channels once, for the images and for the kernel", () => {
    const [image, wide] = [input("image", [1, 8, 8, 16]), input("wide", [7, 7, 16, 2])];
    const value = ops.sum(ops.mul(ops.conv2d(image, wide, { padding: 3 }), input("g", [1, 8, 8, 2])));
    const [dx, dw] = grad(value, [image, wide]);
    const gathers = (of: Record<string, Tensor>) => types(of).filter((type) => type === "Gather").length;
    // The taps of each line, then the lines; and the kernel's taps, turned.
    expect(gathers({ dw: dw! })).toBe(2);
    expect(gathers({ dx: dx!, dw: dw! })).toBe(3);
  });

  it("portable uses ONNX's own convolutions", () => {
    const used = types(outputs, portable);
    expect(used.filter((type) => type === "Conv").length).toBe(2);
    expect(used.filter((type) => type === "ConvTranspose").length).toBe(1);
  });

  it("never uses what is slow, wrong or missing on an engine", () => {
    // engine.md, sections 3 and 6: Pad and Where are slow, Sign and variadic Sum are not on WebGPU, BatchNormalization overwrites its inputs.
    const rich = {
      ...outputs,
      s: ops.sign(images),
      m: ops.max(ops.abs(images)),
      p: ops.padReflect(
        ops.pad(images, [
          [0, 0],
          [1, 1],
        ]),
        [
          [0, 0],
          [0, 0],
          [2, 2],
        ],
      ),
    };
    for (const options of [training, portable]) {
      const used = new Set(types(rich, options));
      for (const type of ["Pad", "Sign", "Sum", "BatchNormalization", "Identity"]) expect(used).not.toContain(type);
    }
  });
});
