import { constant, input } from "../../../src/graph/tensor.ts";
import { ndarray } from "../../../src/base/ndarray.ts";
import { OptionError } from "../../../src/base/errors.ts";
import * as ops from "../../../src/ops/index.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import {
  type Contract,
  type Feed,
  type OpCase,
  type Refusal,
  apart,
  between,
  contract,
  reals,
  truths,
  whole,
} from "./case.ts";

type Unary = (x: Tensor) => Tensor;
type Binary = (a: ops.Operand, b: ops.Operand) => Tensor;

function unaryCases(f: Unary, feeds: Readonly<Record<string, Feed>>, rest: Partial<OpCase> = {}): OpCase[] {
  return Object.entries(feeds).map(([name, x]) => ({
    name,
    feeds: { x },
    build: ({ x: at }) => f(at!),
    shape: x.shape,
    ...rest,
    ...(x.shape.length === 0 && { symbolic: [] }),
  }));
}

const floatOnly = (where: string, f: Unary): Refusal => ({
  name: "whole numbers",
  build: () => f(input("x", [2, 3], "int32")),
  says: [`${where}: needs float32`, "int32"],
});

/** Shapes in which two operands meet, the same for every op of two operands. */
function binaryCases(
  f: Binary,
  left: (...shape: number[]) => Feed,
  right = left,
  rest: Partial<OpCase> = {},
): OpCase[] {
  return [
    { name: "equal shapes", feeds: { a: left(3, 4), b: right(3, 4) }, symbolic: ["a", "b"], shape: [3, 4] },
    { name: "a row", feeds: { a: left(3, 4), b: right(4) }, symbolic: ["a"], shape: [3, 4] },
    { name: "a column", feeds: { a: left(2, 3, 4), b: right(3, 1) }, symbolic: ["a"], shape: [2, 3, 4] },
    { name: "both repeat", feeds: { a: left(3, 1, 2), b: right(4, 1) }, symbolic: ["a"], shape: [3, 4, 2] },
    { name: "the left repeats", feeds: { a: left(1, 4), b: right(3, 4) }, symbolic: ["b"], shape: [3, 4] },
    { name: "scalars", feeds: { a: left(), b: right() }, symbolic: [], shape: [] },
  ].map((one): OpCase => ({ ...one, build: ({ a, b }) => f(a!, b!), ...rest }));
}

function binaryRefusals(where: string, f: Binary): Refusal[] {
  return [
    {
      name: "shapes that do not broadcast",
      build: () => f(input("a", [3, 4]), input("b", [3, 5])),
      says: [`${where}: shapes must broadcast`, "[3, 4]", "[3, 5]"],
    },
    {
      name: "a symbolic extent against a number",
      build: () => f(input("a", ["n", 4]), input("b", [3, 4])),
      says: [where, "[n, 4]", "[3, 4]"],
    },
    {
      name: "two types",
      build: () => f(input("a", [2]), input("b", [2], "int32")),
      says: [`${where}: operands must have one type`, "float32", "int32"],
    },
  ];
}

const arithmetic = (where: string, f: Binary): Refusal[] => [
  ...binaryRefusals(where, f),
  ...(["int32", "bool"] as const).map((dtype): Refusal => ({
    name: dtype,
    build: () => f(input("a", [2], dtype), input("b", [2], dtype)),
    says: [`${where}: needs float32`, dtype],
  })),
];

/** Comparisons: ties, both types, no gradient. */
function comparison(op: Contract["op"], where: string, f: Binary): Contract {
  const none: Partial<OpCase> = { dtype: "bool", varies: [] };
  return {
    op: op!,
    functions: [where],
    cases: [
      ...binaryCases(f, (...shape) => whole(3, "float32", ...shape), undefined, none),
      {
        name: "whole numbers",
        feeds: { a: whole(3, "int32", 3, 4), b: whole(3, "int32", 4) },
        build: ({ a, b }) => f(a!, b!),
        shape: [3, 4],
        ...none,
      },
      { name: "a number", feeds: { a: whole(3, "float32", 3, 4) }, build: ({ a }) => f(a!, 1), shape: [3, 4], ...none },
    ],
    refuses: [
      ...binaryRefusals(where, f),
      {
        name: "truths",
        build: () => f(input("a", [2], "bool"), input("b", [2], "bool")),
        says: [`${where}: needs float32 or int32`, "bool"],
      },
    ],
  };
}

