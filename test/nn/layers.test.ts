import { describe, expect, it } from "vitest";

import { finiteDifference, grad } from "../../src/autodiff/index.ts";
import { OptionError } from "../../src/base/errors.ts";
import { type NdArray, type Shape, fromNumbers, full, zeros } from "../../src/base/ndarray.ts";
import { fold, key, normal, uniform } from "../../src/base/random.ts";
import { flatten } from "../../src/base/tree.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, constant, input } from "../../src/graph/tensor.ts";
import {
  type Layer,
  type Params,
  asItems,
  batchNorm,
  conv2d,
  convTranspose2d,
  dropout,
  flattenItems,
  instanceNorm,
  layerNorm,
  linear,
  mlp,
  sequential,
} from "../../src/nn/index.ts";
import * as ops from "../../src/ops/index.ts";
import "../tolerance.ts";
import { OpenContext } from "./context.ts";

/** A layer's initial parameters as constants. */
function fixed(layer: Layer, seed = 1): Params {
  const values = flatten(layer.init(key(seed)));
  const root: Record<string, unknown> = {};
  for (const [path, value] of values) {
    const parts = path.split(".");
    let node = root;
    for (const part of parts.slice(0, -1)) node = (node[part] ??= {}) as Record<string, unknown>;
    node[parts.at(-1)!] = constant(value);
  }
  return root as Params;
}

const shapesOf = (layer: Layer) =>
  Object.fromEntries([...flatten(layer.init(key(1)))].map(([path, { shape }]) => [path, shape]));
const run = (y: Tensor, feeds: Readonly<Record<string, NdArray>> = {}) => evaluate([y], feeds)[0]!;
const training = (layer?: Layer) => new OpenContext(true, layer?.stats);
const inference = (stats = {}) => new OpenContext(false, stats);

describe("linear", () => {
  it("is x W + b over the last axis, with or without bias", () => {
    const x = input("x", [2, 3, 4]);
    const layer = linear(4, 5);
    expect(shapesOf(layer)).toEqual({ weight: [4, 5], bias: [5] });
    expect(shapesOf(linear(4, 5, { bias: false }))).toEqual({ weight: [4, 5] });
    const params = { weight: constant(normal(key(1), [4, 5])), bias: constant(normal(key(2), [5])) };
    const y = layer.apply(params, x, training(layer));
    expect(y.shape).toEqual([2, 3, 5]);
    const feeds = { x: normal(key(3), [2, 3, 4]) };
    expect(run(y, feeds)).toBeAllclose(run(ops.add(ops.matmul(x, params.weight), params.bias), feeds), {
      relative: 1e-12,
    });
    const bare = linear(4, 5, { bias: false }).apply({ weight: params.weight }, x, training());
    expect(run(ops.add(bare, params.bias), feeds)).toBeAllclose(run(y, feeds), { relative: 1e-12 });
  });

  it("starts with a bias of 0 and other weights for another key", () => {
    const [a, b] = [1, 2].map((seed) => flatten(linear(4, 5).init(key(seed))));
    expect([...a!.get("bias")!.data]).toEqual([0, 0, 0, 0, 0]);
    expect(a!.get("weight")).not.toEqual(b!.get("weight"));
  });
});

describe("convolutions", () => {
  it("have weights with axes taps, input channels, output channels, and groups", () => {
    expect(shapesOf(conv2d(6, 8, { kernel: 3 }))).toEqual({ weight: [3, 3, 6, 8], bias: [8] });
    expect(shapesOf(conv2d(6, 8, { kernel: [2, 5], groups: 2, bias: false }))).toEqual({ weight: [2, 5, 3, 8] });
    expect(shapesOf(convTranspose2d(6, 8, { kernel: 4, groups: 2 }))).toEqual({ weight: [4, 4, 4, 6], bias: [8] });
  });

  it.each([
    ["conv2d", conv2d(2, 4, { kernel: 3, stride: 2, padding: 1 }), [2, 3, 4, 4]],
    ["conv2d in groups", conv2d(2, 4, { kernel: 3, groups: 2 }), [2, 3, 5, 4]],
    ["convTranspose2d", convTranspose2d(2, 4, { kernel: 4, stride: 2, padding: 1 }), [2, 10, 14, 4]],
    [
      "convTranspose2d with output padding",
      convTranspose2d(2, 4, { kernel: 3, stride: 2, padding: 1, outputPadding: 1 }),
      [2, 10, 14, 4],
    ],
  ] as [string, Layer, Shape][])("%s adds its bias to every pixel", (_, layer, shape) => {
    const x = input("x", [2, 5, 7, 2]);
    const params = fixed(layer);
    const feeds = { x: normal(key(2), [2, 5, 7, 2]) };
    const y = layer.apply(params, x, training(layer));
    expect(y.shape).toEqual(shape);
    const bias = constant(fromNumbers([1, 2, 3, 4]));
    const moved = run(layer.apply({ ...params, bias }, x, training()), feeds);
    expect(moved).toBeAllclose(run(ops.add(y, bias), feeds), { relative: 1e-12 });
  });
});

