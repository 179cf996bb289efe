import { describe, expect, it } from "vitest";

import { finiteDifference, grad, gradTree, vectorGrad } from "../../src/autodiff/index.ts";
import { ShapeError } from "../../src/base/errors.ts";
import { fromNumbers, ndarray } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import { toposort } from "../../src/graph/traverse.ts";
import { emitOnnx } from "../../src/onnx/index.ts";
import * as ops from "../../src/ops/index.ts";
import { runOnnx } from "../onnx-file.ts";
import "../tolerance.ts";

const s = input("s", []);
const x = input("x", [2, 3]);

const at = (value: number) => ({ s: ndarray("float64", [], Float64Array.of(value)) });
const numbers = (y: Tensor, feeds: Parameters<typeof evaluate>[1]) => [...evaluate([y], feeds)[0]!.data];

/** The derivative of the given order. */
function derivative(y: Tensor, of: Tensor, order: number): Tensor {
  return order === 0 ? y : derivative(grad(y, [of])[0]!, of, order - 1);
}

describe("grad", () => {
  it("rejects anything but a float32 scalar, naming its type and shape", () => {
    expect(() => grad(x, [x])).toThrow(ShapeError);
    expect(() => grad(ops.mul(x, 2), [x])).toThrow("grad: only a float32 scalar has a gradient - got float32 [2, 3]");
    expect(() => grad(ops.greater(s, 0), [s])).toThrow("got bool []");
    expect(() => grad(input("i", [], "int32"), [s])).toThrow("got int32 []");
  });

  it("gives derivatives of any order", () => {
    const orders = [0, 1, 2, 3, 4];
    const power = ops.mul(ops.mul(s, s), ops.mul(s, s));
    expect(orders.map((order) => numbers(derivative(power, s, order), at(2))[0])).toEqual([16, 32, 48, 48, 24]);
    for (const order of orders) {
      const alternating = [
        Math.tanh,
        (v: number) => 1 - Math.tanh(v) ** 2,
        (v: number) => -2 * Math.tanh(v) * (1 - Math.tanh(v) ** 2),
      ];
      if (order < 3)
        expect(numbers(derivative(ops.tanh(s), s, order), at(0.7))).toBeAllclose([alternating[order]!(0.7)], {
          relative: 1e-14,
        });
      expect(numbers(derivative(ops.exp(s), s, order), at(0.5))).toBeAllclose([Math.exp(0.5)], { relative: 1e-15 });
    }
  });

  it("sums the gradients of all paths, also through a tensor that is used twice", () => {
    const y = ops.add(ops.mul(s, s), ops.add(ops.mul(3, s), s));
    expect(numbers(grad(y, [s])[0]!, at(5))).toEqual([14]);
    expect(numbers(grad(ops.mul(s, s), [s])[0]!, at(5))).toEqual([10]);
  });

  it("is 1 for the scalar itself, and zeros of the right shape for tensors that it does not depend on", () => {
    const [own, other, unknown] = grad(ops.mul(s, 2), [s, x, input("y", ["n", 2])]);
    expect(numbers(own!, at(1))).toEqual([2]);
    expect(numbers(grad(s, [s])[0]!, at(1))).toEqual([1]);
    expect(numbers(other!, {})).toEqual([0, 0, 0, 0, 0, 0]);
    expect(unknown!.shape).toEqual(["n", 2]);
  });

  it("can be taken with respect to inner tensors of the graph", () => {
    const inner = ops.mul(s, s);
    const [outer, through] = grad(ops.mul(inner, ops.add(inner, s)), [inner, s]);
    expect(numbers(outer!, at(3))).toEqual([2 * 9 + 3]);
    expect(numbers(through!, at(3))).toEqual([(2 * 9 + 3) * 6 + 9]);
  });

  it("builds no gradients for tensors that do not depend on the variables", () => {
    const fixed = ops.matmul(input("a", [4, 2]), input("b", [2, 3]));
    const [g] = grad(ops.sum(ops.matmul(x, fixed, { transposeB: true })), [x]);
    const forward = new Set(toposort([fixed]));
    const products = toposort([g!]).filter((node) => node.op === (ops.matmulOp as unknown) && !forward.has(node));
    expect(products.length).toBe(1);
  });

  it("calls no gradient rule whose result is not needed or is always zero", () => {
    const asked = (value: Tensor) =>
      ops.customGradient(value, [value], () => {
        throw new Error("asked");
      });
    const other = input("other", []);
    expect(() => grad(ops.mul(asked(s), s), [s])).toThrow("asked");
    for (const y of [asked(other), ops.stopGradient(asked(s)), asked(ops.stopGradient(s)), asked(ops.step(s))]) {
      expect(() => grad(ops.mul(y, s), [s])).not.toThrow();
    }
  });

  it("stops at a non-differentiable tensor, even if its gradient is requested", () => {
    const block = ops.stopGradient(ops.mul(s, 3));
    const [own, through] = grad(ops.mul(ops.mul(block, 2), s), [block, s]);
    expect(numbers(own!, at(5))).toEqual([10]);
    expect(numbers(through!, at(5))).toEqual([30]);
  });

  it("concatenates the gradients of disjoint slices instead of adding padded ones", () => {
    const v = input("v", [6]);
    const feeds = { v: fromNumbers([1, 2, 3, 4, 5, 6]) };
    const parts = ops.add(ops.sum(ops.exp(ops.slice(v, 0, 0, 2))), ops.sum(ops.mul(ops.slice(v, 0, 2, 6), 3)));
    const countOf = (y: Tensor, op: unknown) => toposort([y]).filter((node) => node.op === op).length;
    const [joined] = grad(parts, [v]);
    expect(numbers(joined!, feeds)).toBeAllclose([Math.E, Math.E ** 2, 3, 3, 3, 3], { relative: 1e-12 });
    expect(countOf(joined!, ops.padOp) + countOf(joined!, ops.addOp)).toBe(0);
    // With a use of the whole beside them they are added.
    const [added] = grad(ops.add(parts, ops.sum(v)), [v]);
    expect(numbers(added!, feeds)).toBeAllclose([Math.E + 1, Math.E ** 2 + 1, 4, 4, 4, 4], { relative: 1e-12 });
    expect(countOf(added!, ops.addOp)).toBeGreaterThan(0);
    const [alone] = grad(ops.sum(ops.slice(v, 0, 1, 3)), [v]);
    expect(numbers(alone!, feeds)).toEqual([0, 1, 1, 0, 0, 0]);
  });

  it("passes no gradient through steps, comparisons, casts and stopGradient", () => {
    for (const block of [
      ops.stopGradient(s),
      ops.step(s),
      ops.sign(s),
      ops.cast(ops.greater(s, 0), "float32"),
      ops.cast(ops.cast(s, "int32"), "float32"),
    ]) {
      expect(numbers(grad(ops.mul(block, s), [s])[0]!, at(2))).toEqual(numbers(block, at(2)));
    }
  });

  it("handles graphs as deep as unrolled ones", () => {
    let y: Tensor = s;
    for (let i = 0; i < 10_000; i++) y = ops.mul(y, 1.0001);
    expect(numbers(grad(y, [s])[0]!, at(1))).toBeAllclose([Math.fround(1.0001) ** 10_000], { relative: 1e-9 });
  });

  it("differentiates through gradient steps, as unrolled optimisation does", () => {
    // w - rate * d/dw (w - s)^2, three times, is a polynomial in s: d/ds of the last (w - s)^2 is known.
    const rate = 0.125;
    let w: Tensor = ops.mul(s, 0);
    for (let i = 0; i < 3; i++) w = ops.sub(w, ops.mul(grad(ops.square(ops.sub(w, s)), [w])[0]!, rate));
    // w_k - s = (1 - 2 rate)^k (w_0 - s).
    expect(numbers(grad(ops.square(ops.sub(w, s)), [s])[0]!, at(3))).toBeAllclose([2 * 3 * 0.75 ** 6], {
      relative: 1e-12,
    });
  });
});

