import { ndarray } from "../../../src/base/ndarray.ts";
import { type Tensor, constant, input } from "../../../src/graph/tensor.ts";
import * as ops from "../../../src/ops/index.ts";
import { type Contract, type OpCase, contract, reals, truths, whole } from "./case.ts";

const places = (shape: readonly number[], ...values: number[]): Tensor =>
  constant(ndarray("int32", shape, Int32Array.from(values)));

export const select: readonly Contract[] = [
  contract(ops.gatherOp, {
    functions: ["gather", "indexTensor"],
    cases: [
      {
        name: "known places, some twice",
        feeds: { x: reals(4, 3) },
        build: ({ x }) => ops.gather(x!, ops.indexTensor([3, 0, 3, 1, 3])),
        symbolic: [],
        shape: [5, 3],
      },
      {
        name: "known places, the last axis",
        feeds: { x: reals(2, 4) },
        build: ({ x }) => ops.gather(x!, ops.indexTensor([1, 1, 2]), -1),
        shape: [2, 3],
      },
      {
        name: "known places, each once",
        feeds: { x: reals(2, 4, 3) },
        build: ({ x }) => ops.gather(x!, ops.indexTensor([2, 0, 3, 1]), 1),
        shape: [2, 4, 3],
      },
      {
        name: "a table of places",
        feeds: { x: reals(2, 4, 3) },
        build: ({ x }) => ops.gather(x!, places([2, 2], 0, 3, 3, 2), 1),
        shape: [2, 2, 2, 3],
      },
      {
        name: "one place takes the axis away",
        feeds: { x: reals(2, 4, 3) },
        build: ({ x }) => ops.gather(x!, places([], 2), 1),
        shape: [2, 3],
      },
      ...[0, 1, 2].map((axis): OpCase => ({
        name: `fed places, axis ${axis}`,
        feeds: { x: reals(3, 4, 5), i: whole(3, "int32", 6) },
        build: ({ x, i }) => ops.gather(x!, i!, axis),
        symbolic: axis === 0 ? [] : ["x"],
        shape: [3, 4, 5].with(axis, 6),
      })),
      {
        name: "fed places of a vector",
        feeds: { x: reals(4), i: whole(4, "int32", 6) },
        build: ({ x, i }) => ops.gather(x!, i!),
        symbolic: [],
        shape: [6],
      },
      {
        name: "a batch of fed places, an embedding",
        feeds: { x: reals(4, 3), i: whole(4, "int32", 5) },
        build: ({ x, i }) => ops.gather(x!, i!),
        symbolic: ["i"],
        shape: [5, 3],
      },
      {
        name: "a batch of rows of fed places",
        feeds: { x: reals(4, 3), i: whole(4, "int32", 5, 2) },
        build: ({ x, i }) => ops.gather(x!, i!),
        symbolic: ["i"],
        shape: [5, 2, 3],
      },
    ],
    refuses: [
      {
        name: "places that are no whole numbers",
        build: () => ops.gather(input("x", [4]), input("i", [2])),
        says: ["gather: indices must be int32", "float32"],
      },
      {
        name: "an axis that is not there",
        build: () => ops.gather(input("x", [4]), ops.indexTensor([0]), 1),
        says: ["gather: [4] has 1 axes", "axis 1"],
      },
      {
        name: "known places beyond the end",
        build: () => ops.gather(input("x", [2, 4]), ops.indexTensor([0, 4]), 1),
        says: ["gather: indices must be in [0, 4)", "got 4"],
      },
      {
        name: "known places before the start",
        build: () => ops.gather(input("x", [2, 4]), ops.indexTensor([-1]), 1),
        says: ["gather: indices must be in [0, 4)", "got -1"],
      },
    ],
  }),
  contract(null, {
    functions: ["oneHot"],
    cases: [
      { name: "a vector", feeds: { i: whole(4, "int32", 5) }, build: ({ i }) => ops.oneHot(i!, 4), shape: [5, 4] },
      { name: "a table", feeds: { i: whole(3, "int32", 2, 5) }, build: ({ i }) => ops.oneHot(i!, 3), shape: [2, 5, 3] },
    ],
    refuses: [{ name: "real numbers", build: () => ops.oneHot(input("i", [5]), 4), says: ["int32", "float32"] }],
  }),
  contract(ops.scatterAddOp, {
    functions: ["scatterAdd"],
    cases: [
      {
        name: "known places, some twice, some never",
        feeds: { g: reals(5, 3) },
        build: ({ g }) => ops.scatterAdd(g!, ops.indexTensor([3, 0, 3, 1, 3]), 0, 6),
        symbolic: [],
        shape: [6, 3],
      },
      {
        name: "known places, the last axis",
        feeds: { g: reals(2, 3) },
        build: ({ g }) => ops.scatterAdd(g!, ops.indexTensor([1, 1, 2]), 1, 4),
        shape: [2, 4],
      },
      {
        name: "a table of places",
        feeds: { g: reals(2, 2, 2, 3) },
        build: ({ g }) => ops.scatterAdd(g!, places([2, 2], 0, 3, 3, 2), 1, 4),
        shape: [2, 4, 3],
      },
      {
        name: "each place once",
        feeds: { g: reals(2, 3) },
        build: ({ g }) => ops.scatterAdd(g!, ops.indexTensor([2, 0, 1]), 1, 3),
        shape: [2, 3],
      },
      ...[0, 1, 2].map((axis): OpCase => ({
        name: `fed places, axis ${axis}`,
        feeds: { g: reals(3, 4, 5), i: whole(6, "int32", [3, 4, 5][axis]!) },
        build: ({ g, i }) => ops.scatterAdd(g!, i!, axis, 6),
        symbolic: axis === 0 ? [] : ["g"],
        shape: [3, 4, 5].with(axis, 6),
      })),
      {
        name: "fed places of a vector",
        feeds: { g: reals(5), i: whole(4, "int32", 5) },
        build: ({ g, i }) => ops.scatterAdd(g!, i!, 0, 4),
        symbolic: ["g", "i"],
        shape: [4],
      },
      {
        name: "a table of fed places",
        feeds: { g: reals(5, 2, 3), i: whole(4, "int32", 5, 2) },
        build: ({ g, i }) => ops.scatterAdd(g!, i!, 0, 4),
        symbolic: ["g", "i"],
        shape: [4, 3],
      },
    ],
    refuses: [
      {
        name: "places of another shape",
        build: () => ops.scatterAdd(input("g", [5, 3]), ops.indexTensor([0, 1]), 0, 4),
        says: ["scatterAdd", "[2]", "[5, 3]"],
      },
      {
        name: "places that are no whole numbers",
        build: () => ops.scatterAdd(input("g", [5]), input("i", [5]), 0, 4),
        says: ["scatterAdd: indices must be int32", "float32"],
      },
      {
        name: "known places beyond the end",
        build: () => ops.scatterAdd(input("g", [2]), ops.indexTensor([0, 4]), 0, 4),
        says: ["scatterAdd", "4"],
      },
    ],
  }),
  contract(ops.whereOp, {
    functions: ["where"],
    cases: [
      {
        name: "equal shapes",
        feeds: { c: truths(3, 4), a: reals(3, 4), b: reals(3, 4) },
        build: ({ c, a, b }) => ops.where(c!, a!, b!),
        symbolic: ["c", "a", "b"],
        shape: [3, 4],
      },
      {
        name: "broadcast values",
        feeds: { c: truths(3, 1), a: reals(4), b: reals(3, 4) },
        build: ({ c, a, b }) => ops.where(c!, a!, b!),
        symbolic: ["c", "b"],
        shape: [3, 4],
      },
      {
        name: "a number",
        feeds: { c: truths(3, 4), a: reals(3, 4) },
        build: ({ c, a }) => ops.where(c!, a!, -2),
        symbolic: ["c", "a"],
        shape: [3, 4],
      },
      {
        name: "the side not chosen is NaN",
        feeds: { c: truths(3, 4), a: reals(3, 4) },
        // Negative numbers have no logarithm; where it is not wanted its gradient must not spread either.
        build: ({ a }) => ops.where(ops.greater(a!, 0.1), ops.log(ops.where(ops.greater(a!, 0.1), a!, 1)), a!),
        symbolic: ["c", "a"],
        varies: ["a"],
        shape: [3, 4],
      },
      {
        name: "whole numbers",
        feeds: { c: truths(3, 4), a: whole(5, "int32", 3, 4), b: whole(5, "int32", 4) },
        build: ({ c, a, b }) => ops.where(c!, a!, b!),
        symbolic: ["c", "a"],
        dtype: "int32",
        shape: [3, 4],
      },
    ],
    refuses: [
      {
        name: "a condition of numbers",
        build: () => ops.where(input("c", [2]), input("a", [2]), 0),
        says: ["where: needs a bool condition", "float32"],
      },
      {
        name: "values of two types",
        build: () => ops.where(input("c", [2], "bool"), input("a", [2]), input("b", [2], "int32")),
        says: ["where", "float32", "int32"],
      },
      {
        name: "shapes that do not broadcast",
        build: () => ops.where(input("c", [2], "bool"), input("a", [3]), 0),
        says: ["where: shapes must broadcast", "[2]", "[3]"],
      },
    ],
  }),
];
