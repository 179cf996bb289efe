import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DataError, OptionError, ZayaError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { encodeNpy } from "../../src/codec/npy.ts";
import { encodePng } from "../../src/codec/png.ts";
import type { DataSplit, Dataset } from "../../src/data/index.ts";
import { openData, openItems } from "../../src/node/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-domains-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(file: string, content: Uint8Array | string): Promise<void> {
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

const at = (name: string): string => join(folder, name);

/** A PNG of one level, or of one colour. */
function plain(level: number | readonly number[], [height, width] = [4, 4]): Promise<Uint8Array> {
  const pixel = typeof level === "number" ? [level] : [...level];
  const data = Uint8Array.from({ length: height! * width! * pixel.length }, (_, i) => pixel[i % pixel.length]!);
  return encodePng(ndarray("uint8", [height!, width!, pixel.length], data));
}

/** Images 00.png, 01.png, ... of levels `from`, `from + 1`, ... */
async function putLevels(name: string, count: number, from: number, size?: [number, number]): Promise<void> {
  for (let i = 0; i < count; i++) await put(`${name}/${String(i).padStart(2, "0")}.png`, await plain(from + i, size));
}

/** The level of each image, of its first pixel. */
async function levelsOf(dataset: Dataset): Promise<number[]> {
  const { data } = await dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i));
  const extent = data.length / dataset.size;
  return Array.from({ length: dataset.size }, (_, n) => Math.round(data[n * extent]! * 255));
}

const sidesOf = async ({ train, test }: DataSplit) => ({
  train: { a: await levelsOf(train.sides!.a), b: await levelsOf(train.sides!.b) },
  test: { a: await levelsOf(test.sides!.a), b: await levelsOf(test.sides!.b) },
});