describe("vectorGrad", () => {
  it("is the product of a row with the Jacobian", () => {
    const g = input("g", [2, 3]);
    const feeds = { x: fromNumbers([1, 2, 3, 4, 5, 6], [2, 3]), g: fromNumbers([1, 0, -1, 2, 0, 0], [2, 3]) };
    expect(numbers(vectorGrad(ops.square(x), g, [x])[0]!, feeds)).toEqual([2, 0, -6, 16, 0, 0]);
  });
});

describe("a gradient of the wrong shape", () => {
  it("is rejected for the whole function and for a hand-written rule, with both shapes", () => {
    expect(() => vectorGrad(ops.square(x), input("g", [3]), [x])).toThrow(
      "vectorGrad: a gradient must have the shape of its tensor - got [3] for [2, 3]",
    );
    const careless = ops.customGradient(ops.square(x), [x], (g) => [ops.sum(g)]);
    expect(() => grad(ops.sum(careless), [x])).toThrow(ShapeError);
    expect(() => grad(ops.sum(careless), [x])).toThrow(
      "customGradient: a gradient must have the shape of its tensor - got [] for [2, 3]",
    );
  });
});

describe("gradTree", () => {
  it("has the structure of the tree", () => {
    const tree = gradTree(ops.mul(s, ops.sum(x)), { a: { s }, x });
    expect(Object.keys(tree)).toEqual(["a", "x"]);
    expect((tree.x as Tensor).shape).toEqual([2, 3]);
    expect((tree.a as { s: Tensor }).s.shape).toEqual([]);
  });
});

