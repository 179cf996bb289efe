import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { DataError, OptionError } from "../../src/base/errors.ts";
import { type NdArray, full, ndarray, rows, zeros } from "../../src/base/ndarray.ts";
import { key, normal, uniform } from "../../src/base/random.ts";
import { OnnxSampler } from "../../src/cli/onnx-sampler.ts";
import type { OnnxForm } from "../../src/cli/onnx-flags.ts";
import { onnxFile } from "../../src/node/index.ts";
import { type OnnxFeatureOptions, OnnxFeatures, openOnnxTranslator, translateImage } from "../../src/trained/index.ts";
import "../tolerance.ts";

// What other programs save, and what is right for it: test/fixtures/onnx/make.py says what each file does.

const fixture = (name: string) => join(import.meta.dirname, "..", "fixtures", "onnx", `${name}.onnx`);
const device = { device: "cpu", threads: 1 } as const;

const colour = uniform(key(1), [7, 16, 16, 3]);
const grey = uniform(key(2), [7, 16, 16, 1]);

/** The mean of each channel of each image, in float64. */
function means(images: NdArray): number[] {
  const [n, h, w, c] = images.shape as [number, number, number, number];
  return Array.from({ length: n * c }, (_, i) => {
    let sum = 0;
    for (let pixel = 0; pixel < h * w; pixel++) sum += images.data[(Math.floor(i / c) * h * w + pixel) * c + (i % c)]!;
    return sum / (h * w);
  });
}

async function features(name: string, images: NdArray, form: Omit<OnnxFeatureOptions, "device" | "threads"> = {}) {
  const opened = await OnnxFeatures.open(await onnxFile(fixture(name)), { ...device, ...form });
  try {
    return { ...(await opened.of(images)), id: opened.id };
  } finally {
    await opened.close();
  }
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error instanceof DataError || error instanceof OptionError, String(error)).toBe(true);
  const { message, hint } = error as DataError;
  return `${message} / ${hint}`;
}