const smooth = { normal: reals(3, 4), "a scalar": reals() };
const kinked = { "both sides of 0": apart([0], 4, 5) };

export const pointwise: readonly Contract[] = [
  contract(ops.absOp, { functions: ["abs"], cases: unaryCases(ops.abs, kinked), refuses: [floatOnly("abs", ops.abs)] }),
  contract(ops.addOp, {
    functions: ["add"],
    cases: [
      ...binaryCases(ops.add, reals),
      { name: "a number", feeds: { x: reals(3, 4) }, build: ({ x }) => ops.add(2.5, x!), shape: [3, 4] },
      {
        name: "zeros that repeat",
        feeds: { x: reals(4) },
        build: ({ x }) => ops.add(x!, zeroRows(3, 4)),
        symbolic: [],
        shape: [3, 4],
      },
      { name: "with itself", feeds: { x: reals(3, 4) }, build: ({ x }) => ops.add(x!, x!), shape: [3, 4] },
    ],
    refuses: arithmetic("add", ops.add),
  }),
  contract(ops.castOp, {
    functions: ["cast"],
    cases: [
      ...unaryCases(
        (x) => ops.cast(x, "int32"),
        { "to whole numbers": apart([-2, -1, 0, 1, 2], 3, 4) },
        { dtype: "int32", varies: [] },
      ),
      ...unaryCases(
        (x) => ops.cast(x, "bool"),
        { "to truths": whole(3, "float32", 3, 4) },
        { dtype: "bool", varies: [] },
      ),
      ...unaryCases((x) => ops.cast(x, "float32"), {
        "from whole numbers": whole(9, "int32", 3, 4),
        "from bytes": whole(256, "uint8", 3, 4),
        "from truths": truths(3, 4),
      }),
      ...unaryCases((x) => ops.cast(x, "float32"), { "to its own type": reals(3, 4) }),
    ],
    refuses: [
      {
        name: "bytes as a result",
        build: () => ops.cast(input("x", [2]), "uint8" as "int32"),
        says: ["cast: the type must be one of float32, int32, bool", "uint8"],
      },
    ],
  }),
  contract(ops.clipOp, {
    functions: ["clip"],
    cases: [
      ...unaryCases((x) => ops.clip(x, -0.5, 0.75), { "both limits": apart([-0.5, 0.75], 4, 5) }),
      ...unaryCases((x) => ops.clip(x, 0, Infinity), { "one limit": apart([0], 4, 5) }),
    ],
    refuses: [floatOnly("clip", (x) => ops.clip(x, 0, 1))],
  }),
  contract(ops.customGradientOp, {
    functions: ["customGradient"],
    cases: [
      {
        // The rule is that of the value itself, so that differences can judge it.
        name: "a hand-written rule",
        feeds: { x: reals(3, 4) },
        build: ({ x }) => ops.customGradient(ops.exp(x!), [x!], (g) => [ops.mul(g, ops.exp(x!))]),
        shape: [3, 4],
      },
      {
        name: "two inputs, one without gradient",
        feeds: { x: reals(3, 4), y: reals(3, 4) },
        build: ({ x, y }) =>
          ops.customGradient(ops.mul(x!, ops.stopGradient(y!)), [x!, y!], (g) => [
            ops.mul(g, ops.stopGradient(y!)),
            null,
          ]),
        varies: ["x"],
        symbolic: ["x", "y"],
        shape: [3, 4],
      },
    ],
    refuses: "the value may have any shape and type",
  }),
  contract(ops.divOp, {
    functions: ["div"],
    cases: [
      ...binaryCases(ops.div, reals, (...shape) => between(0.5, 2, ...shape)),
      { name: "a number by x", feeds: { x: between(0.5, 2, 3, 4) }, build: ({ x }) => ops.div(1, x!), shape: [3, 4] },
      { name: "x by 1", feeds: { x: reals(3, 4) }, build: ({ x }) => ops.div(x!, 1), shape: [3, 4] },
    ],
    refuses: arithmetic("div", ops.div),
  }),
  comparison(ops.equalOp as never, "equal", ops.equal),
  contract(ops.erfOp, {
    functions: ["erf"],
    cases: unaryCases(ops.erf, { ...smooth, "far out": between(-5, 5, 4, 6) }),
    refuses: [floatOnly("erf", ops.erf)],
  }),
  contract(ops.expOp, { functions: ["exp"], cases: unaryCases(ops.exp, smooth), refuses: [floatOnly("exp", ops.exp)] }),
  contract(ops.expm1Op, {
    functions: ["expm1"],
    cases: unaryCases(
      ops.expm1,
      { ...smooth, "near 0": between(-1e-3, 1e-3, 3, 4), large: between(-20, 5, 3, 4) },
      { elementwise: true },
    ),
    refuses: [floatOnly("expm1", ops.expm1)],
  }),
  contract(null, {
    functions: ["gelu"],
    cases: unaryCases(ops.gelu, smooth),
    refuses: [{ ...floatOnly("", ops.gelu), says: ["int32"] }],
  }),
  comparison(ops.greaterOp as never, "greater", ops.greater),
  comparison(ops.greaterEqualOp as never, "greaterEqual", ops.greaterEqual),
  contract(ops.leakyReluOp, {
    functions: ["leakyRelu"],
    cases: [
      ...unaryCases((x) => ops.leakyRelu(x), kinked),
      ...unaryCases((x) => ops.leakyRelu(x, 0.01), { "a small slope": apart([0], 3, 4) }),
    ],
    refuses: [
      floatOnly("leakyRelu", (x) => ops.leakyRelu(x)),
      {
        name: "a slope of 1 or more",
        build: () => ops.leakyRelu(input("x", [2]), 1.5),
        says: ["leakyRelu: slope must be in [0, 1)", "1.5"],
        kind: OptionError,
      },
    ],
  }),
  comparison(ops.lessOp as never, "less", ops.less),
  comparison(ops.lessEqualOp as never, "lessEqual", ops.lessEqual),
  contract(ops.logOp, {
    functions: ["log"],
    cases: unaryCases(ops.log, { positive: between(0.2, 5, 3, 4) }),
    refuses: [floatOnly("log", ops.log)],
  }),
  contract(ops.log1pOp, {
    functions: ["log1p"],
    cases: unaryCases(
      ops.log1p,
      {
        positive: between(0, 5, 3, 4),
        "near 0": between(-1e-3, 1e-3, 3, 4),
        "towards -1": between(-0.9, 0, 3, 4),
      },
      { elementwise: true },
    ),
    refuses: [floatOnly("log1p", ops.log1p)],
  }),
  contract(ops.maximumOp, {
    functions: ["maximum"],
    cases: [...farApart(ops.maximum)],
    refuses: arithmetic("maximum", ops.maximum),
  }),
  contract(ops.minimumOp, {
    functions: ["minimum"],
    cases: [...farApart(ops.minimum)],
    refuses: arithmetic("minimum", ops.minimum),
  }),
  contract(ops.mulOp, {
    functions: ["mul"],
    cases: [
      ...binaryCases(ops.mul, reals),
      { name: "a number", feeds: { x: reals(3, 4) }, build: ({ x }) => ops.mul(x!, -1.5), shape: [3, 4] },
      {
        name: "ones that repeat",
        feeds: { x: reals(4) },
        build: ({ x }) => ops.mul(ops.add(zeroRows(3, 4), 1), x!),
        symbolic: [],
        shape: [3, 4],
      },
    ],
    refuses: arithmetic("mul", ops.mul),
  }),
  contract(null, {
    functions: ["square"],
    cases: unaryCases(ops.square, smooth),
    refuses: [{ ...floatOnly("mul", ops.square) }],
  }),
  contract(ops.negOp, { functions: ["neg"], cases: unaryCases(ops.neg, smooth), refuses: [floatOnly("neg", ops.neg)] }),
  contract(ops.powOp, {
    functions: ["pow"],
    cases: [
      ...binaryCases(ops.pow, (...shape) => between(0.5, 2, ...shape), reals),
      {
        name: "a cube of negative numbers",
        feeds: { x: between(-2, -0.5, 3, 4) },
        build: ({ x }) => ops.pow(x!, 3),
        shape: [3, 4],
      },
      {
        name: "a square at 0",
        feeds: { x: whole(3, "float32", 3, 4) },
        build: ({ x }) => ops.pow(x!, 2),
        shape: [3, 4],
      },
      {
        name: "an inverse root",
        feeds: { x: between(0.5, 2, 3, 4) },
        build: ({ x }) => ops.pow(x!, -0.5),
        shape: [3, 4],
      },
    ],
    refuses: arithmetic("pow", ops.pow),
  }),
  contract(ops.reluOp, {
    functions: ["relu"],
    cases: unaryCases(ops.relu, kinked),
    refuses: [floatOnly("relu", ops.relu)],
  }),
  contract(ops.sigmoidOp, {
    functions: ["sigmoid"],
    cases: unaryCases(ops.sigmoid, { ...smooth, "far out": between(-30, 30, 4, 6) }),
    refuses: [floatOnly("sigmoid", ops.sigmoid)],
  }),
  contract(ops.signOp, {
    functions: ["sign"],
    cases: unaryCases(
      (x) => ops.sign(ops.sub(x, 1)),
      { "below, at and above 0": whole(3, "float32", 4, 5) },
      { varies: [] },
    ),
    refuses: [floatOnly("sign", ops.sign)],
  }),
  contract(ops.softplusOp, {
    functions: ["softplus"],
    cases: unaryCases(ops.softplus, { ...smooth, "far out": between(-60, 90, 4, 6) }),
    refuses: [floatOnly("softplus", ops.softplus)],
  }),
  contract(ops.sqrtOp, {
    functions: ["sqrt"],
    cases: unaryCases(ops.sqrt, { positive: between(0.2, 5, 3, 4) }),
    refuses: [floatOnly("sqrt", ops.sqrt)],
  }),
  contract(ops.stepOp, {
    functions: ["step"],
    cases: unaryCases(
      (x) => ops.step(ops.sub(x, 1)),
      { "below, at and above 0": whole(3, "float32", 4, 5) },
      { varies: [] },
    ),
    refuses: [floatOnly("step", ops.step)],
  }),
  contract(ops.stopGradientOp, {
    functions: ["stopGradient"],
    cases: [
      ...unaryCases(ops.stopGradient, { "the whole value": reals(3, 4) }, { varies: [] }),
      {
        name: "one of two ways",
        feeds: { x: reals(3, 4), y: reals(3, 4) },
        build: ({ x, y }) => ops.mul(ops.mul(x!, x!), ops.stopGradient(ops.exp(y!))),
        varies: ["x"],
        symbolic: ["x", "y"],
        shape: [3, 4],
      },
    ],
    refuses: "passes on every shape and type",
  }),
  contract(ops.subOp, {
    functions: ["sub"],
    cases: [
      ...binaryCases(ops.sub, reals),
      { name: "from a number", feeds: { x: reals(3, 4) }, build: ({ x }) => ops.sub(1, x!), shape: [3, 4] },
      { name: "nothing", feeds: { x: reals(3, 4) }, build: ({ x }) => ops.sub(x!, 0), shape: [3, 4] },
    ],
    refuses: arithmetic("sub", ops.sub),
  }),
  contract(ops.tanhOp, {
    functions: ["tanh"],
    cases: unaryCases(ops.tanh, { ...smooth, "far out": between(-12, 12, 4, 6) }),
    refuses: [floatOnly("tanh", ops.tanh)],
  }),
];

function zeroRows(...shape: [number, number]): Tensor {
  return constant(ndarray("float32", shape, new Float32Array(shape[0] * shape[1])));
}

/** Operands with a gap between them, either of which may be the larger. */
function farApart(f: Binary): OpCase[] {
  return [
    { name: "equal shapes", feeds: { a: apart([0], 4, 5) }, build: ({ a }) => f(ops.mul(a!, 2), a!), shape: [4, 5] },
    { name: "a number", feeds: { a: apart([0.5], 4, 5) }, build: ({ a }) => f(a!, 0.5), shape: [4, 5] },
    {
      name: "a row",
      feeds: { a: apart([-1, 0, 1], 3, 4) },
      build: ({ a }) => f(a!, constant(ndarray("float32", [4], Float32Array.of(-1, 0, 1, 0)))),
      shape: [3, 4],
    },
    {
      name: "two inputs",
      feeds: { a: between(-2, -1, 3, 2), b: between(0, 1, 2) },
      build: ({ a, b }) => f(ops.mul(a!, constant(ndarray("float32", [2], Float32Array.of(1, -1)))), b!),
      shape: [3, 2],
    },
  ];
}