describe("finiteDifference", () => {
  it("agrees with a polynomial's derivative to ten digits, and does not modify the feeds", () => {
    const feeds = { x: fromNumbers([1, -2, 3, 0.5, 0, 6], [2, 3]) };
    const y = ops.sum(ops.mul(ops.square(x), x));
    const expected = Array.from(feeds.x.data, (value) => 3 * value ** 2);
    const slopes = finiteDifference(y, feeds, "x");
    expect(slopes.shape).toEqual([2, 3]);
    expect(slopes).toBeAllclose(expected, { relative: 1e-10 });
    expect([...feeds.x.data]).toEqual([1, -2, 3, 0.5, 0, 6]);
  });
});

describe("the Hessian", () => {
  it("is symmetric and agrees with finite differences, for a small net with a gradient penalty", () => {
    const shapes = { w: [3, 4], v: [4, 1], points: [5, 3] };
    const [w, v, points] = Object.entries(shapes).map(([name, shape]) => input(name, shape)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const out = ops.sum(ops.matmul(ops.tanh(ops.matmul(points, w)), v));
    const [slope] = grad(out, [points]);
    const norm = ops.sqrt(ops.sum(ops.square(slope!), { axes: [1] }));
    const penalty = ops.mean(ops.square(ops.sub(norm, 1)));
    const feeds = Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, normal(key(i), shape)]));
    for (const [name, tensor] of [
      ["w", w],
      ["v", v],
    ] as const) {
      const [g] = grad(penalty, [tensor]);
      expect(evaluate([g!], feeds)[0]!).toBeAllclose(finiteDifference(penalty, feeds, name), { relative: 1e-8 });
    }
    const [gw, gv] = grad(penalty, [w, v]);
    const mixed = numbers(grad(ops.sum(ops.slice(ops.reshape(gw!, [12]), 0, 5, 6)), [v])[0]!, feeds)[2]!;
    const turned = numbers(grad(ops.sum(ops.slice(ops.reshape(gv!, [4]), 0, 2, 3)), [w])[0]!, feeds)[5]!;
    expect(mixed).toBeAllclose(turned, { relative: 1e-12 });
  });
});

it("NaN propagates through values and gradients, so that a failed run is noticed", async () => {
  const v = input("v", [2]);
  const feeds = { v: fromNumbers([Number.NaN, 1]) };
  for (const f of [
    ops.relu,
    ops.leakyRelu,
    ops.abs,
    ops.softplus,
    ops.tanh,
    (t: Tensor) => ops.clip(t, -2, 2),
    (t: Tensor) => ops.maximum(t, 0),
  ]) {
    const y = f(v);
    const outputs = { y, g: grad(ops.sum(y), [v])[0]! };
    const [results] = await runOnnx(emitOnnx(outputs, { target: "training" }), feeds);
    for (const { data } of [...evaluate(Object.values(outputs), feeds), ...Object.values(results!)]) {
      expect(data[0]).toBeNaN();
      expect(data[1]).not.toBeNaN();
    }
  }
});

describe("at a kink", () => {
  const kinks: Readonly<Record<string, readonly [(at: Tensor) => Tensor, readonly number[], readonly number[]]>> = {
    "relu has slope 0": [(v) => ops.relu(v), [-1, 0, 2], [0, 0, 1]],
    "leakyRelu has the lower slope": [(v) => ops.leakyRelu(v, 0.25), [-1, 0, 2], [0.25, 0.25, 1]],
    "abs has slope 0": [(v) => ops.abs(v), [-1, 0, 2], [-1, 0, 1]],
    "clip has slope 0 at both limits": [(v) => ops.clip(v, -1, 1), [-1, 0, 1], [0, 1, 0]],
    "maximum shares equally": [(v) => ops.maximum(v, 0), [-1, 0, 2], [0, 0.5, 1]],
    "minimum shares equally": [(v) => ops.minimum(v, 0), [-1, 0, 2], [1, 0.5, 0]],
    "max shares among all that are largest": [(v) => ops.max(v), [2, 2, -1], [0.5, 0.5, 0]],
    "min shares among all that are smallest": [(v) => ops.min(v), [-1, 2, -1], [0.5, 0, 0.5]],
  };

  it.each(Object.entries(kinks))("%s, in ONNX Runtime too", async (_, [f, values, slopes]) => {
    const v = input("v", [3]);
    const [g] = grad(ops.sum(f(v)), [v]);
    const feeds = { v: fromNumbers(values) };
    expect(numbers(g!, feeds)).toEqual(slopes);
    const [results] = await runOnnx(emitOnnx({ g: g! }, { target: "training" }), feeds);
    expect([...results!.g!.data]).toEqual(slopes);
  });
});
