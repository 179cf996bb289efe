import { input } from "../../../src/graph/tensor.ts";
import * as ops from "../../../src/ops/index.ts";
import type { ReduceOptions } from "../../../src/ops/reduce/axes.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import {
  type Contract,
  type Feed,
  type OpCase,
  type Refusal,
  apart,
  between,
  contract,
  distinct,
  reals,
  whole,
} from "./case.ts";

/** Sums of numbers of one sign, which cannot cancel: what is left of the difference is rounding. */
const positive = (...shape: number[]) => between(0.5, 1.5, ...shape);

type Reduction = (x: Tensor, options?: ReduceOptions) => Tensor;

const reduced: readonly (readonly [string, ReduceOptions, readonly number[]])[] = [
  ["all axes", {}, []],
  ["the last axis", { axes: [-1] }, [2, 3]],
  ["the first axis", { axes: [0] }, [3, 4]],
  ["the middle axis, kept", { axes: [1], keepDims: true }, [2, 1, 4]],
  ["outer axes, named from behind", { axes: [-1, 0] }, [3]],
  ["outer axes, kept", { axes: [0, 2], keepDims: true }, [1, 3, 1]],
  ["no axes", { axes: [] }, [2, 3, 4]],
];

function reductionCases(f: Reduction, feed: (...shape: number[]) => Feed, rest: Partial<OpCase> = {}): OpCase[] {
  return [
    ...reduced.map(([name, options, shape]): OpCase => ({
      name,
      feeds: { x: feed(2, 3, 4) },
      build: ({ x }) => f(x!, options),
      shape,
      ...rest,
    })),
    {
      name: "axes of extent 1",
      feeds: { x: feed(2, 1, 3, 1) },
      build: ({ x }) => f(x!, { axes: [1, 3] }),
      shape: [2, 3],
      ...rest,
    },
    {
      name: "axes behind one of extent 1",
      feeds: { x: feed(1, 3, 2, 9) },
      build: ({ x }) => f(x!, { axes: [1, 2], keepDims: true }),
      shape: [1, 1, 1, 9],
      ...rest,
    },
    { name: "a scalar", feeds: { x: feed() }, build: ({ x }) => f(x!), shape: [], ...rest, symbolic: [] },
  ];
}

function refusals(where: string, f: Reduction): Refusal[] {
  return [
    {
      name: "an axis that is not there",
      build: () => f(input("x", [2, 3]), { axes: [2] }),
      says: [`${where}: [2, 3] has 2 axes`, "axis 2"],
    },
    {
      name: "an axis too far from behind",
      build: () => f(input("x", [2, 3]), { axes: [-3] }),
      says: [where, "[2, 3]", "axis -3"],
    },
    { name: "half an axis", build: () => f(input("x", [2, 3]), { axes: [0.5] }), says: [where, "[2, 3]", "axis 0.5"] },
    { name: "truths", build: () => f(input("x", [2, 3], "bool")), says: ["needs float32", "bool"] },
  ];
}

/** A mean needs to know how many numbers it is of; only the other axes may have any length. */
const known = (one: OpCase): OpCase =>
  one.name.includes("first") || one.name.includes("outer") || one.name.includes("all") ? { ...one, symbolic: [] } : one;

const alongAxis = (where: string, f: (x: Tensor, axis?: number) => Tensor): Refusal[] => [
  { name: "an axis that is not there", build: () => f(input("x", [2, 3]), 2), says: ["[2, 3] has 2 axes", "axis 2"] },
  { name: "truths", build: () => f(input("x", [2, 3], "bool")), says: [where, "needs float32", "bool"] },
];

export const reduce: readonly Contract[] = [
  contract(ops.argmaxOp, {
    functions: ["argmax"],
    cases: [
      {
        name: "the last axis",
        feeds: { x: distinct(3, 4) },
        build: ({ x }) => ops.argmax(x!),
        shape: [3],
        dtype: "int32",
        varies: [],
      },
      {
        name: "the first axis",
        feeds: { x: distinct(3, 4) },
        build: ({ x }) => ops.argmax(x!, 0),
        shape: [4],
        dtype: "int32",
        varies: [],
      },
      {
        name: "ties go to the first",
        feeds: { x: whole(2, "float32", 5, 3, 4) },
        build: ({ x }) => ops.argmax(x!, 1),
        shape: [5, 4],
        dtype: "int32",
        varies: [],
      },
    ],
    refuses: alongAxis("argmax", ops.argmax),
  }),
  contract(null, {
    functions: ["logSumExp"],
    cases: [
      ...reductionCases(ops.logSumExp, reals),
      {
        name: "large numbers",
        feeds: { x: apart([], 3, 4) },
        build: ({ x }) => ops.logSumExp(ops.mul(x!, 200), { axes: [1] }),
        shape: [3],
      },
    ],
    refuses: refusals("logSumExp", ops.logSumExp).slice(0, 3),
  }),
  contract(null, {
    functions: ["logSoftmax"],
    cases: [
      { name: "the last axis", feeds: { x: reals(3, 4) }, build: ({ x }) => ops.logSoftmax(x!), shape: [3, 4] },
      {
        name: "a middle axis",
        feeds: { x: reals(2, 3, 4) },
        build: ({ x }) => ops.logSoftmax(x!, 1),
        shape: [2, 3, 4],
      },
    ],
    refuses: alongAxis("max", ops.logSoftmax),
  }),
  contract(null, {
    functions: ["softmax"],
    cases: [
      { name: "the last axis", feeds: { x: reals(3, 4) }, build: ({ x }) => ops.softmax(x!), shape: [3, 4] },
      { name: "the first axis", feeds: { x: reals(3, 4) }, build: ({ x }) => ops.softmax(x!, 0), shape: [3, 4] },
    ],
    refuses: alongAxis("max", ops.softmax),
  }),
  contract(ops.maxOp, {
    functions: ["max"],
    cases: reductionCases(ops.max, distinct),
    refuses: refusals("max", ops.max),
  }),
  contract(null, {
    functions: ["min"],
    cases: reductionCases(ops.min, distinct),
    refuses: refusals("max", ops.min).slice(0, 3),
  }),
  contract(null, {
    functions: ["mean"],
    cases: reductionCases(ops.mean, positive).map(known),
    refuses: [
      ...refusals("mean", ops.mean).slice(0, 3),
      {
        name: "a mean of unknown count",
        build: () => ops.mean(input("x", ["n", 3]), { axes: [0] }),
        says: ["mean: needs a static extent of axis 0", "[n, 3]"],
      },
    ],
  }),
  contract(ops.sumOp, {
    functions: ["sum"],
    cases: reductionCases(ops.sum, positive),
    refuses: refusals("sum", ops.sum),
  }),
];
