import { beforeAll, describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { finiteDifference } from "../../src/autodiff/index.ts";
import { ShapeError } from "../../src/base/errors.ts";
import { type NdArray, type Shape, ndarray, sizeOf } from "../../src/base/ndarray.ts";
import { fold, key, normal } from "../../src/base/random.ts";
import { type Feeds, evaluate } from "../../src/graph/evaluate.ts";
import type { Target } from "../../src/graph/emitter.ts";
import { type Dims, type Op, type Tensor, input } from "../../src/graph/tensor.ts";
import { toposort } from "../../src/graph/traverse.ts";
import { emitOnnx } from "../../src/onnx/index.ts";
import * as ops from "../../src/ops/index.ts";
import { wasmEngine } from "../../src/runtime/index.ts";
import { decodeOnnx, runOnnx } from "../onnx-file.ts";
import "../tolerance.ts";
import { type Contract, type OpCase, fill } from "./ops/case.ts";
import { conv } from "./ops/conv.ts";
import { linalg } from "./ops/linalg.ts";
import { movement } from "./ops/movement.ts";
import { pointwise } from "./ops/pointwise.ts";
import { reduce } from "./ops/reduce.ts";
import { select } from "./ops/select.ts";

const contracts: readonly Contract[] = [...conv, ...linalg, ...movement, ...pointwise, ...reduce, ...select];

/** Largest error of a gradient, as a share of its largest component: differences of step 1e-5 reach about 1e-9. */
const gradientTolerance = 1e-6;
/** float32 carries 6e-8 a rounding; kernels of exp, tanh and the like add a few of them. */
const float32Tolerance = 2e-6;

/** Parts of ops that others are built from; their callers' cases are theirs. */
const buildingBlocks = ["emitGemm", "fits", "isAll", "maximumGradient", "requirePlaces"];

describe("the registry", () => {
  const exported = Object.entries(ops);
  const covered = new Set(contracts.flatMap(({ functions }) => functions));

  it.each(exported.filter(([name]) => name.endsWith("Op")))("%s has test cases", (_, op) => {
    const own = contracts.find((one) => one.op === (op as unknown as Op<never>));
    expect(own?.cases.length ?? 0).toBeGreaterThan(0);
    for (const one of own!.cases) {
      const { y } = build(one);
      expect(
        toposort([y]).some((node) => node.op === own!.op) || (one.varies ?? [""]).length === 0 || isIdentity(y),
        one.name,
      ).toBe(true);
    }
  });

  it.each(exported.filter(([, value]) => typeof value === "function").map(([name]) => name))(
    "%s is called by a test case",
    (name) => {
      expect(covered.has(name) || buildingBlocks.includes(name)).toBe(true);
    },
  );

  it("has unique op names", () => {
    const names = exported.filter(([name]) => name.endsWith("Op")).map(([, op]) => (op as Op).name);
    expect(new Set(names).size).toBe(names.length);
  });
});

/** Whether the call had nothing to do and gave its input back. */
function isIdentity(y: Tensor): boolean {
  return y.inputs.length === 0;
}

describe.each(
  contracts.map((one): [string, Contract] => [one.op === undefined ? one.functions[0]! : opName(one.op), one]),
)("%s", (_, own) => {
  if (typeof own.refuses !== "string") {
    it.each(own.refuses.map((one) => [one.name, one] as const))(
      "rejects %s",
      (__, { build: refused, says, kind = ShapeError }) => {
        expect(refused).toThrow(kind);
        for (const part of says) expect(refused).toThrow(part);
      },
    );
  }
  describe.each(own.cases.map((one) => [one.name, one] as const))("%s", (__, one) => caseTests(one));
});

const kernels = wasmEngine();

function caseTests(one: OpCase): void {
  const varies =
    one.varies ?? Object.entries(one.feeds).flatMap(([name, { dtype }]) => (dtype === "float32" ? [name] : []));
  const symbolic = one.symbolic ?? [Object.keys(one.feeds)[0]!];
  let graph: Graph;
  let feeds: Feeds;
  let oracle: Record<string, NdArray>;
  beforeAll(() => {
    graph = derive(one, build(one), varies);
    feeds = feedsOf(one, graph, "static");
    oracle = evaluated(graph.outputs, feeds);
  });

  it("has the declared shape and type", () => {
    expect([...graph.y.shape]).toEqual([...one.shape]);
    expect(graph.y.dtype).toBe(one.dtype ?? "float32");
    expect(oracle.value!.shape).toEqual([...one.shape]);
    expect(oracle.value!.data.every(Number.isFinite)).toBe(true);
  });

  it("propagates gradients to the declared inputs only", () => {
    const reached = Object.keys(one.feeds).filter(
      (name) => `d ${name}` in oracle && oracle[`d ${name}`]!.data.some((value) => value !== 0),
    );
    expect(reached).toEqual(varies);
  });

  it.each(varies)("has a gradient for %s that agrees with finite differences", (name) => {
    expect(oracle[`d ${name}`]).toBeAllclose(finiteDifference(graph.scalar, feeds, name), {
      relative: gradientTolerance,
    });
  });

  it("has a second derivative that agrees with finite differences of the gradient", () => {
    if (varies.length === 0) {
      expect(graph.second).toBeNull();
      return;
    }
    // Along one random direction through all inputs at once.
    const names = [...varies, "projection"];
    const direction = Object.fromEntries(names.map((name) => [name, normal(fold(key(3), name), feeds[name]!.shape)]));
    const step = 1e-5;
    const slope = (side: number) =>
      evaluate([graph.second!], { ...feeds, ...moved(feeds, direction, side * step) })[0]!.data[0]!;
    const expected = (slope(1) - slope(-1)) / (2 * step);
    const along = names.map((name) => dot(oracle[`dd ${name}`]!, direction[name]!));
    const size = along.reduce((total, value) => total + Math.abs(value), 0);
    const absolute = gradientTolerance * Math.max(size, 1e-3);
    expect(along.reduce((total, value) => total + value, 0)).toBeAllclose(expected, { relative: 0, absolute });
  });

  it.each(["training", "portable"] satisfies Target[])(
    "agrees between ONNX Runtime with %s and float64",
    async (target) => {
      const bytes = emitOnnx(graph.outputs, { target });
      checkFile(bytes, graph);
      const [results] = await runOnnx(bytes, feeds);
      for (const name of Object.keys(oracle)) agree(one, name, results![name]!, oracle[name]!, oracle);
    },
  );

  it("agrees between kernels and float64", async () => {
    const compiled = await kernels.compile({ outputs: graph.outputs });
    const results = await compiled.run(feeds);
    await compiled.release();
    for (const name of Object.keys(oracle)) agree(one, name, results[name]!, oracle[name]!, oracle);
  });

  if (symbolic.length > 0) {
    it("supports any batch size in one portable file", async () => {
      const anyLength = derive(one, build(one, symbolic), varies, false);
      const bytes = emitOnnx(anyLength.outputs, { target: "portable" });
      checkFile(bytes, anyLength);
      const first = one.feeds[symbolic[0]!]!.shape[0]!;
      const lengths = [first, first + 3];
      const calls = lengths.map((length) => resized(one, symbolic, length));
      const fed = calls.map((sized, i) => feedsOf(sized, derive(sized, build(sized), varies, false), `length ${i}`));
      const results = await runOnnx(bytes, ...fed);
      calls.forEach((sized, i) => {
        const fixed = evaluated(derive(sized, build(sized), varies, false).outputs, fed[i]!);
        const interpreted = evaluated(anyLength.outputs, fed[i]!);
        for (const name of Object.keys(fixed)) {
          expect(interpreted[name], name).toBeAllclose(fixed[name]!, { relative: 1e-13 });
          agree(one, name, results[i]![name]!, fixed[name]!, fixed);
        }
      });
    });
  }
}

interface Graph {
  readonly y: Tensor;
  /** A weighted sum of y; weights are fed, so that no simplification knows them. */
  readonly scalar: Tensor;
  /** A weighted sum of the gradients. */
  readonly second: Tensor | null;
  readonly outputs: Record<string, Tensor>;
  readonly inputs: Record<string, Dims>;
}

function build(one: OpCase, symbolic: readonly string[] = []) {
  const x = Object.fromEntries(
    Object.entries(one.feeds).map(([name, { shape, dtype }]) => [
      name,
      input(name, symbolic.includes(name) ? ["n", ...shape.slice(1)] : shape, dtype),
    ]),
  );
  return { x, y: one.build(x) };
}

/** The op's value and its first and second derivatives in one graph. */
function derive(one: OpCase, { x, y }: ReturnType<typeof build>, varies: readonly string[], twice = true): Graph {
  const projection = input("projection", y.shape);
  const inputs: Record<string, Dims> = { ...shapesOf(x), projection: y.shape };
  const real = y.dtype === "float32" ? y : ops.cast(y, "float32");
  const scalar = ops.sum(ops.mul(real, projection));
  const differentiable = Object.keys(one.feeds).filter((name) => x[name]!.dtype === "float32");
  const first = grad(
    scalar,
    differentiable.map((name) => x[name]!),
  );
  const outputs: Record<string, Tensor> = { value: y };
  differentiable.forEach((name, i) => (outputs[`d ${name}`] = first[i]!));
  if (!twice || varies.length === 0) return { y, scalar, second: null, outputs, inputs };
  const probes = varies.map((name) => input(`probe ${name}`, x[name]!.shape));
  probes.forEach((probe, i) => (inputs[`probe ${varies[i]}`] = probe.shape));
  const second = varies
    .map((name, i) => ops.sum(ops.mul(first[differentiable.indexOf(name)]!, probes[i]!)))
    .reduce((total, term) => ops.add(total, term));
  const all = [...varies.map((name) => x[name]!), projection];
  grad(second, all).forEach((value, i) => (outputs[`dd ${[...varies, "projection"][i]}`] = value));
  return { y, scalar, second, outputs, inputs };
}

function shapesOf(tensors: Record<string, Tensor>): Record<string, Dims> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
}