describe("flattenItems and asItems", () => {
  it("are inverse to each other, for any batch size", () => {
    const x = input("x", ["n", 2, 3]);
    const flat = flattenItems(x);
    expect(flat.shape).toEqual(["n", 6]);
    expect(asItems([2, 3])(flat).shape).toEqual(["n", 2, 3]);
  });
});

describe("sequential", () => {
  const net = sequential([linear(3, 4), ops.relu, batchNorm(4), sequential([linear(4, 2), dropout(0.5)])]);

  it("names parameters and statistics by index, functions included", () => {
    expect(Object.keys(shapesOf(net))).toEqual(["0.weight", "0.bias", "2.scale", "2.shift", "3.0.weight", "3.0.bias"]);
    expect([...flatten(net.stats!).keys()]).toEqual(["2.mean", "2.variance"]);
  });

  it("applies its layers in order, each with its own context and random numbers", () => {
    const context = training(net);
    const y = net.apply(fixed(net), input("x", [5, 3]), context);
    expect(y.shape).toEqual([5, 2]);
    expect([...context.noises]).toEqual([["3.1.mask", { kind: "uniform", shape: [5, 2] }]]);
    expect([...context.updates.keys()]).toEqual(["2.mean", "2.variance"]);
    const twins = flatten(sequential([linear(3, 3), linear(3, 3)]).init(key(1)));
    expect(twins.get("0.weight")).not.toEqual(twins.get("1.weight"));
  });

  it("reports the layer in which shapes do not match", () => {
    const broken = sequential([linear(3, 4), ops.tanh, sequential([linear(5, 2)])]);
    const apply = () => broken.apply(fixed(broken), input("x", [7, 3]), training());
    expect(apply).toThrow("matmul: inner extents must be equal - got [7, 4] and [5, 2] (in 2.0)");
  });
});

describe("mlp", () => {
  it("has an activation between layers, and none after the last", () => {
    const net = mlp([3, 4, 2], { activation: ops.tanh });
    const params = fixed(net);
    const x = input("x", [5, 3]);
    const at = (place: number) => params[place] as { weight: Tensor; bias: Tensor };
    expect(Object.keys(shapesOf(net))).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
    const hidden = ops.tanh(ops.add(ops.matmul(x, at(0).weight), at(0).bias));
    const feeds = { x: normal(key(1), [5, 3]) };
    const expected = run(ops.add(ops.matmul(hidden, at(2).weight), at(2).bias), feeds);
    expect(run(net.apply(params, x, training()), feeds)).toBeAllclose(expected, { relative: 1e-12 });
  });
});

describe("dropout", () => {
  it.each([-0.1, 1, Number.NaN])("rejects a rate of %f", (rate) => {
    expect(() => dropout(rate)).toThrow(OptionError);
    expect(() => dropout(rate)).toThrow(`dropout: rate must be in [0, 1) - got ${rate}`);
  });

  it("has no effect in inference, and none at rate 0", () => {
    const x = input("x", [2, 3]);
    expect(dropout(0.5).apply({}, x, inference())).toBe(x);
    expect(dropout(0).apply({}, x, training())).toBe(x);
  });

  it("zeroes a fraction of the values, scales the rest, and propagates the gradient through the same ones", () => {
    const x = input("x", [100, 100]);
    const context = training();
    const y = dropout(0.3).apply({}, x, context);
    const feeds = { x: full([100, 100], 7), mask: uniform(key(1), [100, 100]) };
    const [value, slope] = evaluate([y, grad(ops.sum(y), [x])[0]!], feeds);
    const kept = value!.data.filter((number) => number !== 0);
    expect(kept.length / 10_000).toBeAllclose(0.7, { relative: 0, absolute: 5 * Math.sqrt(0.21 / 10_000) });
    expect(kept).toBeAllclose(new Float64Array(kept.length).fill(10), { relative: 1e-6 });
    expect(slope!.data).toBeAllclose(
      value!.data.map((number) => number / 7),
      { relative: 1e-6 },
    );
    expect([...context.noises.keys()]).toEqual(["mask"]);
  });
});

