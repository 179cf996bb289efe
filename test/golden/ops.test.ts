import { describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { type NdArray, castTo, reshaped } from "../../src/base/ndarray.ts";
import { bernoulliLogProb } from "../../src/distributions/index.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, constant, input } from "../../src/graph/tensor.ts";
import { batchNorm, imageNorm, instanceNorm, layerNorm } from "../../src/nn/index.ts";
import type { ConvTransposeOptions } from "../../src/ops/index.ts";
import * as ops from "../../src/ops/index.ts";
import { OpenContext } from "../nn/context.ts";
import "../tolerance.ts";
import { engines } from "./engines.ts";
import {
  type Form,
  type Result,
  type Wave,
  close,
  exact,
  inOurLayout,
  readGolden,
  resultArray,
  wave,
} from "./golden.ts";

/** Of all ops together; a case has those of its own. */
interface Attrs extends ConvTransposeOptions {
  readonly training: boolean;
  readonly momentum: number;
  readonly eps: number;
  readonly runningMean: Wave;
  readonly runningVar: Wave;
  readonly axis: number;
  readonly keepDims: boolean;
  readonly slope: number;
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
  readonly factor: number;
  readonly size: number;
}

interface Case {
  readonly name: string;
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: Readonly<Record<string, Wave>>;
  readonly cotangent: Wave;
  readonly outputs: Readonly<Record<string, Result>>;
  readonly gradients: Readonly<Record<string, Result>>;
  readonly second: Readonly<Record<string, Result>>;
}

interface Penalty {
  readonly inputs: Readonly<Record<string, Wave>>;
  readonly outputs: {
    readonly critic: Result;
    readonly slope: Result;
    readonly norms: Result;
    readonly penalty: number;
  };
  readonly gradients: Readonly<Record<string, Result>>;
}

const { cases, gradientPenalty } = readGolden<{ cases: readonly Case[]; gradientPenalty: Penalty }>("ops");

type Tensors = Readonly<Record<string, Tensor>>;

/** How zaya computes a case, and what it calls the results. */
interface Port {
  readonly build: (x: Tensors, attrs: Attrs, more: Record<string, Tensor>) => Tensor;
  /** Layout of tensors by name, y and the cotangent among them; images where not said. */
  readonly forms?: Readonly<Record<string, Form>>;
}

const withBias = (y: Tensor, bias: Tensor | undefined) => (bias === undefined ? y : ops.add(y, bias));
const plain: Port["forms"] = { x: "plain", y: "plain", cotangent: "plain" };

const ports: Readonly<Record<string, Port>> = {
  conv2d: { build: ({ x, w, b }, attrs) => withBias(ops.conv2d(x!, w!, attrs), b), forms: { w: "kernel" } },
  convTranspose2d: {
    build: ({ x, w, b }, attrs) => withBias(ops.convTranspose2d(x!, w!, attrs), b),
    forms: { w: "kernel" },
  },
  batchNorm: {
    build: ({ x, weight, bias }, { training, momentum, eps, runningMean, runningVar }, more) => {
      const layer = batchNorm(weight!.shape[0] as number, { momentum, epsilon: eps });
      const stat = (of: Wave) => castTo(wave(of), "float32");
      const context = new OpenContext(training, { mean: stat(runningMean), variance: stat(runningVar) });
      const y = layer.apply({ scale: weight!, shift: bias! }, x!, context);
      more.runningMean = context.stat("mean");
      more.runningVar = context.stat("variance");
      return y;
    },
  },
  instanceNorm: {
    build: ({ x, weight, bias }, { eps }) =>
      instanceNorm(weight!.shape[0] as number, { epsilon: eps, affine: true }).apply(
        { scale: weight!, shift: bias! },
        x!,
        new OpenContext(true),
      ),
  },
  imageNorm: {
    build: ({ x, weight, bias }, { eps }) =>
      imageNorm(weight!.shape[0] as number, { epsilon: eps }).apply(
        { scale: weight!, shift: bias! },
        x!,
        new OpenContext(true),
      ),
  },
  layerNorm: {
    // Over several axes: over one that they are laid out in.
    build: ({ x, weight, bias }, { eps }) => {
      const flat = [x!.shape[0]!, -1];
      const [scale, shift] = [weight!, bias!].map((value) => ops.reshape(value, [-1])) as [Tensor, Tensor];
      const y = layerNorm(scale.shape[0] as number, { epsilon: eps }).apply(
        { scale, shift },
        ops.reshape(x!, flat),
        new OpenContext(true),
      );
      return ops.reshape(y, x!.shape);
    },
  },
  gelu: { build: ({ x }) => ops.gelu(x!), forms: plain },
  softplus: { build: ({ x }) => ops.softplus(x!), forms: plain },
  logSumExp: { build: ({ x }, { axis, keepDims }) => ops.logSumExp(x!, { axes: [axis], keepDims }), forms: plain },
  logSoftmax: { build: ({ x }, { axis }) => ops.logSoftmax(x!, axis), forms: plain },
  leakyRelu: { build: ({ x }, { slope }) => ops.leakyRelu(x!, slope), forms: plain },
  padReflect: {
    build: ({ x }, { top, bottom, left, right }) =>
      ops.padReflect(x!, [
        [0, 0],
        [top, bottom],
        [left, right],
      ]),
  },
  resizeNearest: { build: ({ x }, { factor }) => ops.resizeNearest(x!, scaled(x!, factor)) },
  averagePool2d: { build: ({ x }, { size }) => ops.resizeAverage(x!, scaled(x!, 1 / size)) },
  bernoulliNll: {
    build: ({ logits, target }) => ops.neg(ops.sum(bernoulliLogProb(logits!, target!))),
    forms: { logits: "plain", target: "plain", y: "plain", cotangent: "plain" },
  },
};

function scaled(x: Tensor, factor: number): [number, number] {
  return [(x.shape[1] as number) * factor, (x.shape[2] as number) * factor];
}

/** Vectors and matrices of features have one layout; [c, h, w] of a layer norm goes with its images. */
function ours(value: NdArray<"float64">, form: Form): NdArray<"float64"> {
  if (form !== "image" || value.shape.length === 4)
    return inOurLayout(value, value.shape.length === 4 ? form : "plain");
  if (value.shape.length !== 3) return value;
  return reshaped(inOurLayout(reshaped(value, [1, ...value.shape]), "image"), [
    value.shape[1]!,
    value.shape[2]!,
    value.shape[0]!,
  ]);
}

const onEngines = engines.filter(([name]) => name !== "interpreter");

describe.each(cases.map((one) => [one.name, one] as const))("PyTorch's %s", (_, one) => {
  const port = ports[one.op]!;
  const form = (name: string): Form => port.forms?.[name] ?? "image";
  const waves = { ...one.inputs, cotangent: one.cotangent };
  const feeds = Object.fromEntries(Object.entries(waves).map(([name, of]) => [name, ours(wave(of), form(name))]));
  const x = Object.fromEntries(Object.keys(one.inputs).map((name) => [name, input(name, feeds[name]!.shape)]));
  const outputs: Record<string, Tensor> = {};
  outputs.y = port.build(x, one.attrs, outputs);
  const names = Object.keys(one.inputs);
  const gradients = grad(ops.sum(ops.mul(outputs.y, input("cotangent", feeds.cotangent!.shape))), Object.values(x));
  const squares = gradients
    .map((g) => ops.mul(ops.sum(ops.square(g)), 0.5))
    .reduce((total, term) => ops.add(total, term));
  const second = grad(squares, Object.values(x));
  const expected: Record<string, NdArray<"float64">> = {};
  for (const [name, result] of Object.entries(one.outputs)) expected[name] = ours(resultArray(result), form(name));
  names.forEach((name, i) => {
    outputs[`d ${name}`] = gradients[i]!;
    outputs[`dd ${name}`] = second[i]!;
    expected[`d ${name}`] = ours(resultArray(one.gradients[name]!), form(name));
    const twice = one.second[name];
    if (twice !== undefined) expected[`dd ${name}`] = ours(resultArray(twice), form(name));
  });

  it("agrees in values, gradients and second derivatives in float64", () => {
    const values = evaluate(Object.values(outputs), feeds);
    Object.keys(outputs).forEach((name, i) => {
      const known = expected[name];
      if (known === undefined)
        expect(Math.max(...Array.from(values[i]!.data, Math.abs)), `${name} is zero`).toBeLessThan(1e-12);
      else expect(values[i], name).toBeAllclose(known, { relative: exact, absolute: 1e-9 });
    });
  });

  it.each(onEngines)("agrees on the engine %s", async (_, engine) => {
    const compiled = await engine.compile({ outputs });
    const results = await compiled.run(feeds);
    await compiled.release();
    // Second derivatives are sums of products of first ones, and may cancel to far less than those.
    const first = Math.max(...names.flatMap((name) => Array.from(expected[`d ${name}`]!.data, Math.abs)));
    for (const [name, known] of Object.entries(expected)) {
      const absolute = name.startsWith("dd ") ? close * first : 1e-6;
      expect(results[name], name).toBeAllclose(known, { relative: close, absolute });
    }
  });
});

describe("PyTorch's gradient penalty", () => {
  it.each(engines)(
    "agrees in a critic's gradient norm, its penalty and their gradient on the engine %s",
    async (_, engine, relative) => {
      const of = (name: string): Form => (name === "x" ? "image" : name.endsWith("weight") ? "kernel" : "plain");
      const feeds = Object.fromEntries(
        Object.entries(gradientPenalty.inputs).map(([name, spec]) => [name, inOurLayout(wave(spec), of(name))]),
      );
      const t = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, input(name, shape)]));
      const conv = (x: Tensor, name: string, options = {}) =>
        ops.add(ops.conv2d(x, t[`${name}.weight`]!, options), t[`${name}.bias`]!);
      const critic = ops.reshape(conv(ops.tanh(conv(t.x!, "conv1", { stride: 2, padding: 1 })), "conv2"), [-1]);
      const [slope] = grad(ops.sum(critic), [t.x!]);
      const norms = ops.sqrt(ops.sum(ops.square(slope!), { axes: [1, 2, 3] }));
      const penalty = ops.mean(ops.square(ops.sub(norms, 1)));
      const names = Object.keys(gradientPenalty.gradients);
      const gradients = grad(
        penalty,
        names.map((name) => t[name]!),
      );
      const outputs = {
        critic,
        slope: slope!,
        norms,
        penalty,
        ...Object.fromEntries(names.map((name, i) => [`d ${name}`, gradients[i]!])),
      };
      const { outputs: known } = gradientPenalty;
      const expected: Record<string, NdArray | number[]> = {
        critic: resultArray(known.critic),
        slope: inOurLayout(resultArray(known.slope), "image"),
        norms: resultArray(known.norms),
        penalty: [known.penalty],
        ...Object.fromEntries(
          names.map((name) => [`d ${name}`, inOurLayout(resultArray(gradientPenalty.gradients[name]!), of(name))]),
        ),
      };
      const compiled = await engine.compile({ outputs });
      const results = await compiled.run(feeds);
      await compiled.release();
      const absolute = relative === exact ? 1e-9 : 1e-6;
      for (const [name, value] of Object.entries(expected)) {
        expect(results[name], name).toBeAllclose(value, { relative, absolute });
      }
    },
  );
});

it("constants of a graph are float32", () => {
  // Why `exact` is not 1e-9: the interpreter computes with the numbers that the file will hold.
  expect(evaluate([constant({ dtype: "float32", shape: [], data: Float32Array.of(0.1) })])[0]!.data[0]).toBe(
    Math.fround(0.1),
  );
});
