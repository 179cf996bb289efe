import { mkdtemp, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { key } from "../../src/base/random.ts";
import { encodeNpy } from "../../src/codec/npy.ts";
import { arrayDataset, loader, npyDataset, npyFileDataset, select, splitOff } from "../../src/data/index.ts";
import { FileSource } from "../../src/node/file-source.ts";
import { openData, openItems } from "../../src/node/index.ts";

// Written by numpy: test/fixtures/make.py.
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/npy/${name}.npy`, import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-npy-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(file: string, content: Uint8Array): Promise<string> {
  const path = join(folder, file);
  await writeFile(path, content);
  return path;
}

const errorOf = async (body: () => unknown): Promise<DataError> => {
  try {
    await body();
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return error as DataError;
  }
  return expect.unreachable();
};

const images = ndarray(
  "uint8",
  [12, 3, 4, 5],
  Uint8Array.from({ length: 720 }, (_, i) => (i * 37) % 256),
);
const floats = ndarray(
  "float32",
  [6, 1, 2, 2],
  Float32Array.from({ length: 24 }, (_, i) => i / 23),
);
const points = ndarray(
  "float64",
  [9, 3],
  Float64Array.from({ length: 27 }, (_, i) => i / 7 - 1),
);
const whole = ndarray("int32", [3, 2], Int32Array.of(1, -2, 2 ** 31 - 1, 3, 16777217, 0));

describe("a NumPy file that is not held in memory", () => {
  it.each<[string, NdArray]>([
    ["images", images],
    ["floats", floats],
    ["points", points],
    ["whole numbers", whole],
  ])("has the items of one in memory: %s", async (_, array) => {
    const bytes = encodeNpy(array);
    const held = npyDataset(bytes, "a.npy");
    const file = await npyFileDataset(new FileSource(await put("a.npy", bytes)), "a.npy");
    expect(file).toMatchObject({ kind: held.kind, shape: held.shape, size: held.size, labels: null });
    for (const indices of [[0], [2, 1, 1, 0], [0, 1, 2]]) {
      expect(await file.read(indices)).toEqual(await held.read(indices));
      expect(await file.readDouble?.(indices)).toEqual(await held.readDouble?.(indices));
      expect(await file.readBytes?.(indices)).toEqual(await held.readBytes?.(indices));
    }
    const chosen = [file, held].map((data) => select(data, Int32Array.of(2, 0)));
    expect(await chosen[0]!.read([0, 1])).toEqual(await chosen[1]!.read([0, 1]));
    expect(file.readBytes !== undefined).toBe(array.dtype === "uint8");
    expect(await chosen[0]!.readDouble?.([1])).toEqual(await chosen[1]!.readDouble?.([1]));
    await expect(file.read([held.size])).rejects.toThrow("must be a whole number in");
  });

  it("gives the batches of one in memory", async () => {
    const file = await npyFileDataset(new FileSource(await put("a.npy", encodeNpy(images))), "a.npy");
    const { train } = splitOff(file);
    const held = splitOff(npyDataset(encodeNpy(images), "a.npy")).train;
    const [batches, same] = [loader(train, 4, key(1)), loader(held, 4, key(1))];
    expect(await batches.at(3)).toEqual(await same.at(3));
  });

  it("names the first invalid value by its index", async () => {
    const data = Float32Array.from(floats.data);
    data[17] = Number.NaN;
    const bytes = encodeNpy({ ...floats, data });
    const file = await put("a.npy", bytes);
    const message = (await errorOf(() => npyFileDataset(new FileSource(file), "a.npy"))).message;
    expect(message).toContain("NaN");
    expect(message).toContain("[4, 0, 0, 1]");
    expect((await errorOf(() => npyDataset(bytes, "a.npy"))).message).toBe(message);
  });

  it("has a fingerprint of its bytes", async () => {
    const first = await npyFileDataset(new FileSource(await put("a.npy", encodeNpy(images))), "a");
    const same = await npyFileDataset(new FileSource(await put("b.npy", encodeNpy(images))), "a");
    const other = Uint8Array.from(images.data, (value, i) => (i === 719 ? value ^ 1 : value));
    const changed = await npyFileDataset(
      new FileSource(await put("c.npy", encodeNpy({ ...images, data: other }))),
      "a",
    );
    expect(first.fingerprint).toBe(same.fingerprint);
    expect(first.fingerprint).not.toBe(changed.fingerprint);
    expect(first.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });

  it("is reported when it changes or shrinks, and may be moved", async () => {
    const path = await put("a.npy", encodeNpy(images));
    const data = await npyFileDataset(new FileSource(path), "a.npy");
    await utimes(path, 1, 1);
    expect((await errorOf(() => data.read([0]))).message).toContain("a.npy must not change while it is read");
    const second = await put("b.npy", encodeNpy(images));
    const cut = await npyFileDataset(new FileSource(second), "b.npy");
    await truncate(second, 200);
    expect((await errorOf(() => cut.read([0]))).message).toContain("200 bytes instead of");
    const third = await put("c.npy", encodeNpy(images));
    const moved = await npyFileDataset(new FileSource(third), "c.npy");
    await rm(third);
    expect((await moved.read([0])).shape).toEqual([1, 4, 5, 3]);
  });

  it("is rejected in Fortran order, with a hint", async () => {
    const error = await errorOf(() => npyFileDataset(new FileSource(fixture("fortran")), "f.npy"));
    expect(error.message).toContain("f.npy: a file of this size must be in C order");
    expect(error.hint).toContain("ascontiguousarray");
  });

  it("may be larger than the memory: 3 GiB of zeros, read on demand", async () => {
    const header = encodeNpy(ndarray("uint8", [1, 1, 32, 32], new Uint8Array(1024))).subarray(0, 128);
    const text = Buffer.from(header).toString("latin1");
    const path = await put(
      "large.npy",
      Buffer.from(text.replace("(1, 1, 32, 32), }      ", "(3145728, 1, 32, 32), }"), "latin1"),
    );
    await truncate(path, 128 + 3 * 2 ** 30);
    const held = process.memoryUsage().rss;
    const { train, test } = await openData(path);
    expect([train.size, test.size]).toEqual([2_831_155, 314_573]);
    expect((await train.read([0, 2_831_154])).shape).toEqual([2, 32, 32, 1]);
    expect(process.memoryUsage().rss - held).toBeLessThan(2 ** 28);
  });
});

describe("a NumPy file", () => {
  it("is read gzipped, whatever its name", async () => {
    const bytes = gzipSync(encodeNpy(points));
    for (const name of ["a.npy.gz", "b.npy"]) expect((await openItems(await put(name, bytes))).size).toBe(9);
  });

  it("in Fortran order has the items of one in C order", async () => {
    const data = await openItems(fixture("fortran"));
    expect([...(await data.read([0, 1])).data]).toEqual([0, 1, 2, 3, 4, 5]);
    const turned = await openItems(fixture("fortran-images"));
    expect([...(await turned.read([0, 1])).data].map((value) => Math.round(255 * value))).toEqual([
      0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23,
    ]);
  });

  it("of 16 bits reports how its numbers are converted", async () => {
    const data = await openItems(fixture("u2-images"));
    expect([...(await data.read([0])).data]).toEqual([0, Math.fround(1000 / 65535), 1, Math.fround(0x8080 / 65535)]);
    expect(data.scales).toEqual([{ type: "uint16", low: 0, high: 65535 }]);
  });

  it.each([
    [[], "must be images [n, c, h, w] or points [n, d] - got []", "single number"],
    [[4], "got [4]", "a[:, None]"],
    [[4, 2, 2], "got [4, 2, 2]", "a[:, None]"],
    [[4, 1, 1, 1, 1], "got [4, 1, 1, 1, 1]", "reshape"],
    [[0, 2], "must hold at least one number - got [0, 2]", undefined],
    [[2, 0], "must hold at least one number - got [2, 0]", undefined],
    [[2, 4, 4, 3], "with 1 or 3 channels - got [2, 4, 4, 3]", "transpose(0, 3, 1, 2)"],
  ])("of shape %j is rejected", async (shape, message, hint) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const error = await errorOf(() =>
      npyDataset(encodeNpy(ndarray("float32", shape, new Float32Array(size))), "a.npy"),
    );
    expect(error.message).toContain(message);
    if (hint !== undefined) expect(error.hint).toContain(hint);
  });

  it("keeps items in memory as they were", () => {
    expect(npyDataset(encodeNpy(points), "a").fingerprint).toBe(
      arrayDataset({ name: "a", kind: "points", items: points as NdArray<"float64"> }).fingerprint,
    );
  });
});