interface Norm {
  readonly layer: Layer;
  readonly shape: Shape;
  /** Axes over which mean and variance become 0 and 1. */
  readonly axes: readonly number[];
}

const norms: Readonly<Record<string, Norm>> = {
  "batchNorm of images": { layer: batchNorm(3), shape: [4, 2, 3, 3], axes: [0, 1, 2] },
  "batchNorm of vectors": { layer: batchNorm(3), shape: [6, 3], axes: [0] },
  "batchNorm without scale": { layer: batchNorm(3, { affine: false }), shape: [6, 3], axes: [0] },
  instanceNorm: { layer: instanceNorm(3), shape: [2, 3, 4, 3], axes: [1, 2] },
  "instanceNorm with scale": { layer: instanceNorm(3, { affine: true }), shape: [2, 3, 4, 3], axes: [1, 2] },
  "instanceNorm of one image with scale": {
    layer: instanceNorm(3, { affine: true }),
    shape: [1, 3, 4, 3],
    axes: [1, 2],
  },
  "layerNorm of vectors": { layer: layerNorm(5), shape: [4, 5], axes: [1] },
  "layerNorm of sequences": { layer: layerNorm(5), shape: [2, 3, 5], axes: [2] },
  "layerNorm of images": { layer: layerNorm(5), shape: [2, 2, 2, 5], axes: [3] },
  "layerNorm without scale": { layer: layerNorm(5, { affine: false }), shape: [4, 5], axes: [1] },
};

describe.each(Object.entries(norms))("%s", (_, { layer, shape, axes }) => {
  const x = input("x", shape);
  const params = Object.fromEntries(Object.entries(shapesOf(layer)).map(([name, own]) => [name, input(name, own)]));
  const feeds = {
    x: normal(key(1), shape),
    ...Object.fromEntries(
      Object.values(params).map(({ attrs, shape: own }, i) => [
        attrs.name as string,
        uniform(key(5 + i), own as Shape),
      ]),
    ),
    projection: normal(key(2), shape),
    probe: normal(key(3), shape),
  };

  it("starts with mean 0 and variance 1", () => {
    const y = layer.apply(fixed(layer), x, training(layer));
    const average = ops.mean(y, { axes });
    const [means, variances] = evaluate([average, ops.mean(ops.square(y), { axes })], { x: feeds.x });
    expect(means!.data).toBeAllclose(new Float64Array(means!.data.length), { relative: 0, absolute: 1e-7 });
    expect(variances!.data).toBeAllclose(new Float64Array(variances!.data.length).fill(1), { relative: 1e-3 });
  });

  it("has first and second derivatives that agree with finite differences, in the input and the parameters", () => {
    const y = layer.apply(params, x, training(layer));
    const loss = ops.sum(ops.mul(y, input("projection", shape)));
    const tensors = { x, ...params };
    const first = grad(loss, Object.values(tensors));
    const probed = ops.sum(ops.mul(first[0]!, input("probe", shape)));
    const second = grad(probed, Object.values(tensors));
    const values = evaluate([...first, ...second], feeds);
    Object.keys(tensors).forEach((name, i) => {
      expect(values[i], name).toBeAllclose(finiteDifference(loss, feeds, name), { relative: 1e-7, absolute: 1e-9 });
      expect(values[first.length + i], `second, ${name}`).toBeAllclose(finiteDifference(probed, feeds, name), {
        relative: 1e-6,
        absolute: 1e-8,
      });
    });
  });

  it("scales and shifts channel by channel", () => {
    if (!("scale" in params)) return expect(Object.keys(params)).toEqual([]);
    const plain = run(layer.apply(fixed(layer), x, training(layer)), { x: feeds.x });
    const moved = run(layer.apply(params, x, training(layer)), feeds);
    const expected = run(ops.add(ops.mul(input("plain", shape), params.scale!), params.shift!), { ...feeds, plain });
    expect(moved).toBeAllclose(expected, { relative: 1e-10 });
  });
});