async function errorOf(body: Promise<unknown>): Promise<ZayaError> {
  const error = await body.then(
    () => expect.unreachable("it was not refused"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ZayaError);
  return error as ZayaError;
}

describe("two folders", () => {
  it("are two domains with separate splits: no image is in both", async () => {
    await putLevels("A", 30, 0);
    await putLevels("B", 10, 100);
    await put("B/other.png", await plain(200));
    const data = await openData(at("A"), { second: at("B") });
    expect(data.train).toMatchObject({ name: "A and B", kind: "pair", shape: [2, 4, 4, 1], size: 27 });
    expect(data.train.sides!.aligned).toBe(false);
    const { train, test } = await sidesOf(data);
    expect([train.a.length, train.b.length, test.a.length, test.b.length]).toEqual([27, 10, 3, 1]);
    const sorted = (...levels: number[][]): number[] => levels.flat().toSorted((x, y) => x - y);
    expect(sorted(train.a, test.a)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(sorted(train.b, test.b)).toEqual([...Array.from({ length: 10 }, (_, i) => 100 + i), 200]);
  });

  it("are aligned pairs if all file names are the same, including nested folders", async () => {
    for (const domain of ["A", "B"]) {
      await putLevels(domain, 20, domain === "A" ? 0 : 100);
      await putLevels(`${domain}/more`, 3, domain === "A" ? 50 : 150);
    }
    const data = await openData(at("A"), { second: at("B") });
    expect(data.train.sides!.aligned).toBe(true);
    for (const { a, b } of Object.values(await sidesOf(data))) expect(b).toEqual(a.map((level) => level + 100));
    for (const limit of [5, 0.3]) {
      const limited = await openData(at("A"), { second: at("B"), limit });
      expect(limited.train.sides!.aligned).toBe(true);
      for (const { a, b } of Object.values(await sidesOf(limited))) expect(b).toEqual(a.map((level) => level + 100));
    }
    const items = await openItems(at("A"), { second: at("B") });
    expect(items.sides!.aligned).toBe(true);
    expect(await levelsOf(items.sides!.b)).toEqual((await levelsOf(items.sides!.a)).map((level) => level + 100));
  });

  it("with partly matching names are not aligned, and the files without a partner are listed", async () => {
    await putLevels("A", 12, 0);
    await putLevels("B", 14, 100);
    await rm(at("B/03.png"));
    const { sides } = (await openData(at("A"), { second: at("B") })).train;
    expect(sides!.aligned).toBe(false);
    expect(sides!.unmatched).toEqual([at("A/03.png"), at("B/12.png"), at("B/13.png")]);
  });

  it("without matching names, and single files, report no partners", async () => {
    await putLevels("A", 4, 0);
    for (let i = 0; i < 4; i++) await put(`B/x${i}.png`, await plain(i));
    const folders = await openData(at("A"), { second: at("B") });
    expect(folders.train.sides).not.toHaveProperty("unmatched");
    await put("B.npy", encodeNpy(ndarray("uint8", [4, 1, 4, 4], new Uint8Array(64))));
    const mixed = await openData(at("A"), { second: at("B.npy") });
    expect(mixed.train.sides).toMatchObject({ aligned: false });
    expect(mixed.train.name).toBe("A and B.npy");
  });

  it("list skipped files with their folders", async () => {
    await putLevels("A", 4, 0);
    await putLevels("B", 4, 100);
    await put("B/notes.txt", "no picture");
    const { train } = await openData(at("A"), { second: at("B") });
    expect(train.skipped).toEqual([{ file: "B/notes.txt", reason: "not an image" }]);
    expect(train.sides!.aligned).toBe(true);
  });

  it("stay aligned if a file is unreadable: its partner is skipped as well, and both are reported", async () => {
    await putLevels("A", 30, 0);
    await putLevels("B", 30, 100);
    await put("A/02.png", "no picture");
    await put("B/11.png", "no picture");
    const data = await openData(at("A"), { second: at("B") });
    expect(data.train.skipped).toEqual([
      { file: "A/02.png", reason: "not an image" },
      { file: "B/11.png", reason: "not an image" },
      { file: at("A/11.png"), reason: "its partner cannot be read" },
      { file: at("B/02.png"), reason: "its partner cannot be read" },
    ]);
    // Of a limit, images come in for damaged ones in one folder alone, and are left out.
    for (const split of [data, await openData(at("A"), { second: at("B"), limit: 8 })]) {
      expect(split.train.sides!.aligned).toBe(true);
      const { train, test } = await sidesOf(split);
      const [a, b] = [
        [...train.a, ...test.a],
        [...train.b, ...test.b],
      ];
      expect(b).toEqual(a.map((level) => level + 100));
      expect(a).not.toContain(2);
      expect(a).not.toContain(11);
      expect(a.length).toBe(split === data ? 28 : 7);
    }
  });

  it("of which one is shorter are not aligned by a limit and a damaged file", async () => {
    await putLevels("A", 30, 0);
    await putLevels("B", 15, 100);
    await put("B/03.png", "no picture");
    for (const limit of [undefined, 25]) {
      const { train } = await openData(at("A"), { second: at("B"), limit });
      expect(train.sides!.aligned).toBe(false);
      expect(train.sides!.unmatched).toContain(at("A/20.png"));
    }
  });

  it("with unpaired files elsewhere are not aligned", async () => {
    await putLevels("A", 4, 0);
    await putLevels("B", 5, 100);
    await put("A/00.png", "no picture");
    const { train } = await openData(at("A"), { second: at("B") });
    expect(train.sides!.aligned).toBe(false);
    expect(train.sides!.unmatched).toEqual([at("B/00.png"), at("B/04.png")]);
  });

  it("can be read individually", async () => {
    await putLevels("A", 20, 0);
    await putLevels("B", 20, 100);
    const both = await sidesOf(await openData(at("A"), { second: at("B"), limit: 10 }));
    for (const [domain, side] of [
      ["A", "a"],
      ["B", "b"],
    ] as const) {
      const { train, test } = await openData(at("A"), { second: at("B"), limit: 10, domain });
      expect(train).toMatchObject({ name: domain, kind: "image" });
      expect([await levelsOf(train), await levelsOf(test)]).toEqual([both.train[side], both.test[side]]);
    }
    const named = await openData("digits-outlined", { limit: 5, domain: "B" });
    expect(named.train).toMatchObject({ name: "digits-outlined, B", kind: "image", size: 5 });
    expect(named.train.labels).toHaveLength(5);
    const { message } = await errorOf(openData(at("A"), { domain: "B" }));
    expect(message).toBe(`--domain is for data with two domains - got B for A, a single data set`);
  });

  it("are limited separately, by a number or by a fraction that does not affect the test splits", async () => {
    await putLevels("A", 40, 0);
    await putLevels("B", 20, 100);
    const whole = await sidesOf(await openData(at("A"), { second: at("B") }));
    const ten = await sidesOf(await openData(at("A"), { second: at("B"), limit: 10 }));
    expect([ten.train.a.length, ten.train.b.length, ten.test.a.length, ten.test.b.length]).toEqual([9, 9, 1, 1]);
    expect([...ten.train.a, ...ten.test.a].toSorted((x, y) => x - y)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const half = await sidesOf(await openData(at("A"), { second: at("B"), limit: 0.5 }));
    const quarter = await sidesOf(await openData(at("A"), { second: at("B"), limit: 0.25 }));
    expect([half.train.a.length, half.train.b.length]).toEqual([18, 9]);
    expect([quarter.train.a.length, quarter.train.b.length]).toEqual([9, 5]);
    expect([half.test, quarter.test]).toEqual([whole.test, whole.test]);
    for (const domain of ["a", "b"] as const) {
      expect(whole.train[domain]).toEqual(expect.arrayContaining(half.train[domain]));
      expect(half.train[domain]).toEqual(expect.arrayContaining(quarter.train[domain]));
    }
  });

  it("are rejected if their images differ in channels or size, or if one contains two domains itself", async () => {
    await putLevels("A", 4, 0);
    await putLevels("large", 4, 0, [8, 8]);
    for (let i = 0; i < 4; i++) await put(`colour/${i}.png`, await plain([255, i, 0]));
    const channels = await errorOf(openData(at("A"), { second: at("colour") }));
    expect(channels).toBeInstanceOf(DataError);
    expect(channels.message).toContain("got [4, 4, 1] in A and [4, 4, 3] in colour");
    expect(channels.hint).toContain("save the greyscale images as RGB");
    const size = await errorOf(openData(at("A"), { second: at("large") }));
    expect(size.message).toContain("got [4, 4, 1] in A and [8, 8, 1] in large");
    expect(size.hint).toContain("--size N");
    expect((await openData(at("A"), { second: at("large"), size: 4 })).train.shape).toEqual([2, 4, 4, 1]);
    await putLevels("both/trainA", 3, 0);
    await putLevels("both/trainB", 3, 0);
    const two = await errorOf(openData(at("A"), { second: at("both") }));
    expect(two.message).toContain(`must be a single set of images - got ${at("both")}, which holds two`);
    const points = await errorOf(openData("ring8", { second: "moons" }));
    expect(points.message).toContain("both domains must contain images - got points in ring8");
    const pairs = await errorOf(openData("digits-inverted", { second: "mnist" }));
    expect(pairs.message).toContain("got pair in digits-inverted");
  });

  it("may be built-in data with their own test splits", async () => {
    const { train, test } = await openData("mnist", { second: "mnist", limit: 0.01 });
    expect([train.size, test.size]).toEqual([600, 10_000]);
    expect(train.sides!.aligned).toBe(false);
  });
});

describe("a folder with trainA and trainB", () => {
  it("is two domains, with testA and testB to test on", async () => {
    await putLevels("zoo/trainA", 6, 0);
    await putLevels("zoo/trainB", 4, 50);
    await putLevels("zoo/testA", 2, 100);
    await putLevels("zoo/testB", 3, 150);
    const data = await openData(at("zoo"));
    expect(data.train).toMatchObject({ name: "zoo", size: 6, sides: { aligned: false } });
    expect(await sidesOf(data)).toEqual({
      train: { a: [0, 1, 2, 3, 4, 5], b: [50, 51, 52, 53] },
      test: { a: [100, 101], b: [150, 151, 152] },
    });
    expect(await sidesOf(await openData(at("zoo"), { limit: 2 }))).toEqual({
      train: { a: [0, 1], b: [50, 51] },
      test: { a: [100, 101], b: [150, 151] },
    });
    const half = await sidesOf(await openData(at("zoo"), { limit: 0.5 }));
    expect([half.train.a.length, half.train.b.length]).toEqual([3, 2]);
    expect(half.test).toEqual({ a: [100, 101], b: [150, 151, 152] });
  });

  it("holds out a tenth of a domain without a test split, and stays two domains whatever the names", async () => {
    await putLevels("zoo/trainA", 10, 0);
    await putLevels("zoo/trainB", 10, 50);
    await putLevels("zoo/testB", 2, 150);
    const data = await openData(at("zoo"));
    const { train, test } = await sidesOf(data);
    expect([train.a.length, test.a.length, train.b.length]).toEqual([9, 1, 10]);
    expect(test.b).toEqual([150, 151]);
    expect(data.train.sides).toMatchObject({ aligned: false });
    expect(data.train.sides).not.toHaveProperty("unmatched");
  });

  it("lists skipped files of all four folders", async () => {
    await putLevels("zoo/trainA", 3, 0);
    await putLevels("zoo/trainB", 3, 50);
    await putLevels("zoo/testB", 2, 150);
    await put("zoo/trainB/a.txt", "x");
    await put("zoo/testB/b.txt", "x");
    const { train, test } = await openData(at("zoo"));
    expect(train.skipped.map(({ file }) => file)).toEqual(["trainB/a.txt"]);
    expect(test.skipped.map(({ file }) => file)).toEqual(["testB/b.txt"]);
  });

  it("is rejected with an empty test folder, without one of its domains, and with splits that differ", async () => {
    await putLevels("zoo/trainA", 3, 0);
    const alone = await errorOf(openData(at("zoo")));
    expect(alone).toBeInstanceOf(DataError);
    expect(alone.message).toContain(`must hold trainA and trainB - got only trainA in ${at("zoo")}`);
    expect(alone.hint).toContain(at("zoo/trainA"));
    expect((await openData(at("zoo/trainA"))).train.size).toBe(2);
    await putLevels("zoo/trainB", 3, 50);
    await mkdir(at("zoo/testB"));
    const empty = await errorOf(openData(at("zoo")));
    expect(empty).toBeInstanceOf(DataError);
    expect(empty.message).toContain(`${at("zoo/testB")} must hold at least one image - got no files`);
    expect(empty.hint).toContain("remove the folder");
    await put("zoo/testB/a.png", await plain(1, [6, 6]));
    const other = await errorOf(openData(at("zoo")));
    expect(other.message).toContain("got 4 x 4 x 1 in trainB and 6 x 6 x 1 in testB");
    expect(other.hint).toContain("--size N");
  });
});

describe("side-by-side images", () => {
  /** Left half of level `left`, right half of level `right`. */
  const halves = (left: number, right: number, side = 4): Promise<Uint8Array> =>
    encodePng(
      ndarray(
        "uint8",
        [side, 2 * side, 1],
        Uint8Array.from({ length: 2 * side * side }, (_, i) => (i % (2 * side) < side ? left : right)),
      ),
    );
  const putHalves = async (name: string, count: number, from: number): Promise<void> => {
    for (let i = 0; i < count; i++) await put(`${name}/${i}.png`, await halves(from + i, 200 - from - i));
  };
  const beside = { pairs: "side-by-side" } as const;

  it("are aligned pairs, the left one first, on request", async () => {
    await putHalves("wide", 20, 0);
    const data = await openData(at("wide"), beside);
    expect(data.train).toMatchObject({ name: "wide", kind: "pair", shape: [2, 4, 4, 1], size: 18 });
    expect(data.test.size).toBe(2);
    expect(data.train.sides!.aligned).toBe(true);
    for (const { a, b } of Object.values(await sidesOf(data))) expect(b).toEqual(a.map((level) => 200 - level));
    const plainly = await openData(at("wide"));
    expect(plainly.train).toMatchObject({ kind: "image", shape: [4, 8, 1] });
  });

  it("are rotated upright and split before scaling, so that the halves do not blend at the seam", async () => {
    await put("wide/0.png", await halves(0, 255, 16));
    // Lies on its side: orientation 6 wants a quarter turn clockwise, and what is at the bottom comes to the left.
    const tall = Uint8Array.from({ length: 16 * 32 }, (_, i) => (i < 16 * 16 ? 255 : 0));
    const turned = sharp(tall, { raw: { width: 16, height: 32, channels: 1 } }).toColourspace("b-w");
    await put("wide/1.png", await turned.withMetadata({ orientation: 6 }).png().toBuffer());
    const items = await openItems(at("wide"), { ...beside, size: 6 });
    const { a, b } = items.sides!;
    expect(a.shape.slice(0, 2)).toEqual([6, 6]);
    expect([...new Set((await a.read([0, 1])).data)]).toEqual([0]);
    expect([...new Set((await b.read([0, 1])).data)]).toEqual([1]);
  });

  it("use test images in test, or else in val, next to train", async () => {
    await putHalves("maps/train", 4, 0);
    await putHalves("maps/val", 3, 50);
    expect(await sidesOf(await openData(at("maps"), beside))).toEqual({
      train: { a: [0, 1, 2, 3], b: [200, 199, 198, 197] },
      test: { a: [50, 51, 52], b: [150, 149, 148] },
    });
    await putHalves("maps/test", 2, 90);
    expect((await sidesOf(await openData(at("maps"), beside))).test.a).toEqual([90, 91]);
    expect((await sidesOf(await openData(at("maps"), { ...beside, limit: 1 }))).test.b).toEqual([110]);
    await rm(at("maps/test"), { recursive: true });
    await mkdir(at("maps/test"));
    expect((await errorOf(openData(at("maps"), beside))).hint).toContain("remove the folder");
  });

  it("are skipped if they have another aspect ratio, each file listed once", async () => {
    await putHalves("wide", 4, 0);
    await put("wide/square.png", await plain(1));
    await put("wide/notes.txt", "x");
    const { train } = await openData(at("wide"), beside);
    expect(train.skipped).toEqual([
      { file: "wide/notes.txt", reason: "not an image" },
      { file: "wide/square.png", reason: "4 x 4, not twice as wide as high" },
    ]);
    await putLevels("squares", 3, 0);
    const none = await errorOf(openData(at("squares"), beside));
    expect(none.message).toContain("got 00.png (4 x 4, not twice as wide as high)");
  });

  it("are rejected for two data sets, a file and built-in data", async () => {
    await putHalves("wide", 4, 0);
    await put("wide.npy", encodeNpy(ndarray("uint8", [4, 1, 4, 8], new Uint8Array(128))));
    const two = await errorOf(openData(at("wide"), { ...beside, second: at("wide") }));
    expect(two).toBeInstanceOf(OptionError);
    expect(two.hint).toContain("remove --pairs");
    for (const spec of [at("wide.npy"), "mnist", "digits-inverted"]) {
      expect((await errorOf(openData(spec, beside))).message).toContain("pairs is for a folder of images");
    }
  });
});
