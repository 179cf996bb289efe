import { zeros } from "../../../src/base/ndarray.ts";
import { constant, input } from "../../../src/graph/tensor.ts";
import * as ops from "../../../src/ops/index.ts";
import { type Contract, type OpCase, contract, reals, truths, whole } from "./case.ts";

export const movement: readonly Contract[] = [
  contract(ops.broadcastToOp, {
    functions: ["broadcastTo"],
    cases: [
      {
        name: "a row",
        feeds: { x: reals(4) },
        build: ({ x }) => ops.broadcastTo(x!, [3, 4]),
        symbolic: [],
        shape: [3, 4],
      },
      {
        name: "a scalar",
        feeds: { x: reals() },
        build: ({ x }) => ops.broadcastTo(x!, [2, 3]),
        symbolic: [],
        shape: [2, 3],
      },
      {
        name: "inner axes",
        feeds: { x: reals(3, 1, 2, 1) },
        build: ({ x }) => ops.broadcastTo(x!, [x!.shape[0]!, 4, 2, 2]),
        shape: [3, 4, 2, 2],
      },
      {
        name: "to the length of another",
        feeds: { x: reals(4), like: reals(3, 1) },
        build: ({ x, like }) => ops.broadcastTo(ops.broadcastTo(x!, [1, 4]), [like!.shape[0]!, 4]),
        varies: ["x"],
        symbolic: ["like"],
        shape: [3, 4],
      },
      {
        name: "truths",
        feeds: { x: truths(3, 1) },
        build: ({ x }) => ops.broadcastTo(x!, [x!.shape[0]!, 4]),
        dtype: "bool",
        shape: [3, 4],
      },
      {
        name: "its own shape",
        feeds: { x: reals(3, 4) },
        build: ({ x }) => ops.broadcastTo(x!, x!.shape),
        shape: [3, 4],
      },
    ],
    refuses: [
      {
        name: "another extent",
        build: () => ops.broadcastTo(input("x", [3]), [4]),
        says: ["broadcastTo", "[3]", "[4]"],
      },
      {
        name: "a smaller shape",
        build: () => ops.broadcastTo(input("x", [3, 4]), [1, 4]),
        says: ["broadcastTo", "[3, 4]", "[1, 4]"],
      },
      {
        name: "fewer axes",
        build: () => ops.broadcastTo(input("x", [1, 4]), [4]),
        says: ["broadcastTo", "[1, 4]", "[4]"],
      },
    ],
  }),
  contract(ops.concatOp, {
    functions: ["concat"],
    cases: [
      {
        name: "the first axis",
        feeds: { a: reals(2, 3), b: reals(1, 3), c: reals(3, 3) },
        build: ({ a, b, c }) => ops.concat([a!, b!, c!]),
        symbolic: [],
        shape: [6, 3],
      },
      {
        name: "the last axis",
        feeds: { a: reals(2, 3), b: reals(2, 1) },
        build: ({ a, b }) => ops.concat([a!, b!], -1),
        symbolic: ["a", "b"],
        shape: [2, 4],
      },
      {
        name: "a middle axis, a part twice",
        feeds: { a: reals(2, 3, 2), b: reals(2, 1, 2) },
        build: ({ a, b }) => ops.concat([a!, b!, a!], 1),
        symbolic: ["a", "b"],
        shape: [2, 7, 2],
      },
      { name: "one part", feeds: { a: reals(2, 3) }, build: ({ a }) => ops.concat([a!], 1), shape: [2, 3] },
      {
        name: "whole numbers",
        feeds: { a: whole(5, "int32", 2, 3), b: whole(5, "int32", 2, 1) },
        build: ({ a, b }) => ops.concat([a!, b!], 1),
        symbolic: ["a", "b"],
        dtype: "int32",
        shape: [2, 4],
      },
      {
        name: "a part that is nothing but zeros",
        feeds: { a: reals(2, 3) },
        build: ({ a }) => ops.concat([ops.broadcastTo(constant(zeros([1, 1])), [a!.shape[0]!, 2]), a!], 1),
        shape: [2, 5],
      },
    ],
    refuses: [
      { name: "no parts", build: () => ops.concat([]), says: ["concat: needs at least one tensor"] },
      {
        name: "other axes that differ",
        build: () => ops.concat([input("a", [2, 3]), input("b", [2, 4])], 0),
        says: ["concat", "axis 0", "[2, 3]", "[2, 4]"],
      },
      {
        name: "other ranks",
        build: () => ops.concat([input("a", [2, 3]), input("b", [2])], 0),
        says: ["concat", "[2, 3]", "[2]"],
      },
      {
        name: "two types",
        build: () => ops.concat([input("a", [2]), input("b", [2], "int32")]),
        says: ["concat", "float32", "int32"],
      },
      {
        name: "an axis of unknown length",
        build: () => ops.concat([input("a", ["n"]), input("b", ["n"])]),
        says: ["concat: needs a static extent of axis 0", "[n]"],
      },
    ],
  }),
  contract(null, {
    functions: ["flip"],
    cases: [
      { name: "one axis", feeds: { x: reals(2, 3, 4) }, build: ({ x }) => ops.flip(x!, [1]), shape: [2, 3, 4] },
      {
        name: "two axes, from behind",
        feeds: { x: reals(2, 3, 4) },
        build: ({ x }) => ops.flip(x!, [-1, -2]),
        shape: [2, 3, 4],
      },
    ],
    refuses: [
      {
        name: "an axis that is not there",
        build: () => ops.flip(input("x", [2, 3]), [2]),
        says: ["flip: [2, 3] has 2 axes", "axis 2"],
      },
      {
        name: "an axis of unknown length",
        build: () => ops.flip(input("x", ["n", 3]), [0]),
        says: ["flip: needs a static extent of axis 0", "[n, 3]"],
      },
    ],
  }),
  contract(null, {
    functions: ["rot90"],
    cases: [0, 1, 2, 3, -1, 6].map((times): OpCase => ({
      name: `${times} turns`,
      feeds: { x: reals(2, 3, 4, 2) },
      build: ({ x }) => ops.rot90(x!, times),
      shape: times % 2 === 0 ? [2, 3, 4, 2] : [2, 4, 3, 2],
    })),
    refuses: [
      {
        name: "half a turn",
        build: () => ops.rot90(input("x", [2, 3, 3, 1]), 0.5),
        says: ["rot90", "[2, 3, 3, 1]", "0.5"],
      },
      {
        name: "axes that are not there",
        build: () => ops.rot90(input("x", [2, 3]), 1),
        says: ["rot90: [2, 3] has 2 axes", "axis 2"],
      },
    ],
  }),
  contract(ops.padOp, {
    functions: ["pad", "padAxis"],
    cases: [
      {
        name: "before and after",
        feeds: { x: reals(2, 3) },
        build: ({ x }) => ops.padAxis(x!, 1, 2, 1),
        shape: [2, 6],
      },
      {
        name: "only before, the first axis",
        feeds: { x: reals(2, 3) },
        build: ({ x }) => ops.padAxis(x!, 0, 2, 0),
        symbolic: [],
        shape: [4, 3],
      },
      {
        name: "several axes",
        feeds: { x: reals(2, 3, 2, 2) },
        build: ({ x }) =>
          ops.pad(x!, [
            [0, 0],
            [1, 0],
            [0, 2],
          ]),
        shape: [2, 4, 4, 2],
      },
      { name: "nothing", feeds: { x: reals(2, 3) }, build: ({ x }) => ops.padAxis(x!, 1, 0, 0), shape: [2, 3] },
    ],
    refuses: [
      {
        name: "an axis of unknown length",
        build: () => ops.padAxis(input("x", ["n", 2]), 0, 1, 1),
        says: ["pad: needs a static extent of axis 0", "[n, 2]"],
      },
      {
        name: "an axis that is not there",
        build: () => ops.padAxis(input("x", [2, 3]), 2, 1, 1),
        says: ["pad: [2, 3] has 2 axes", "axis 2"],
      },
      {
        name: "whole numbers",
        build: () => ops.padAxis(input("x", [2, 3], "int32"), 1, 1, 1),
        says: ["pad: needs float32", "int32"],
      },
      {
        name: "fewer than no zeros",
        build: () => ops.padAxis(input("x", [2, 3]), 1, -1, 1),
        says: ["pad", "[2, 3]", "[-1, 1]"],
      },
      {
        name: "fewer than no zeros among several axes",
        build: () =>
          ops.pad(input("x", [2, 3]), [
            [0, 0],
            [-1, 1],
          ]),
        says: ["pad", "[2, 3]", "[-1, 1]"],
      },
    ],
  }),
  contract(null, {
    functions: ["padReflect"],
    cases: [
      {
        name: "one axis",
        feeds: { x: reals(2, 4) },
        build: ({ x }) =>
          ops.padReflect(x!, [
            [0, 0],
            [3, 2],
          ]),
        shape: [2, 9],
      },
      {
        name: "an image",
        feeds: { x: reals(2, 3, 4, 2) },
        build: ({ x }) =>
          ops.padReflect(x!, [
            [0, 0],
            [1, 2],
            [3, 0],
          ]),
        shape: [2, 6, 7, 2],
      },
    ],
    refuses: [
      {
        name: "more than there is to mirror",
        build: () =>
          ops.padReflect(input("x", [2, 3]), [
            [0, 0],
            [3, 0],
          ]),
        says: ["padReflect", "[2, 3]", "[3, 0]"],
      },
      {
        name: "fewer than none",
        build: () =>
          ops.padReflect(input("x", [2, 3]), [
            [0, 0],
            [-1, 1],
          ]),
        says: ["padReflect", "[2, 3]", "[-1, 1]"],
      },
      {
        name: "an axis of unknown length",
        build: () => ops.padReflect(input("x", ["n", 3]), [[1, 1]]),
        says: ["padReflect: needs a static extent of axis 0", "[n, 3]"],
      },
    ],
  }),
  contract(ops.reshapeOp, {
    functions: ["reshape"],
    cases: [
      {
        name: "inner axes",
        feeds: { x: reals(2, 3, 4) },
        build: ({ x }) => ops.reshape(x!, [x!.shape[0]!, 2, 6]),
        shape: [2, 2, 6],
      },
      {
        name: "what is left",
        feeds: { x: reals(2, 3, 4) },
        build: ({ x }) => ops.reshape(x!, [-1, 12]),
        shape: [2, 12],
      },
      {
        name: "across all axes",
        feeds: { x: reals(2, 3, 4) },
        build: ({ x }) => ops.reshape(x!, [6, -1]),
        symbolic: [],
        shape: [6, 4],
      },
      {
        name: "a scalar to a vector",
        feeds: { x: reals() },
        build: ({ x }) => ops.reshape(x!, [1, 1]),
        symbolic: [],
        shape: [1, 1],
      },
      { name: "its own shape", feeds: { x: reals(2, 3) }, build: ({ x }) => ops.reshape(x!, [-1, 3]), shape: [2, 3] },
      {
        name: "truths",
        feeds: { x: truths(2, 4) },
        build: ({ x }) => ops.reshape(x!, [x!.shape[0]!, 2, 2]),
        dtype: "bool",
        shape: [2, 2, 2],
      },
    ],
    refuses: [
      {
        name: "another size",
        build: () => ops.reshape(input("x", [2, 3]), [4]),
        says: ["reshape: sizes must be equal", "[2, 3]", "[4]"],
      },
      {
        name: "nothing whole left",
        build: () => ops.reshape(input("x", [2, 3]), [4, -1]),
        says: ["reshape", "[2, 3]", "[4, -1]"],
      },
      {
        name: "two open extents",
        build: () => ops.reshape(input("x", [2, 3]), [-1, -1]),
        says: ["reshape", "[2, 3]", "[-1, -1]"],
      },
      {
        name: "a lost symbol",
        build: () => ops.reshape(input("x", ["n", 3]), [3]),
        says: ["reshape", "[n, 3]", "[3]"],
      },
      {
        name: "a new symbol",
        build: () => ops.reshape(input("x", [2, 3]), ["n", 3]),
        says: ["reshape", "[2, 3]", "[n, 3]"],
      },
      {
        name: "a symbol times a number",
        build: () => ops.reshape(input("x", ["n", 3]), [-1]),
        says: ["reshape", "[n, 3]", "[-1]"],
      },
      {
        name: "a symbol less",
        build: () => ops.reshape(input("x", ["n", "n"]), ["n"]),
        says: ["reshape", "[n, n]", "[n]"],
      },
      {
        name: "two symbols",
        build: () => ops.reshape(input("x", ["n", "m"]), ["n", "m", 1]),
        says: ["reshape", "[n, m]", "[n, m, 1]"],
      },
    ],
  }),
  contract(ops.sliceOp, {
    functions: ["slice"],
    cases: [
      { name: "the middle", feeds: { x: reals(2, 5) }, build: ({ x }) => ops.slice(x!, 1, 1, 4), shape: [2, 3] },
      {
        name: "from behind, to the end",
        feeds: { x: reals(2, 3, 4) },
        build: ({ x }) => ops.slice(x!, -1, 2, 4),
        shape: [2, 3, 2],
      },
      {
        name: "the first axis",
        feeds: { x: reals(4, 2) },
        build: ({ x }) => ops.slice(x!, 0, 3, 4),
        symbolic: [],
        shape: [1, 2],
      },
      { name: "all of it", feeds: { x: reals(2, 5) }, build: ({ x }) => ops.slice(x!, 1, 0, 5), shape: [2, 5] },
      {
        name: "overlapping parts",
        feeds: { x: reals(2, 5) },
        build: ({ x }) => ops.mul(ops.slice(x!, 1, 0, 3), ops.slice(x!, 1, 2, 5)),
        shape: [2, 3],
      },
      {
        name: "parts with gaps",
        feeds: { x: reals(2, 7) },
        build: ({ x }) => ops.mul(ops.slice(x!, 1, 4, 6), ops.slice(x!, 1, 1, 3)),
        shape: [2, 2],
      },
      {
        name: "whole numbers",
        feeds: { x: whole(9, "int32", 2, 5) },
        build: ({ x }) => ops.slice(x!, 1, 1, 4),
        dtype: "int32",
        shape: [2, 3],
      },
      {
        name: "parts of a vector",
        feeds: { x: reals(7) },
        build: ({ x }) => ops.mul(ops.slice(x!, 0, 1, 3), ops.slice(x!, 0, 4, 6)),
        symbolic: [],
        shape: [2],
      },
    ],
    refuses: [
      {
        name: "beyond the end",
        build: () => ops.slice(input("x", [2, 3]), 1, 1, 4),
        says: ["slice: needs 0 <= start < stop <= 3 on axis 1 of [2, 3]", "1 to 4"],
      },
      { name: "nothing", build: () => ops.slice(input("x", [2, 3]), 1, 1, 1), says: ["slice", "[2, 3]", "1 to 1"] },
      {
        name: "from before the start",
        build: () => ops.slice(input("x", [2, 3]), 1, -1, 2),
        says: ["slice", "[2, 3]", "-1 to 2"],
      },
      {
        name: "broken numbers",
        build: () => ops.slice(input("x", [2, 3]), 1, 0.5, 2),
        says: ["slice", "[2, 3]", "0.5 to 2"],
      },
      {
        name: "an axis of unknown length",
        build: () => ops.slice(input("x", ["n", 3]), 0, 0, 1),
        says: ["slice: needs a static extent of axis 0", "[n, 3]"],
      },
    ],
  }),
  contract(null, {
    functions: ["split"],
    cases: [
      {
        name: "three parts",
        feeds: { x: reals(2, 6) },
        build: ({ x }) => {
          const [a, b, c] = ops.split(x!, 1, [1, 3, 2]);
          return ops.concat([ops.mul(a!, b!), ops.exp(c!)], -1);
        },
        shape: [2, 5],
      },
    ],
    refuses: [
      {
        name: "lengths that do not sum up",
        build: () => ops.split(input("x", [2, 6]), 1, [2, 3]),
        says: ["split: lengths must sum to axis 1 of [2, 6]", "[2, 3]"],
      },
    ],
  }),
  contract(ops.transposeOp, {
    functions: ["transpose"],
    cases: [
      { name: "a matrix", feeds: { x: reals(2, 3) }, build: ({ x }) => ops.transpose(x!), shape: [3, 2] },
      {
        name: "a cycle",
        feeds: { x: reals(2, 3, 4) },
        build: ({ x }) => ops.transpose(x!, [2, 0, 1]),
        shape: [4, 2, 3],
      },
      {
        name: "twice",
        feeds: { x: reals(2, 3, 4) },
        build: ({ x }) => ops.transpose(ops.transpose(x!, [1, 2, 0]), [1, 2, 0]),
        shape: [4, 2, 3],
      },
      {
        name: "there and back",
        feeds: { x: reals(2, 3, 4) },
        build: ({ x }) => ops.transpose(ops.transpose(x!, [1, 2, 0]), [2, 0, 1]),
        shape: [2, 3, 4],
      },
      {
        name: "images to channels first",
        feeds: { x: reals(2, 3, 4, 2) },
        build: ({ x }) => ops.transpose(x!, [0, 3, 1, 2]),
        shape: [2, 2, 3, 4],
      },
      { name: "truths", feeds: { x: truths(2, 3) }, build: ({ x }) => ops.transpose(x!), dtype: "bool", shape: [3, 2] },
    ],
    refuses: [
      {
        name: "an axis twice",
        build: () => ops.transpose(input("x", [2, 3]), [0, 0]),
        says: ["transpose", "[2, 3]", "[0, 0]"],
      },
      {
        name: "an axis too few",
        build: () => ops.transpose(input("x", [2, 3]), [0]),
        says: ["transpose", "[2, 3]", "[0]"],
      },
    ],
  }),
];