function feedsOf(one: OpCase, { inputs }: Graph, name: string): Feeds {
  return Object.fromEntries(
    Object.entries(inputs).map(([input, shape]) => {
      const own = fold(key(1), one.name, name, input);
      const feed = one.feeds[input];
      return [input, feed === undefined ? normal(own, shape as Shape) : fill(feed, own)];
    }),
  );
}

function resized(one: OpCase, symbolic: readonly string[], length: number): OpCase {
  const feeds = Object.entries(one.feeds).map(([name, feed]) => [
    name,
    symbolic.includes(name) ? { ...feed, shape: [length, ...feed.shape.slice(1)] } : feed,
  ]);
  return { ...one, feeds: Object.fromEntries(feeds) as OpCase["feeds"] };
}

function evaluated(outputs: Record<string, Tensor>, feeds: Feeds): Record<string, NdArray> {
  const values = evaluate(Object.values(outputs), feeds);
  return Object.fromEntries(Object.keys(outputs).map((name, i) => [name, values[i]!]));
}

/** Derivatives are sums of terms that may cancel: the tolerance is relative to the largest value of the same order, not to the result. */
function agree(one: OpCase, name: string, actual: NdArray, expected: NdArray, all: Record<string, NdArray>): void {
  const relative = one.float32 ?? float32Tolerance;
  const order = name.split(" ")[0]!;
  const peers = Object.entries(all).filter(([other]) => other.split(" ")[0] === order);
  const size = Math.max(...peers.flatMap(([, { data }]) => Array.from(data, Math.abs)));
  const exact = one.elementwise === true && name === "value";
  expect(actual, name).toBeAllclose(
    expected,
    exact ? { relative, elementwise: true } : { relative, absolute: relative * size },
  );
}

function checkFile(bytes: Uint8Array, { outputs, inputs }: Graph): void {
  const { signature } = decodeOnnx(bytes);
  expect(signature.outputs).toEqual(
    Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [name, [...shape]])),
  );
  for (const [name, shape] of Object.entries(signature.inputs)) expect(shape).toEqual([...inputs[name]!]);
}

function moved(feeds: Feeds, direction: Feeds, step: number): Feeds {
  return Object.fromEntries(
    Object.entries(direction).map(([name, { shape, data }]) => [
      name,
      ndarray(
        "float64",
        shape,
        Float64Array.from({ length: sizeOf(shape) }, (_, i) => feeds[name]!.data[i]! + step * data[i]!),
      ),
    ]),
  );
}

function dot(a: NdArray, b: NdArray): number {
  return Array.from(a.data).reduce((total, value, i) => total + value * b.data[i]!, 0);
}

function opName(op: Op<never>): string {
  return (op as unknown as Op).name;
}
