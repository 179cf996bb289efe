import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { type NdArray, ndarray, permuted } from "../../src/base/ndarray.ts";
import { key, uniform } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { resizeBilinear } from "../../src/data/index.ts";
import { type Dims, type Tensor, input } from "../../src/graph/tensor.ts";
import { classifier } from "../../src/models/index.ts";
import { nodeEngine, openData } from "../../src/node/index.ts";
import { emitOnnx } from "../../src/onnx/index.ts";
import { add, mul, reshape, sum } from "../../src/ops/index.ts";
import type { ValueRange } from "../../src/runtime/index.ts";
import { Run } from "../../src/run/index.ts";
import { OnnxFeatures, type OpenedModel, classifierFeatures, openTrained } from "../../src/trained/index.ts";
import { train } from "../../src/train/index.ts";
import "../tolerance.ts";

const device = { device: "cpu", threads: 1 } as const;
const opened: OnnxFeatures[] = [];
afterAll(() => Promise.all(opened.map((each) => each.close())));

async function fromFile(
  shape: Dims,
  outputs: (x: Tensor) => Readonly<Record<string, Tensor>>,
  range: ValueRange = "0,1",
): Promise<OnnxFeatures> {
  const bytes = emitOnnx(outputs(input("image", shape)), { target: "portable" });
  const features = await OnnxFeatures.open({ name: "net.onnx", bytes }, { ...device, range });
  opened.push(features);
  return features;
}

/** All pixels in the order in which the file has them. */
const pixels = (x: Tensor) => ({
  y: reshape(x, [x.shape[0]!, x.shape.slice(1).reduce<number>((size, extent) => size * (extent as number), 1)]),
});

const grey = uniform(key(1), [7, 6, 4, 1]);
const outside = (images: NdArray) => permuted(images, [0, 3, 1, 2]).data;

describe("features of a classifier", () => {
  let model: OpenedModel;
  let file: Uint8Array;
  beforeAll(async () => {
    const store = new MemoryStore();
    const digits = await openData("mnist", { limit: 200 });
    const engine = await nodeEngine({ device: "cpu" });
    const options = { steps: 20, batch: 20 };
    for await (const _ of train(classifier({ hidden: [8], features: 6 }), digits, options, { engine, store }));
    model = await openTrained(await Run.open(store), engine);
    file = await store.read("export/classifier.onnx");
  });
  afterAll(() => model.close());

  it("are the same from the run and from the file that it wrote, classes too", async () => {
    const own = await classifierFeatures(model.trained, "digits");
    const theirs = await OnnxFeatures.open({ name: "classifier.onnx", bytes: file }, device);
    opened.push(theirs);
    const items = uniform(key(2), [260, 28, 28, 1]);
    const [a, b] = [await own.of(items), await theirs.of(items)];
    expect(a.shape).toEqual([260, 6]);
    expect(b).toBeAllclose(a, { relative: 1e-5 });
    expect(theirs.classifier!.classes).toBe(10);
    expect([...(await theirs.classifier!.of(items))]).toEqual([...(await own.classifier!.of(items))]);
    expect(theirs.id).toMatch(/^classifier\.onnx@[0-9a-f]{16}$/);
    expect(own.resize).toBe("bilinear, antialiased, to 28 x 28");
  });

  it("have an id that distinguishes parameters", async () => {
    const store = new MemoryStore();
    const digits = await openData("mnist", { limit: 200 });
    const engine = await nodeEngine({ device: "cpu" });
    const options = { steps: 21, batch: 20 };
    for await (const _ of train(classifier({ hidden: [8], features: 6 }), digits, options, { engine, store }));
    const other = await openTrained(await Run.open(store), engine);
    const ids = await Promise.all(
      [model, model, other].map(async ({ trained }) => (await classifierFeatures(trained, "digits")).id),
    );
    await other.close();
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });
});