describe("batchNorm", () => {
  const batch = normal(key(4), [6, 3]);
  const x = input("x", [6, 3]);

  it("carries on running statistics, the variance unbiased, and uses them in inference", () => {
    const layer = batchNorm(3, { momentum: 0.25 });
    const start = { mean: fromNumbers([1, 2, 3]), variance: fromNumbers([4, 5, 6]) };
    const context = new OpenContext(true, start);
    layer.apply(fixed(layer), x, context);
    const [mean, variance] = evaluate([context.stat("mean"), context.stat("variance")], { x: batch });
    const column = (i: number) => [0, 1, 2, 3, 4, 5].map((row) => batch.data[3 * row + i]!);
    const means = [0, 1, 2].map((i) => column(i).reduce((total, value) => total + value, 0) / 6);
    const variances = [0, 1, 2].map((i) => column(i).reduce((total, value) => total + (value - means[i]!) ** 2, 0) / 5);
    expect(mean!.data).toBeAllclose(
      means.map((value, i) => 0.75 * start.mean.data[i]! + 0.25 * value),
      { relative: 1e-6 },
    );
    expect(variance!.data).toBeAllclose(
      variances.map((value, i) => 0.75 * start.variance.data[i]! + 0.25 * value),
      { relative: 1e-6 },
    );

    const inferring = new OpenContext(false, start);
    const y = run(
      layer.apply({ scale: constant(fromNumbers([2, 2, 2])), shift: constant(fromNumbers([1, 1, 1])) }, x, inferring),
      { x: batch },
    );
    const expected = Array.from(
      batch.data,
      (value, i) => 2 * ((value - start.mean.data[i % 3]!) / Math.sqrt(start.variance.data[i % 3]! + 1e-5)) + 1,
    );
    expect(y.data).toBeAllclose(expected, { relative: 1e-6 });
    expect(inferring.updates.size).toBe(0);
  });

  it("updates its statistics once per batch within a step", () => {
    const layer = batchNorm(3, { momentum: 0.5 });
    const context = new OpenContext(true, layer.stats);
    const other = input("other", [6, 3]);
    for (const seen of [x, other]) layer.apply(fixed(layer), seen, context);
    const moved = run(context.stat("mean"), { x: full([6, 3], 4), other: full([6, 3], 8) });
    expect(moved.data).toBeAllclose([5, 5, 5], { relative: 1e-6 });
  });

  it("propagates no gradient through its statistics, and supports a batch of one", () => {
    const layer = batchNorm(3);
    const context = new OpenContext(true, layer.stats);
    layer.apply(fixed(layer), x, context);
    const [g] = grad(ops.sum(context.stat("variance")), [x]);
    expect(run(g!, { x: batch }).data.every((value) => value === 0)).toBe(true);
    const single = new OpenContext(true, layer.stats);
    const y = layer.apply(fixed(layer), input("one", [1, 3]), single);
    const values = evaluate([y, single.stat("variance")], { one: zeros([1, 3]) });
    expect(values.every(({ data }) => data.every(Number.isFinite))).toBe(true);
  });

  it("is accurate for values far from 0", () => {
    // The variance is that of the centred batch; E[x^2] - E[x]^2 would lose all digits here in float32.
    const layer = batchNorm(1, { affine: false });
    const y = layer.apply({}, input("far", [4, 1]), training(layer));
    const far = { far: fromNumbers([10_000, 10_001, 10_002, 10_003], [4, 1]) };
    expect(run(y, far).data).toBeAllclose(
      [-1.5, -0.5, 0.5, 1.5].map((value) => value / Math.sqrt(1.25 + 1e-5)),
      { relative: 1e-6 },
    );
  });
});

it("keys of layers are those of `fold`", () => {
  // A change here would change every published run.
  const net = sequential([linear(2, 2)]);
  expect(flatten(net.init(key(9))).get("0.weight")).toEqual(linear(2, 2).init(fold(key(9), 0)).weight);
});
