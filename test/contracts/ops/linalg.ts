import { input } from "../../../src/graph/tensor.ts";
import * as ops from "../../../src/ops/index.ts";
import { type Contract, type OpCase, contract, reals } from "./case.ts";

type Sizes = readonly [
  a: readonly number[],
  b: readonly number[],
  y: readonly number[],
  transposeA?: boolean,
  transposeB?: boolean,
];

const products: Readonly<Record<string, Sizes>> = {
  "a matrix by a matrix": [
    [3, 4],
    [4, 2],
    [3, 2],
  ],
  "a row by a column": [
    [1, 4],
    [4, 1],
    [1, 1],
  ],
  "the left transposed": [[4, 3], [4, 2], [3, 2], true],
  "the right transposed": [[3, 4], [2, 4], [3, 2], false, true],
  "both transposed": [[4, 3], [2, 4], [3, 2], true, true],
  "tall and narrow, the left transposed": [[5, 40], [5, 3], [40, 3], true],
  "tall and narrow, both transposed": [[5, 40], [3, 5], [40, 3], true, true],
  "batches of equal length": [
    [2, 3, 4],
    [2, 4, 2],
    [2, 3, 2],
  ],
  "a batch by one matrix": [
    [2, 3, 4],
    [4, 2],
    [2, 3, 2],
  ],
  "a batch of batches by one matrix": [
    [2, 2, 3, 4],
    [4, 2],
    [2, 2, 3, 2],
  ],
  "a batch by one matrix, the right transposed": [[2, 3, 4], [2, 4], [2, 3, 2], false, true],
  "a batch by one matrix, the left transposed": [[2, 4, 3], [4, 2], [2, 3, 2], true],
  "one matrix by a batch": [
    [3, 4],
    [2, 4, 2],
    [2, 3, 2],
  ],
  "one transposed matrix by a batch": [[4, 3], [2, 4, 2], [2, 3, 2], true],
  "batches that broadcast": [
    [2, 1, 3, 4],
    [3, 4, 2],
    [2, 3, 3, 2],
  ],
  "batches, both transposed": [[2, 4, 3], [2, 2, 4], [2, 3, 2], true, true],
};

export const linalg: readonly Contract[] = [
  contract(ops.matmulOp, {
    functions: ["matmul"],
    cases: [
      ...Object.entries(products).map(([name, [a, b, shape, transposeA = false, transposeB = false]]): OpCase => ({
        name,
        feeds: { a: reals(...a), b: reals(...b) },
        build: (x) => ops.matmul(x.a!, x.b!, { transposeA, transposeB }),
        symbolic: symbolic(name),
        shape,
      })),
      {
        name: "by itself",
        feeds: { a: reals(3, 3) },
        build: ({ a }) => ops.matmul(a!, a!, { transposeB: true }),
        shape: [3, 3],
      },
    ],
    refuses: [
      {
        name: "inner extents that differ",
        build: () => ops.matmul(input("a", [3, 4]), input("b", [5, 2])),
        says: ["matmul: inner extents must be equal", "[3, 4]", "[5, 2]"],
      },
      {
        name: "inner extents that differ, transposed",
        build: () => ops.matmul(input("a", [3, 4]), input("b", [4, 2]), { transposeA: true }),
        says: ["matmul", "[3, 4] transposed", "[4, 2]"],
      },
      {
        name: "inner extents that differ, in a batch",
        build: () => ops.matmul(input("a", [2, 3, 4]), input("b", [5, 2])),
        says: ["matmul", "[2, 3, 4]", "[5, 2]"],
      },
      {
        name: "a vector",
        build: () => ops.matmul(input("a", [4]), input("b", [4, 2])),
        says: ["matmul", "[4]", "[4, 2]"],
      },
      {
        name: "batches that do not broadcast",
        build: () => ops.matmul(input("a", [2, 3, 4]), input("b", [3, 4, 2])),
        says: ["matmul", "[2]", "[3]"],
      },
      {
        name: "whole numbers",
        build: () => ops.matmul(input("a", [3, 4], "int32"), input("b", [4, 2], "int32")),
        says: ["matmul: needs float32", "int32"],
      },
    ],
  }),
];

/** Operands whose first axis may have any length: batch, rows or columns of the result, or the inner extent of both. */
function symbolic(name: string): string[] {
  if (name.startsWith("one ") || name === "both transposed" || name === "tall and narrow, both transposed")
    return ["b"];
  const shared =
    name.includes("equal length") || name === "batches, both transposed" || name.endsWith("the left transposed");
  return shared && !name.startsWith("a batch") ? ["a", "b"] : ["a"];
}