describe("features of an ONNX file", () => {
  it("are computed from images of the file's own size unchanged, channels first", async () => {
    const features = await fromFile(["n", 1, 6, 4], pixels);
    expect((await features.of(grey)).data).toEqual(outside(grey));
    expect(features.classifier).toBeUndefined();
  });

  it("are computed from images of another size after resizing", async () => {
    const features = await fromFile(["n", 1, 3, 8], pixels);
    expect(features.resize).toBe("bilinear, antialiased, to 3 x 8");
    expect((await features.of(grey)).data).toEqual(outside(resizeBilinear(grey, [3, 8])));
  });

  it("are computed from grey images as three equal channels, and in the requested range", async () => {
    const features = await fromFile(["n", 3, 6, 4], pixels, "-1,1");
    const seen = await features.of(grey);
    const one = outside(grey)
      .slice(0, 24)
      .map((value) => Math.fround(2 * value - 1));
    expect([...seen.data.subarray(0, 72)]).toEqual([...one, ...one, ...one]);
    const bytes = await fromFile(["n", 1, 6, 4], pixels, "0,255");
    expect((await bytes.of(grey)).data).toBeAllclose(
      outside(grey).map((value) => 255 * value),
      { relative: 1e-6 },
    );
  });

  it("can come from files with a fixed batch size, and from files for any image size", async () => {
    const two = await fromFile([2, 1, 6, 4], pixels);
    expect((await two.of(grey)).data).toEqual(outside(grey));
    const any = await fromFile(["n", 1, "h", "w"], (x) => ({ features: sum(x, { axes: [2, 3] }), other: mul(x, 2) }));
    expect(any.resize).toBe("none");
    expect((await any.of(grey)).shape).toEqual([7, 1]);
  });

  it("can come from files of vectors", async () => {
    const features = await fromFile(["n", 3], (x) => ({ y: mul(x, 2) }));
    const points = uniform(key(3), [5, 3]);
    expect((await features.of(points)).data).toEqual(points.data.map((value) => 2 * value));
    expect(features.resize).toBe("none");
  });

  it.each([
    ["vectors of another length", ["n", 3], uniform(key(1), [5, 4]), "takes items of [3] - got [4]"],
    ["points for images", ["n", 1, 6, 4], uniform(key(1), [5, 4]), "takes items of [6, 4, 1] - got [4]"],
    ["colours for grey", ["n", 1, 6, 4], uniform(key(1), [5, 6, 4, 3]), "takes items of [6, 4, 1] - got [6, 4, 3]"],
    ["images for vectors", ["n", 3], grey, "takes items of [3] - got [6, 4, 1]"],
  ] as const)("reject %s", async (_, shape, items, message) => {
    const features = await fromFile([...shape], (x) => ({ y: mul(x, 2) }));
    await expect(features.of(items)).rejects.toThrow(`net.onnx ${message}`);
    await expect(features.of(items)).rejects.toBeInstanceOf(DataError);
  });

  it("reject files of another form", async () => {
    const open = (outputs: Readonly<Record<string, Tensor>>) =>
      OnnxFeatures.open({ name: "net.onnx", bytes: emitOnnx(outputs, { target: "portable" }) }, device);
    const a = input("a", ["n", 2]);
    await expect(open({ y: add(a, input("b", ["n", 2])) })).rejects.toThrow(
      "net.onnx must have one input - got a float32 [n, 2], b float32 [n, 2]",
    );
    await expect(open({ y: mul(input("a", ["n", 2, 3]), 2) })).rejects.toThrow(
      "must take images [n, c, h, w] or vectors [n, d] - got an input of 3 axes",
    );
    await expect(open({ y: mul(a, 2), z: mul(a, 3) })).rejects.toThrow("of which one must be named");
  });

  it("reject files that do not return one row per item", async () => {
    const features = await fromFile(["n", 2], (x) => ({ y: reshape(sum(x), [1, 1]) }));
    await expect(features.of(ndarray("float32", [3, 2], new Float32Array(6)))).rejects.toThrow(
      "must return one row per item - got [1, 1] for 3",
    );
  });
});
