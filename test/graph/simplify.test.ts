import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { ShapeError } from "../../src/base/errors.ts";
import { fromNumbers, ndarray, zeros } from "../../src/base/ndarray.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { simplify } from "../../src/graph/simplify.ts";
import { type Tensor, constant, constantValue, input, opOf } from "../../src/graph/tensor.ts";
import { toposort } from "../../src/graph/traverse.ts";
import { emitOnnx } from "../../src/onnx/index.ts";
import * as ops from "../../src/ops/index.ts";
import { runOnnx } from "../onnx-file.ts";
import "../tolerance.ts";
import { feeds, randomGraph } from "./random-graph.ts";

const names = (outputs: readonly Tensor[]) => toposort(outputs).map((node) => opOf(node).name);
const x = input("x", [2, 3]);

/** Constants that folding makes are float32. */
const folded = { relative: 1e-6, absolute: 1e-6 };

describe("simplify", () => {
  it("preserves the values and shapes of random graphs, and adds no node", () => {
    fc.assert(
      fc.property(randomGraph(14), (outputs) => {
        const simple = simplify(outputs);
        expect(toposort(simple).length).toBeLessThanOrEqual(toposort(outputs).length);
        expect(simple.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
          outputs.map(({ shape, dtype }) => ({ shape, dtype })),
        );
        const [before, after] = [evaluate(outputs, feeds), evaluate(simple, feeds)];
        after.forEach((value, i) => expect(value).toBeAllclose(before[i]!, folded));
        expect(toposort(simplify(simple)).length).toBeLessThanOrEqual(toposort(simple).length);
      }),
      { seed: 11, numRuns: 400 },
    );
  });

  it("preserves the values of gradients of random graphs", () => {
    fc.assert(
      fc.property(randomGraph(10), (outputs) => {
        const loss = outputs.map((output) => ops.sum(ops.square(output))).reduce((total, term) => ops.add(total, term));
        const leaves = toposort([loss]).filter((node) => opOf(node).name === "input");
        const gradients = grad(loss, leaves);
        const simple = simplify(gradients);
        expect(toposort(simple).length).toBeLessThanOrEqual(toposort(gradients).length);
        const [before, after] = [evaluate(gradients, feeds), evaluate(simple, feeds)];
        const size = Math.max(...before.flatMap(({ data }) => Array.from(data, Math.abs)));
        after.forEach((value, i) => expect(value).toBeAllclose(before[i]!, { relative: 1e-5, absolute: 1e-6 * size }));
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  it("produces graphs that ONNX Runtime computes as the interpreter does the original ones", async () => {
    await fc.assert(
      fc.asyncProperty(
        randomGraph(14),
        fc.constantFrom("training" as const, "portable" as const),
        async (outputs, target) => {
          const named = Object.fromEntries(outputs.map((output, i) => [`out${i}`, output]));
          const [results] = await runOnnx(emitOnnx(named, { target }), feeds);
          evaluate(outputs, feeds).forEach((value, i) =>
            expect(results![`out${i}`]).toBeAllclose(value, { relative: 1e-5, absolute: 1e-5 }),
          );
        },
      ),
      { seed: 13, numRuns: 200 },
    );
  });

  it("merges equal nodes, and distinguishes nodes that differ only in an attribute", () => {
    const y = ops.add(ops.exp(ops.mul(x, 2)), ops.exp(ops.mul(x, 2)));
    expect(names(simplify([y]))).toEqual(["input", "constant", "mul", "exp", "add"]);
    const two = simplify([ops.sum(x, { axes: [0] }), ops.sum(x, { axes: [1] }), ops.sum(x, { axes: [1] })]);
    expect(two[0]).not.toBe(two[1]);
    expect(two[1]).toBe(two[2]);
    expect(simplify([ops.clip(x, -Infinity, 0), ops.clip(x, 0, Infinity)]).length).toBe(2);
    const limits = simplify([ops.clip(x, -Infinity, 1), ops.clip(x, Number.NaN, 1), ops.clip(x, -Infinity, 1)]);
    expect(new Set(limits).size).toBe(2);
  });

  it("merges inputs of the same name, and rejects them with different shapes or types", () => {
    const [left, right] = simplify([ops.exp(input("x", [2])), ops.neg(input("x", [2]))]);
    expect(left!.inputs[0]).toBe(right!.inputs[0]);
    const clash = () => simplify([ops.exp(input("x", [2])), ops.exp(input("x", [3]))]);
    expect(clash).toThrow(ShapeError);
    expect(clash).toThrow('input "x": one name has one shape and type - got float32 [2] and float32 [3]');
    expect(() => simplify([ops.exp(input("x", [2])), input("x", [2], "int32")])).toThrow("float32 [2] and int32 [2]");
  });

  it("distinguishes 0 and -0, and constants by their values", () => {
    const number = (value: number) => constant(fromNumbers([value]));
    const [plus, minus, again] = simplify([number(0), number(-0), number(0)]);
    expect(plus).not.toBe(minus);
    expect(plus).toBe(again);
    const large = (value: number) => constant(ndarray("float32", [100], new Float32Array(100).fill(value)));
    const [a, b] = simplify([large(1), large(2)]);
    expect(a).not.toBe(b);
  });

  it("folds constants, but not large ones, and never symbolic ones", () => {
    const [small] = simplify([ops.mul(constant(fromNumbers([1, 2])), 3)]);
    expect([...constantValue(small!)!.data]).toEqual([3, 6]);
    const [large] = simplify([ops.broadcastTo(constant(fromNumbers([1])), [70_000])]);
    expect(opOf(large!).name).toBe("broadcastTo");
    const [symbolic] = simplify([ops.broadcastTo(constant(fromNumbers([1])), ["n"])]);
    expect(opOf(symbolic!).name).toBe("broadcastTo");
    expect(constantValue(simplify([ops.greater(constant(fromNumbers([1, 2])), 1)])[0]!)).toMatchObject({
      dtype: "bool",
      data: Uint8Array.of(0, 1),
    });
    expect(constantValue(simplify([ops.argmax(constant(fromNumbers([1, 2])), 0)])[0]!)).toMatchObject({
      dtype: "int32",
      data: Int32Array.of(1),
    });
  });

  it("keeps the addition of zeros of another shape", () => {
    const empty = (...shape: number[]) => constant(zeros(shape));
    for (const [own, other, shape] of [
      [
        [2, 1],
        [2, 3],
        [2, 3],
      ],
      [[2], [2, 2], [2, 2]],
    ] as const) {
      const [sum, turned] = simplify([
        ops.add(input("own", own), empty(...other)),
        ops.add(empty(...other), input("own", own)),
      ]);
      expect([sum!.shape, turned!.shape]).toEqual([shape, shape]);
    }
  });

  it("merges reshapes, transposes and repeats, and removes those without effect", () => {
    expect(names(simplify([ops.reshape(ops.reshape(x, [6]), [3, 2])]))).toEqual(["input", "reshape"]);
    expect(simplify([ops.reshape(ops.reshape(x, [6]), [2, 3])])[0]).toMatchObject({ attrs: { name: "x" } });
    const turned = ops.transpose(input("y", [2, 3, 4]), [1, 2, 0]);
    expect(simplify([ops.transpose(turned, [1, 2, 0])])[0]).toMatchObject({
      attrs: { order: [2, 0, 1] },
      shape: [4, 2, 3],
    });
    expect(simplify([ops.transpose(turned, [2, 0, 1])])[0]).toMatchObject({ attrs: { name: "y" } });
    expect(names(simplify([ops.add(ops.broadcastTo(input("r", [3]), [2, 3]), x)]))).toEqual(["input", "input", "add"]);
    for (const same of [
      ops.add(x, 0),
      ops.sub(x, 0),
      ops.mul(x, 1),
      ops.div(x, 1),
      ops.mul(1, x),
      ops.slice(x, 1, 0, 3),
      ops.padAxis(x, 1, 0, 0),
      ops.concat([x]),
      ops.stopGradient(x),
      ops.customGradient(x, [x], (g) => [g]),
      ops.sum(x, { axes: [] }),
      ops.max(x, { axes: [] }),
    ]) {
      expect(simplify([same])[0], opOf(same).name).toMatchObject({ attrs: { name: "x" } });
    }
  });

  it("keeps an operation with a neutral element that broadcasts the other operand", () => {
    const row = input("r", [3]);
    for (const wide of [
      ops.add(row, constant(zeros([2, 3]))),
      ops.mul(ops.broadcastTo(constant(fromNumbers([1])), [2, 3]), row),
    ]) {
      expect(simplify([wide])[0]!.shape).toEqual([2, 3]);
    }
  });

  it("removes what no output needs", () => {
    ops.exp(x);
    expect(names(simplify([ops.neg(x)]))).toEqual(["input", "neg"]);
  });

  it("handles graphs as deep as unrolled ones", () => {
    let y: Tensor = x;
    for (let i = 0; i < 20_000; i++) y = ops.add(ops.reshape(y, [i % 2 === 0 ? 6 : 2, -1]), input("s", []));
    expect(toposort(simplify([y])).length).toBeGreaterThan(20_000);
  });
});

describe("gradients of parts of one vector", () => {
  const vector = input("p", [10]);

  it("are concatenated, with zeros for unused parts", () => {
    const loss = ops.add(
      ops.sum(ops.square(ops.slice(vector, 0, 1, 4))),
      ops.sum(ops.mul(ops.reshape(ops.slice(vector, 0, 6, 10), [2, 2]), 3)),
    );
    const [g] = simplify(grad(loss, [vector]));
    expect(opOf(g!).name).toBe("concat");
    expect(names([g!])).not.toContain("pad");
    const p = fromNumbers(Array.from({ length: 10 }, (_, i) => i));
    expect([...evaluate([g!], { p })[0]!.data]).toEqual([0, 2, 4, 6, 0, 0, 3, 3, 3, 3]);
  });

  it("are added if parts overlap", () => {
    const loss = ops.add(ops.sum(ops.slice(vector, 0, 0, 6)), ops.sum(ops.mul(ops.slice(vector, 0, 4, 8), 2)));
    const p = fromNumbers(new Float32Array(10));
    expect([...evaluate(grad(loss, [vector]), { p })[0]!.data]).toEqual([1, 1, 1, 1, 3, 3, 2, 2, 0, 0]);
  });

  it("are concatenated along a symbolic batch axis as well", () => {
    const rows = input("x", ["n", 5]);
    const loss = ops.sum(ops.mul(ops.slice(rows, 1, 0, 2), ops.slice(rows, 1, 3, 5)));
    const [g] = grad(loss, [rows]);
    expect([...evaluate([g!], { x: fromNumbers([1, 2, 3, 4, 5], [1, 5]) })[0]!.data]).toEqual([4, 5, 0, 1, 2]);
  });
});
