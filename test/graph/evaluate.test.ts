import { describe, expect, it } from "vitest";

import { ShapeError } from "../../src/base/errors.ts";
import { fromNumbers, ndarray } from "../../src/base/ndarray.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { apply, constant, defineOp, input, staticDim, staticShape } from "../../src/graph/tensor.ts";
import { toposort } from "../../src/graph/traverse.ts";
import { add, broadcastTo, exp, mul, sum } from "../../src/ops/index.ts";

const x = input("x", [2, 3]);

describe("evaluate", () => {
  it("computes in float64, whatever the feeds", () => {
    const third = ndarray("float64", [], Float64Array.of(1 / 3));
    expect(evaluate([mul(input("s", []), 3)], { s: third })[0]!.data[0]).toBe(1);
    const [y] = evaluate([exp(input("s", []))], { s: ndarray("int32", [], Int32Array.of(1)) });
    expect(y).toEqual({ dtype: "float64", shape: [], data: Float64Array.of(Math.E) });
  });

  it("evaluates a shared node once", () => {
    let count = 0;
    const counting = defineOp<{}>({
      name: "counting",
      infer: ([from]) => ({ shape: from!.shape, dtype: "float32" }),
      evaluate: ([from]) => {
        count++;
        return from!.data;
      },
      gradient: "none",
      emit: (_, [from]) => from!,
      kernel: { view: ([from]) => from! },
    });
    const y = apply(counting, [x], {});
    evaluate([add(y, mul(y, y)), y], { x: fromNumbers([1, 2, 3, 4, 5, 6], [2, 3]) });
    expect(count).toBe(1);
  });

  it("does not modify the feeds", () => {
    const fed = fromNumbers([1, 2, 3, 4, 5, 6], [2, 3]);
    evaluate([mul(x, 2)], { x: fed });
    expect([...fed.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("takes symbolic extents from the feeds, one length per name", () => {
    const [a, b] = [input("a", ["n", 2]), input("b", ["n"])];
    const y = add(sum(a, { axes: [1] }), b);
    const feeds = { a: fromNumbers([1, 2, 3, 4, 5, 6], [3, 2]), b: fromNumbers([1, 1, 1]) };
    expect([...evaluate([y], feeds)[0]!.data]).toEqual([4, 8, 12]);
    expect(() => evaluate([y], { ...feeds, b: fromNumbers([1, 1]) })).toThrow(
      'evaluate: input "b" has shape [n] - got [2]',
    );
    expect(() => evaluate([broadcastTo(constant(fromNumbers([1])), ["m"])])).toThrow(
      'no input determines the extent "m"',
    );
  });

  it("rejects a missing input, or one of another shape, by name", () => {
    expect(() => evaluate([mul(x, 2)], {})).toThrow(ShapeError);
    expect(() => evaluate([mul(x, 2)], { y: fromNumbers([1]) })).toThrow('evaluate: input "x" was not fed');
    expect(() => evaluate([mul(x, 2)], { x: fromNumbers([1, 2, 3]) })).toThrow(
      'evaluate: input "x" has shape [2, 3] - got [3]',
    );
  });

  it("needs only the inputs of the requested outputs", () => {
    expect(() => evaluate([mul(x, 2)], { x: fromNumbers([1, 2, 3, 4, 5, 6], [2, 3]) })).not.toThrow();
  });
});

describe("toposort", () => {
  it("puts inputs before their users, each node once", () => {
    const y = add(mul(x, x), exp(mul(x, x)));
    const order = toposort([y, x]);
    expect(new Set(order).size).toBe(order.length);
    order.forEach((node, i) => node.inputs.forEach((from) => expect(order.indexOf(from)).toBeLessThan(i)));
  });

  it("handles graphs as deep as unrolled ones", () => {
    let y = x;
    for (let i = 0; i < 50_000; i++) y = add(y, x);
    expect(toposort([y]).length).toBe(50_001);
  });
});

describe("shapes of tensors", () => {
  it("are rejected if a number is needed and an axis is symbolic", () => {
    const n = input("n", ["n", 3]);
    expect(staticShape(x, "f")).toEqual([2, 3]);
    expect(staticDim(n, 1, "f")).toBe(3);
    expect(() => staticShape(n, "f")).toThrow("f: needs a static shape - got [n, 3]");
    expect(() => staticDim(n, 0, "f")).toThrow("f: needs a static extent of axis 0 - got [n, 3]");
  });
});