describe("features of an ONNX file from another program", () => {
  it.each([
    ["first", 1e-6],
    ["last", 1e-6],
    ["named", 1e-6],
    ["denoted", 1e-6],
    ["half", 1e-3],
    ["double", 1e-6],
  ])("of %s.onnx are the channel means, whatever its layout and types", async (name, absolute) => {
    const square = name === "denoted" ? rows(uniform(key(3), [7, 3, 16, 3]), 0, 7) : colour;
    const found = await features(name, square);
    expect(found.shape).toEqual([7, 3]);
    expect(found.data).toBeAllclose(Float32Array.from(means(square)), { absolute, relative: 0 });
  });

  it("of grey images are the same for files with three channels first or last", async () => {
    const threefold = means(grey).flatMap((mean) => [mean, mean, mean]);
    for (const name of ["first", "last"]) {
      expect((await features(name, grey)).data).toBeAllclose(Float32Array.from(threefold), {
        absolute: 1e-6,
        relative: 0,
      });
    }
    for (const name of ["grey-first", "grey-last"]) {
      expect((await features(name, grey)).data).toBeAllclose(Float32Array.from(means(grey)), {
        absolute: 1e-6,
        relative: 0,
      });
    }
  });

  it("are computed in the range that the file or a flag declares, which is part of their id", async () => {
    const signed = Float32Array.from(means(colour), (mean) => 2 * mean - 1);
    const plain = await features("first", colour);
    const told = await features("first", colour, { range: "-1,1" });
    expect(told.data).toBeAllclose(signed, { absolute: 1e-6, relative: 0 });
    expect((await features("nominal", colour)).data).toBeAllclose(signed, { absolute: 1e-6, relative: 0 });
    expect(told.id).not.toBe(plain.id);
    for (const { id } of [told, plain]) expect(id).toMatch(/^first\.onnx@[0-9a-f]{16}$/);
    // Bytes have no room for less than 0 to 255.
    const bytes = await features("bytes", colour);
    expect([...bytes.data].every((value, i) => Math.abs(value - 255 * means(colour)[i]!) <= 1.01)).toBe(true);
  });

  it("loads external weights from any working directory, and distinguishes different weights", async () => {
    const [inside, outside] = [await features("inside", colour), await features("outside", colour)];
    expect(outside.data).toEqual(inside.data);
    const folder = await mkdtemp(join(tmpdir(), "zaya-onnx-"));
    try {
      const bytes = new Uint8Array(readFileSync(join(fixture(""), "..", "weights", "outside.bin")));
      bytes[40]! ^= 1;
      await writeFile(join(folder, "outside.onnx"), readFileSync(fixture("outside")));
      await writeFile(join(folder, "outside.bin"), bytes);
      const source = await onnxFile(join(folder, "outside.onnx"));
      const other = await OnnxFeatures.open({ ...source, beside: async () => bytes }, device);
      expect(other.id).not.toBe(outside.id);
      await other.close();
      expect(await refusal(OnnxFeatures.open(source, device))).toContain("external weights, but their file");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("ignores an input with a default value, and uses the named output", async () => {
    expect((await features("default", colour)).data).toBeAllclose(
      Float32Array.from(means(colour), (mean) => 2 * mean),
      { absolute: 1e-6, relative: 0 },
    );
    expect((await features("two-outputs", colour, { output: "b" })).data).toBeAllclose(
      Float32Array.from(means(colour), (mean) => -mean),
      { absolute: 1e-6, relative: 0 },
    );
  });

  it.each<[file: string, images: NdArray, said: readonly string[]]>([
    [
      "either",
      colour,
      ["x float32 [n, 3, 16, 3], in which channels can be first or last", "--feature-layout channels-last"],
    ],
    ["rank3", colour, ["must take images [n, c, h, w] or vectors [n, d] - got an input of 3 axes"]],
    ["bgr", colour, ["in the order red, green, blue - got blue, green, red"]],
    ["sequence", colour, ["must return an array of numbers - got features, a sequence"]],
    ["string", colour, ["must return an array of numbers - got features string [n, 3]"]],
    ["bfloat16", colour, ["features bfloat16 [n, 3]", "a Cast to float32"]],
    ["two-inputs", colour, ["must have one input - got x float32 [n, 3, 16, 16], scale float32 [1]"]],
    ["two-outputs", colour, ["a float32 [n, 3], b float32 [n, 3]", "--feature-output a"]],
    ["nan", zeros([3, 16, 16, 3]), ["must return finite numbers - got NaN in its output features, for item 1"]],
    [
      "infinite",
      ndarray("float32", [2, 16, 16, 3], new Float32Array(1536).fill(1, 0, 768)),
      ["got Infinity", "for item 2"],
    ],
    ["cut-outside", colour, ["cut.bin must hold the weights of", "got 20 bytes"]],
    ["no-outside", colour, ["has external weights, but their file", "gone.bin does not exist"]],
    ["upwards", colour, ['must have its external weights in its own folder - got "../make.py"']],
    ["newer", colour, ["opset 99, which is newer than opset 26, the last that it knows"]],
    ["newer-ir", colour, ["IR version 99, which is newer than 13, the last that it knows"]],
    ["custom", colour, ["the operator com.example:Blur, which it does not have"]],
    ["unknown", colour, ["the operator Blurr, which opset 18 does not have"]],
  ])("rejects %s.onnx with a clear message", async (file, images, said) => {
    const text = await refusal(features(file, images));
    for (const words of said) expect(text).toContain(words);
    expect(text).toContain(file.replace("cut-outside", "cut"));
    expect(text).not.toMatch(/onnxruntime\/|::|\n/);
  });

  it("rejects an unknown output name and an impossible layout", async () => {
    expect(await refusal(features("two-outputs", colour, { output: "c" }))).toContain("--feature-output names - got c");
    expect(await refusal(features("first", colour, { layout: "channels-last" }))).toContain("channels-last right?");
    expect((await features("either", uniform(key(3), [7, 3, 16, 3]), { layout: "channels-last" })).shape).toEqual([
      7, 3,
    ]);
  });

  it.each([
    ["an empty file", new Uint8Array()],
    ["a zip archive, as PyTorch", new TextEncoder().encode("PK\u0003\u0004....")],
    ["a Git LFS pointer", new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:0")],
    ["a web page", new TextEncoder().encode("<!DOCTYPE html><title>Not found</title>")],
    ["damaged, truncated or of another kind", new TextEncoder().encode("words")],
    ["damaged, truncated or of another kind", new Uint8Array(readFileSync(fixture("first"))).subarray(0, 60)],
  ])("rejects a file that is not ONNX: %s", async (said, bytes) => {
    const text = await refusal(OnnxFeatures.open({ name: "net.onnx", bytes }, device));
    expect(text).toContain("net.onnx must be an ONNX model - got ");
    expect(text).toContain(said);
  });
});

describe("a generator from another program", () => {
  const noise = normal(key(5), [7, 8]);
  const level = (i: number) => 1 / (1 + Math.exp(-noise.data[8 * i]!));

  async function draw(name: string, codes: NdArray, form: OnnxForm = {}) {
    const sampler = await OnnxSampler.open(await onnxFile(fixture(name)), form, device);
    try {
      const { kind, range } = sampler;
      return { kind, range, noise: sampler.noise, items: await sampler.decode(codes) };
    } finally {
      await sampler.close();
    }
  }

  it.each([
    ["gen", 3],
    ["gen-one", 3],
    ["gen-three", 3],
    ["gen-hidden-one", 3],
    ["gen-last", 1],
  ])("%s.onnx generates any number of items, whatever its batch size and layout", async (name, channels) => {
    const { kind, items } = await draw(name, noise);
    expect([kind, items.shape]).toEqual(["image", [7, 16, 16, channels]]);
    for (let i = 0; i < 7; i++) expect(items.data[i * 256 * channels + 5]).toBeCloseTo(level(i), 6);
  });

  it("with a final tanh gives images in [0, 1], also from noise [n, d, 1, 1]", async () => {
    for (const [name, codes] of [
      ["gen-tanh", noise],
      ["gen-dcgan", { ...noise, shape: [7, 8, 1, 1] }],
    ] as const) {
      const { range, items } = await draw(name, codes);
      expect(range).toBe("-1,1");
      for (let i = 0; i < 7; i++) expect(items.data[i * 768]).toBeCloseTo((Math.tanh(noise.data[8 * i]!) + 1) / 2, 6);
    }
    expect((await draw("gen-dcgan", { ...noise, shape: [7, 8, 1, 1] })).noise.shape).toEqual([8, 1, 1]);
    // Under a range that is not its own, all below 0 is clipped.
    const { items } = await draw("gen-tanh", noise, { outputRange: "0,1" });
    for (let i = 0; i < 7; i++) expect(items.data[i * 768]).toBeCloseTo(Math.max(0, Math.tanh(noise.data[8 * i]!)), 6);
  });

  it("gives points of float16 as numbers", async () => {
    const codes = normal(key(6), [5, 4]);
    const { kind, items } = await draw("gen-half", codes);
    expect([kind, items.shape]).toEqual(["points", [5, 4]]);
    expect(items.data).toBeAllclose(codes.data, { absolute: 2e-3, relative: 0 });
  });

  it("is rejected if it returns neither images nor points, or takes no noise", async () => {
    expect(await refusal(draw("gen-rank3", normal(key(1), [2, 4])))).toContain("of 3 axes");
    expect(await refusal(draw("first", noise))).toContain("must have one input of noise");
  });
});

describe("a translator from another program", () => {
  async function through(name: string, image: NdArray<"uint8">, form: OnnxForm = {}, free = 2 ** 40) {
    const net = await openOnnxTranslator(await onnxFile(fixture(name)), form, device, {
      used: () => process.memoryUsage.rss(),
      free: () => free,
    });
    try {
      return { ranges: net.ranges, made: await translateImage(net, image, "resize") };
    } finally {
      await net.close();
    }
  }
  let photo: NdArray<"uint8">;
  beforeAll(() => {
    photo = ndarray(
      "uint8",
      [16, 16, 3],
      Uint8Array.from(colour.data.subarray(0, 768), (v) => Math.round(255 * v)),
    );
  });

  it.each([
    ["negative-unit", "0,1"],
    ["negative-signed", "-1,1"],
    ["negative-bytes", "0,255"],
    ["negative-uint8", "0,255"],
    ["negative-last", "0,1"],
  ])("%s.onnx makes the negative of a photo", async (name, range) => {
    const { ranges, made } = await through(name, photo);
    expect(ranges).toEqual([range, range]);
    expect([...made.data]).toEqual(Array.from(photo.data, (byte) => 255 - byte));
  });

  it("asks which of two image inputs is meant, and uses the only one otherwise", async () => {
    expect(await refusal(through("two-images", photo))).toContain("of which one must be named - got image float32");
    const negative = { outputName: "y", inputRange: "-1,1" } as const;
    expect([...(await through("two-images", photo, negative)).made.data]).toEqual(
      Array.from(photo.data, (byte) => 255 - byte),
    );
    expect((await through("image-and-mean", photo)).made).toEqual(photo);
  });

  it("is rejected if its batch size is 0", async () => {
    expect(await refusal(through("none-taken", photo))).toMatch(
      /must take at least one item - got x float32 \[0, 3, 16, 16\].*dynamic_axes/,
    );
  });

  it("uses the ranges given by flags", async () => {
    const { made } = await through("negative-signed", photo, { inputRange: "-1,1" });
    expect([...made.data]).toEqual(Array.from(photo.data, (byte) => 255 - byte));
    expect(await refusal(through("negative-uint8", photo, { inputRange: "0,1" }))).toContain("whole numbers");
    for (const name of ["wild", "curve", "negative-to-bytes"]) {
      expect(await refusal(through(name, photo))).toContain("--input-range");
    }
    const bytes = await through("negative-to-bytes", photo, { inputRange: "0,1" });
    expect(bytes.ranges).toEqual(["0,1", "0,255"]);
    expect([...bytes.made.data]).toEqual(Array.from(photo.data, (byte) => 255 - byte));
    expect((await through("curve", photo, { inputRange: "-1,1" })).made.data[0]).toBe(
      Math.round(255 * (Math.tanh(2 * (photo.data[0]! / 127.5 - 1)) / 2 + 0.5)),
    );
  });

  it("with different layouts of input and output gives the same image", async () => {
    expect([...(await through("turned", photo)).made.data]).toEqual([...photo.data]);
  });

  it("of dynamic size keeps the size of each image, even if it is odd", async () => {
    const [h, w] = [35, 22];
    const bytes = Uint8Array.from(uniform(key(9), [h, w, 3]).data, (v) => Math.round(255 * v));
    const { made } = await through("blocks", ndarray("uint8", [h, w, 3], bytes));
    expect(made.shape).toEqual([h, w, 3]);
    const at = (y: number, x: number, c: number) => bytes[(Math.min(y, h - 1) * w + Math.min(x, w - 1)) * 3 + c]!;
    for (const [y, x, c] of [
      [0, 0, 0],
      [11, 5, 1],
      [34, 21, 2],
      [34, 0, 0],
    ] as const) {
      const [top, left] = [y - (y % 2), x - (x % 2)];
      const mean = (at(top, left, c) + at(top, left + 1, c) + at(top + 1, left, c) + at(top + 1, left + 1, c)) / 4;
      expect(Math.abs(made.data[(y * w + x) * 3 + c]! - mean)).toBeLessThanOrEqual(0.51);
    }
  });

  it("of dynamic size rejects an image that does not fit into memory, and says which size would fit", async () => {
    const large = {
      ...full([0], 0),
      dtype: "uint8",
      shape: [600, 900, 3],
      data: new Uint8Array(600 * 900 * 3),
    } as const;
    const text = await refusal(through("blocks", large, {}, 2 ** 20));
    expect(text).toMatch(/takes about .* for an image of 900 x 600, which must be free/);
    expect(text).toMatch(/about \d+ x \d+ would fit/);
  });
});
