import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DataError, OptionError, type ZayaError } from "../../src/base/errors.ts";
import { openData, openItems } from "../../src/node/index.ts";
import { openParquet } from "../../src/node/parquet-file.ts";
import { ParquetReader } from "../../src/node/parquet-reader.ts";

// Written by pyarrow: test/fixtures/make.py.
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/parquet/${name}.parquet`, import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-parquet-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function errorOf(promise: Promise<unknown>): Promise<ZayaError> {
  return promise.then(
    () => expect.unreachable(),
    (error: unknown) => error as ZayaError,
  );
}

/** What pyarrow was given as image i: [20 * row + i, 10 * column, 100 + i]. */
function colour(i: number): number[] {
  const pixel = (at: number) => [20 * Math.floor(at / 4) + i, 10 * (at % 4), 100 + i];
  return Array.from({ length: 12 }, (_, at) => pixel(at)).flat();
}

describe("images in a Parquet file", () => {
  it("are read as the Hugging Face Hub writes them, with classes; rows without an image are listed and skipped", async () => {
    const data = await openItems(fixture("hub"));
    expect(data).toMatchObject({ kind: "image", shape: [3, 4, 3], size: 5 });
    const pixels = Array.from((await data.read([0, 1, 2, 3, 4])).data, (value) => Math.round(255 * value));
    expect(pixels).toEqual([0, 1, 3, 4, 7].flatMap(colour));
    expect(data.classNames).toEqual(["1", "3", "5", "6"]);
    expect(data.labels).toEqual(Int32Array.of(1, 0, 0, 2, 3));
    expect(data.skipped).toEqual([
      { file: "row 3, 2.png", reason: "damaged or truncated" },
      { file: "row 6, elsewhere.png", reason: "cannot be read: no bytes in the file" },
      { file: "row 7", reason: "cannot be read: no bytes in the file" },
    ]);
  });

  it("may be plain bytes next to text, and have no classes if one of them is missing", async () => {
    const data = await openItems(fixture("plain"));
    expect(data).toMatchObject({ shape: [2, 2, 1], size: 4, labels: null });
    expect([...(await data.read([3])).data]).toEqual(Array.from({ length: 4 }, () => Math.fround(150 / 255)));
  });

  it.each([
    ["labels-wide", ["0", "4294967296"], [0, 1, 0, 1]],
    ["labels-far", ["7", "123456789"], [1, 0, 0, 1]],
    ["labels-huge", ["9007199254740992", "9007199254740993", "9223372036854775807"], [0, 1, 0, 2]],
    ["labels-words", ["ant", "cat", "dog"], [2, 1, 2, 0]],
    ["labels-signs", ["-1", "1"], [0, 1, 1, 0]],
    ["labels-flags", ["false", "true"], [1, 0, 0, 1]],
    ["labels-floats", ["0", "1", "2"], [2, 0, 1, 0]],
    ["labels-decimals", ["0", "1", "2"], [2, 0, 1, 0]],
    ["labels-bytes", ["ant", "cat", "dog"], [2, 1, 2, 0]],
    ["called-Label", ["0", "1"], [0, 1, 0, 1]],
  ])("have the distinct labels as classes: %s", async (name, classNames, labels) => {
    const data = await openItems(fixture(name));
    expect(data.classNames).toEqual(classNames);
    expect([...data.labels!]).toEqual(labels);
  });

  it.each([
    [
      "labels-missing",
      "column label (int32) is ignored: row 2 has no label; remove such rows to use it for the classes",
    ],
    ["labels-empty", "column label (string) is ignored: row 2 has no label, and 1 more; remove such rows"],
    ["labels-nan", "column label (double) is ignored: row 3 has no label, and 1 more; remove such rows"],
    ["labels-fractions", "column label (double) is ignored: row 2 has the label 0.5; classes are whole numbers, words"],
    ["labels-lists", "column label (lists) is ignored: classes are read from a column called label, but they must be"],
    ["labels-durations", "column label (duration) is ignored: classes are read from a column called label, but they"],
    [
      "called-target",
      "columns caption (string), target (int64) are ignored: classes are read from a column called label",
    ],
    [
      "plain",
      "column label (int32) is ignored: row 3 has -1 for a label; this is how Hugging Face marks hidden labels",
    ],
  ])("have no classes, with the reason: %s", async (name, note) => {
    const data = await openItems(fixture(name));
    expect(data.labels).toBeNull();
    expect(data.notes!.at(-1)).toContain(note);
  });

  it("report ignored columns", async () => {
    const { notes } = await openItems(fixture("called-Label"));
    const read = "images are read from image, and classes from Label";
    expect(notes).toEqual([`column caption (string) is ignored: ${read}`]);
  });

  it("are resized, and read up to a limit", async () => {
    const data = await openData(fixture("hub"), { size: 2, limit: 3 });
    expect(data.train.shape).toEqual([2, 2, 3]);
    expect(data.train.size + data.test.size).toBe(3);
    expect([...data.train.labels!, ...data.test.labels!].toSorted()).toEqual([0, 0, 1]);
    // Of the rows after those that were needed nothing is said.
    expect(data.train.skipped).toEqual([{ file: "row 3, 2.png", reason: "damaged or truncated" }]);
    const mixed = await openItems(fixture("sizes"), { size: 2 });
    expect(mixed).toMatchObject({ shape: [2, 2, 3], size: 2 });
  });

  it.each([
    ["two-images", DataError, "must hold one column of images - got left, right"],
    ["no-images", DataError, "must hold at least one image - got row 1 (not an image), row 2 (empty file)"],
    ["sizes", OptionError, "images must have one size - got row 1 (2 x 2) and row 2 (4 x 3)"],
  ])("are rejected: %s", async (name, kind, says) => {
    const error = await errorOf(openItems(fixture(name)));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(`${name}.parquet`);
    expect(error.message).toContain(says);
  });
});

describe("points in a Parquet file", () => {
  it.each(["none", "snappy", "gzip", "zstd", "brotli", "lz4", "version1"])(
    "are its rows, in float64 on request: %s",
    async (name) => {
      const data = await openItems(fixture(name));
      expect(data).toMatchObject({ kind: "points", shape: [3], size: 5, labels: null });
      const rows = [
        [0.5, 0.1, 1],
        [-1.25, 1e30, -2],
        [3, -2, 2 ** 40],
        [0.5, 0.1, 1],
        [Math.fround(1e-3), 7, 0],
      ];
      expect([...(await data.readDouble!([0, 1, 2, 3, 4])).data]).toEqual(rows.flat());
    },
  );

  it.each([
    ["text", "numbers in every column - got name, string"],
    ["lists", "numbers in every column - got x, lists"],
    ["days", "numbers in every column - got x, date"],
    ["times", "numbers in every column - got x, timestamp"],
    ["missing", "each cell must be a finite number - got null in row 2, column 2 (y)"],
    ["far", "each cell must be a finite number - got 1e+300 in row 2, column 1 (y)"],
    ["nan", "each cell must be a finite number - got NaN in row 3, column 2 (y)"],
    ["key", "each cell must be a finite number up to 2^53 - got 9007199254740993 in row 2, column 2 (id)"],
    ["key-unsigned", "a finite number up to 2^53 - got 18446744073709551615 in row 1, column 2 (id)"],
    ["durations", "numbers in every column - got t, duration"],
    ["index-alone", "numbers in every column - got none but the row index of pandas"],
    ["ragged", "numbers in every column - got v, lists"],
    ["hours", "numbers in every column - got x, time"],
    ["category", "numbers in every column - got x, string"],
    ["rows-file", "must be a whole Parquet file - got 50 rows by its footer, and 5 in its row groups"],
    ["rows-group", "must be a whole Parquet file - got 5 rows by its footer, and 50 in its row groups"],
    ["rows-both", "must be a whole Parquet file - got 50 rows by its footer, and 5 in column 1"],
    ["bomb", "must have at most 8388608 cells, since it has only 96395 bytes - got 30000000 rows of 1"],
    ["empty", "has no row of numbers"],
  ])("are rejected: %s", async (name, says) => {
    const error = await errorOf(openItems(fixture(name)));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(`${name}.parquet`);
    expect(error.message).toContain(says);
  });

  it("are read by column position, so that names may repeat", async () => {
    const data = await openItems(fixture("one-name"));
    expect([...(await data.readDouble!([0, 1])).data]).toEqual([1, 3, 5, 2, 4, 6]);
  });

  it.each([
    ["pandas", []],
    ["pandas-index", ["column __index_level_0__ is ignored: pandas keeps its row index in it"]],
    [
      "pandas-named-index",
      [
        "column t is ignored: pandas keeps its row index in it",
        "column u is ignored: pandas keeps its row index in it",
      ],
    ],
  ])("are read without the row index of pandas, which is reported: %s", async (name, notes) => {
    const data = await openItems(fixture(name));
    expect([...(await data.readDouble!([0, 1, 2])).data]).toEqual([1, 0.5, 2, 0.25, 3, 0.125]);
    expect(data.notes).toEqual(notes);
    const split = await openData(fixture(name));
    expect(split.train.notes).toEqual(notes);
  });

  it.each([
    ["index-name", "column __index_level_0__ is ignored: pandas keeps its row index in it"],
    ["unnamed", "column Unnamed: 0 is ignored: pandas keeps its row index in it"],
  ])("are read without a row index known only by its name: %s", async (name, note) => {
    const data = await openItems(fixture(name));
    expect(data.shape).toEqual([1]);
    expect([...(await data.readDouble!([0, 1, 2])).data]).toEqual([0.5, 1.5, 2.5]);
    expect(data.notes).toEqual([note]);
  });

  it("may be decimals, as written, and booleans, which are 0 and 1", async () => {
    expect([...(await (await openItems(fixture("decimals"))).readDouble!([0, 1, 2])).data]).toEqual([1.1, 2.25, -0.07]);
    expect([...(await (await openItems(fixture("flags"))).readDouble!([0, 1, 2])).data]).toEqual([1, 0, 1]);
  });

  it("treat a column label as a coordinate, which is reported", async () => {
    const data = await openItems(fixture("points-label"));
    expect(data).toMatchObject({ shape: [2], labels: null });
    expect(data.notes).toEqual([expect.stringContaining("column label is read as a coordinate")]);
  });

  it("are read as polars writes them", async () => {
    const data = await openItems(fixture("polars"));
    expect([...(await data.readDouble!([0, 1, 2])).data]).toEqual([1, 1, 0.5, 2, 0, 0.25, 3, -1, 0.125]);
  });

  it("may have any numeric type", async () => {
    const data = await openItems(fixture("kinds"));
    expect([...(await data.readDouble!([2])).data]).toEqual([
      Math.fround(5.9604645e-8),
      127,
      65535,
      2 ** 32 - 1,
      2 ** 53,
      3.5,
    ]);
  });

  it("have no size", async () => {
    const error = await errorOf(openItems(fixture("none"), { size: 8 }));
    expect(error.message).toContain("Parquet files with images - got 8");
  });
});

describe("a damaged Parquet file", () => {
  it.each<[what: string, damage: (bytes: Uint8Array) => Uint8Array]>([
    ["cut at its end", (bytes) => bytes.subarray(0, -20)],
    ["cut to nothing", (bytes) => bytes.subarray(0, 0)],
    ["of zeros between its marks", () => Buffer.concat([Buffer.from("PAR1"), Buffer.alloc(1000), Buffer.from("PAR1")])],
    ["of other bytes", () => Buffer.from("x,y\n1,2\n3,4\n")],
    [
      "with other bytes in a page",
      (bytes) => Uint8Array.from(bytes, (byte, i) => (i >= 4 && i < 60 ? 255 - byte : byte)),
    ],
  ])("is rejected by name: %s", async (_, damage) => {
    const path = join(folder, "damaged.parquet");
    await writeFile(path, damage(await readFile(fixture("none"))));
    const error = await errorOf(openItems(path));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/^damaged\.parquet must be a whole Parquet file - got ./);
    expect(error.message).not.toContain("Cannot read properties");
  });
});

describe("the thread that decodes Parquet files", () => {
  it("is ended if it does not respond in time, and the next file is read by another one", async () => {
    const reader = new ParquetReader(0);
    const error = await errorOf(openParquet(fixture("none"), {}, reader));
    expect(error.message).toContain("must be a whole Parquet file - got no answer within 0 s");
    expect((await openItems(fixture("none"))).size).toBe(5);
  });

  it("reads a gzipped file", async () => {
    const path = join(folder, "points.parquet.gz");
    await writeFile(path, gzipSync(await readFile(fixture("none"))));
    expect((await openItems(path)).size).toBe(5);
  });
});
