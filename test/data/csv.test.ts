import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DataError, ShapeError, type ZayaError } from "../../src/base/errors.ts";
import { castTo, ndarray, zeros } from "../../src/base/ndarray.ts";
import { encodeCsv } from "../../src/codec/csv.ts";
import { decodeCsvPoints } from "../../src/node/csv-points.ts";
import { openData, openItems } from "../../src/node/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-csv-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(file: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, file);
  await writeFile(path, content);
  return path;
}

/** The points of a table on disk, both parts, in the order of their first number. */
async function pointsOf(path: string): Promise<number[][]> {
  const split = await openData(path);
  const points: number[][] = [];
  for (const part of [split.train, split.test]) {
    for (let i = 0; i < part.size; i++) points.push([...(await part.read([i])).data]);
  }
  return points.toSorted((a, b) => a[0]! - b[0]!);
}

const utf16 = (text: string): Uint8Array => Buffer.from(`\ufeff${text}`, "utf16le");

describe("a table of points", () => {
  it.each<[what: string, file: string, content: string | Uint8Array]>([
    ["commas", "a.csv", "1,2.5\n3,-4\n5,0.06\n"],
    ["semicolons", "a.csv", "1;2.5\n3;-4\n5;0.06\n"],
    ["tabs", "a.tsv", "1\t2.5\n3\t-4\n5\t0.06\n"],
    ["tabs under another ending", "A.CSV", "1\t2.5\n3\t-4\n5\t0.06"],
    ["a header", "a.csv", "x,y\n1,2.5\n3,-4\n5,0.06\n"],
    ["a header in quotes, with another separator in it", "a.csv", '"x; left","y"\n1,2.5\n3,-4\n5,0.06\n'],
    ["a header after an empty line", "a.csv", "\n # x;y\n1;2.5\n3;-4\n5;0.06\n"],
    ["spaces, quotes and empty lines", "a.csv", ' 1 , 2.5\n\n"3","-4"\n  \n5,0.06\n\n'],
    ["lines as Windows ends them", "a.csv", "x,y\r\n1,2.5\r\n3,-4\r\n5,0.06\r\n"],
    ["lines as old Macs end them", "a.csv", "1,2.5\r3,-4\r5,0.06"],
    ["a byte order mark", "a.csv", "\ufeff1,2.5\n3,-4\n5,0.06"],
    ["a line of Windows over lines of Unix", "a.csv", "x,y\r\n1,2.5\n3,-4\n5,0.06\n"],
    ["a line of Unix over lines of Windows", "a.csv", "x,y\n1,2.5\r\n3,-4\r\n5,0.06\r\n"],
    ["lines of Windows, the last of Unix", "a.csv", "x,y\r\n1,2.5\r\n3,-4\r\n5,0.06\n"],
    ["a header as old Macs end it", "a.csv", "x,y\r1,2.5\n3,-4\r\n5,0.06"],
    ["Excel's line for the separator", "a.csv", "sep=;\nx;y\n1;2.5\n3;-4\n5;0.06\n"],
    ["Excel's line in quotes, and a separator that is none else", "a.csv", '"sep=|"\r\n1|2.5\r\n3|-4\r\n5|0.06'],
    ["Excel's line and no header", "a.csv", "\ufeffsep=,\r\n1,2.5\r\n3,-4\r\n5,0.06\r\n"],
    ["Excel's line for tabs", "a.csv", "sep=\t\n1\t2.5\n3\t-4\n5\t0.06\n"],
    ["a comma after the header alone", "a.csv", "x,y,\n1,2.5\n3,-4\n5,0.06\n"],
    ["a comma after all lines", "a.csv", "x,y,\n1,2.5,\n3,-4,\n5,0.06,\n"],
    ["a comma after the rows alone", "a.csv", "x,y\n1,2.5,\n3,-4,\n5,0.06,\n"],
    ["a comma after the rows, and no header", "a.csv", "1,2.5,\n3,-4,\n5,0.06,\n"],
    [
      "empty columns to the right and rows below, as Excel leaves them",
      "a.csv",
      "x;y;;\n1;2.5;;\n3;-4;;\n5;0.06;;\n;;;\n;;;\n",
    ],
    ["a header over two lines", "a.csv", '"x\nleft",y\n1,2.5\n3,-4\n5,0.06\n'],
    ["quotes within quotes", "a.csv", '"the ""x""" , "y"\n"1",2.5\n3, "-4"\n"5","0.06"'],
    ["UTF-16 of the other order", "a.csv", Buffer.from(utf16("x;y\n1;2.5\n3;-4\n5;0.06\n")).swap16()],
    ["UTF-16", "a.csv", utf16("x;y\n1;2.5\n3;-4\n5;0.06\n")],
    ["comments", "a.csv", "# made by hand, in 2 parts\n#\nx,y\n1,2.5\n# the rest\n3,-4\n5,0.06\n"],
    ["a mark of DOS at its end", "a.csv", "x,y\r\n1,2.5\r\n3,-4\r\n5,0.06\r\n\u001a"],
    ["a mark of DOS behind its last cell", "a.csv", "1,2.5\n3,-4\n5,0.06\u001a\u001a\n"],
    ["row numbers as pandas reads and writes them", "a.csv", "Unnamed: 0,x,y\n0,1,2.5\n1,3,-4\n2,5,0.06\n"],
    ["row numbers of a table written twice", "a.csv", "Unnamed: 0.1,Unnamed: 0,x,y\n0,0,1,2.5\n1,1,3,-4\n2,2,5,0.06\n"],
    ["numbers of its columns first", "a.csv", "0,1\n1.0,2.5\n3.0,-4.0\n5.0,0.06\n"],
    ["exponents, signs and bare points", "a.csv", "1e0,+25E-1\n3.,-.4e+1\n+5,6e-2\n"],
  ])("is read with %s", async (_, file, content) => {
    const points = await pointsOf(await put(file, content));
    expect(points).toEqual([
      [1, 2.5],
      [3, -4],
      [5, Math.fround(0.06)],
    ]);
  });

  it.each([
    ["Unnamed: 0,x\n0,1\n1,3\n", ["column Unnamed: 0 is ignored: pandas keeps its row index in it"]],
    ["# a\n1,2\n# b\n3,4\n", ["2 lines beginning with # ignored"]],
    ["# a\n0,1\n1.5,2.5\n3.5,4.5\n", ["line 2 is ignored: it numbers the columns", "1 line beginning with # ignored"]],
    ["0,1\n1,2\n3,4\n", []],
    ["0,1\n1.5,2\n3,4\n", []],
    ["#,x\n1,2\n3,4\n", []],
  ])("reports what is skipped in %j", async (content, notes) => {
    expect((await openData(await put("points.csv", content))).train.notes).toEqual(notes);
  });

  it("may have one column, and is limited to its first rows", async () => {
    const path = await put("line.csv", "value\n3\n1\n2\n");
    expect(await pointsOf(path)).toEqual([[1], [2], [3]]);
    const { train, test } = await openData(path, { limit: 2 });
    expect(train).toMatchObject({ name: "line.csv", kind: "points", shape: [1], labels: null, size: 1 });
    expect([...(await train.read([0])).data, ...(await test.read([0])).data].toSorted()).toEqual([1, 3]);
  });

  it.each<[content: string, message: string, hint?: string]>([
    ["1,2\n3,x\n", 'got "x" at line 2, column 2', "only the first line"],
    ["a,b\n1,2\n\n3,4 m\n", 'got "4 m" at line 4, column 2 (b)'],
    ["x,1\n1,2\n", 'got "x" at line 1, column 1'],
    ["1,\n3,4\n", 'got "" at line 1, column 2'],
    ["x,y\n1,2\n,\n3,4\n", 'got "" at line 3, column 1 (x)', "remove the row"],
    ["x,y\n1,\n3,4\n", 'got "" at line 2, column 2 (y)'],
    ["x,y,\n1,2,3\n", "must have a name; column 3 of line 1 has none"],
    ["1,2,,\n3,4,,5\n", 'got "" at line 1, column 3'],
    ['x;y\r\n1;2\n3;"1,234.5"\n', 'got "1,234.5" at line 3, column 2 (y)', "without thousands separators"],
    ["x;y\n1;1.234.567\n", 'got "1.234.567" at line 2', "without thousands separators"],
    ["x;y\n1;1 234\n", 'got "1 234" at line 2', "without thousands separators"],
    ["x,y\n1,5,2,5\n", "line 2 must have 2 cells, as the lines before it - got 4", "with semicolons"],
    ['x,y\n1,2\n"3\n\n4,5\n', "quotation marks that do not match by line 3"],
    ["x\u0000,\u0000y\u0000\n\u00001\u0000,\u00002\u0000", "at line 2", "UTF-16"],
    ["1,2\n3,nan\n", 'got "nan" at line 2, column 2'],
    ["nan,NaN\n3,4\n", 'got "nan" at line 1, column 1'],
    ["NA,null\n3,4\n", 'got "NA" at line 1, column 1'],
    ["1,2\n-inf,4\n", 'got "-inf" at line 2, column 1'],
    ["1,2\n3,1e39\n", "at most 3.4e38, the largest float32 - got 1e39 at line 2, column 2", "divide the column"],
    ["Unnamed: 0\n1\n2\n", "must hold a column of coordinates, but holds only a row index, Unnamed: 0"],
    [",0,1\n0,1.5,2.5\n", "must have a name; column 1 of line 1 has none", "to_csv(index=False)"],
    ["1,2\n3,?\n", 'got "?" at line 2, column 2', "dropna()"],
    ["1,2\n3,True\n", 'got "True" at line 2, column 2', "astype(int)"],
    ["1,2\n3,2020-01-31\n", 'got "2020-01-31" at line 2, column 2', "dates and times are not numbers"],
    ["1,2\n3,12:30:01\n", 'got "12:30:01" at line 2, column 2', "dates and times are not numbers"],
    ["1,2\n3,4%\n", 'got "4%" at line 2, column 2', "percentages"],
    ["1,2\n3,\u22124\n", "at line 2, column 2", "as a hyphen"],
    ["1,2\n3,4\n\0\0\0\0", "at line 3, column 1", "zero bytes"],
    ["1,2\n3,0x10\n", 'got "0x10" at line 2, column 2'],
    ["1,5;2,5\n3,5;4,5\n", 'got "1,5" at line 1, column 1', "a decimal point"],
    ["1 2\n3 4\n", 'got "1 2" at line 1, column 1', "commas, semicolons or tabs"],
    ["1,2\n3,4,5\n", "line 2 must have 2 cells, as the lines before it - got 3"],
    ["x,y,z\n1,2,3\n\n4,5\n", "line 4 must have 3 cells, as the lines before it - got 2"],
    [",x,y\n0,1,2\n1,3,4\n", "must have a name; column 1 of line 1 has none", "to_csv(index=False)"],
    ['1,2\n"3,4\n', "quotation marks that do not match by line 2"],
    ['1,2\n3"",4\n', "quotation marks that do not match by line 2"],
    ["x,y\n", "has no row of numbers"],
    ["", "has no row of numbers"],
    ["1,2\n", "must have at least 2 items"],
  ])("is rejected as %j", async (content, message, hint) => {
    const path = await put("points.csv", content);
    const error = (await openData(path).catch((thrown: unknown) => thrown)) as ZayaError;
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(message);
    expect(error.message).toContain("points.csv");
    if (hint !== undefined) expect(error.hint).toContain(hint);
  });
});

describe("a large table", () => {
  it("is read in chunks cut anywhere, also gzipped", async () => {
    const text = "x,y\r\n" + Array.from({ length: 1000 }, (_, i) => `${i},${i / 8}\r\n`).join("");
    const bytes = Buffer.from(text);
    const whole = await decodeCsvPoints(bytes, "x");
    for (const size of [1, 7, 64]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await decodeCsvPoints(Readable.from(pieces), "x")).toEqual(whole);
    }
    expect((await openItems(await put("a.csv.gz", gzipSync(bytes)))).size).toBe(1000);
  });

  it("rejects integers that float64 would round, and accepts those that it represents", async () => {
    const held = `${2 ** 60},-${2 ** 53}\n9007199254740993.5,1e300\n`;
    await expect(decodeCsvPoints(Buffer.from("1,12345678901234567890123\n"), "x")).rejects.toThrow("would become");
    const keys = decodeCsvPoints(Buffer.from("id,y\n9007199254740992,1\n9007199254740993,2\n"), "x.csv");
    await expect(keys).rejects.toThrow(
      "got 9007199254740993, which would become 9007199254740992, at line 3, column 1 (id)",
    );
    await expect(decodeCsvPoints(Buffer.from(held), "x")).rejects.toThrow("the largest float32 - got 1e300");
    const { data } = await decodeCsvPoints(Buffer.from(held.replace("1e300", "1e30")), "x");
    expect([...data]).toEqual([2 ** 60, -(2 ** 53), 9007199254740994, 1e30]);
  });

  it("may have more cells than a JavaScript array can be extended by at once", async () => {
    const rows = 300_000;
    const line = Buffer.from(`${"0.5,".repeat(9)}1\n`.repeat(1000));
    async function* pieces() {
      for (let i = 0; i < rows / 1000; i++) yield line;
    }
    const { shape, data } = await decodeCsvPoints(pieces(), "x");
    expect(shape).toEqual([rows, 10]);
    expect([data[8], data[9], data.at(-1)]).toEqual([0.5, 1, 1]);
  });
});

describe("encodeCsv", () => {
  it("writes one row per point, which is read back bit for bit", async () => {
    const text = new TextDecoder().decode(encodeCsv(ndarray("float32", [2, 2], Float32Array.of(0.1, -3, 1e-20, 2e9))));
    expect(text).toBe("0.100000001,-3\n9.99999968e-21,2000000000\n");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 40 }),
        async (values) => {
          const points = ndarray(
            "float32",
            [values.length, 1],
            Float32Array.from(values, (value) => value + 0),
          );
          const read = await decodeCsvPoints(encodeCsv(points), "x");
          expect(read.dtype).toBe("float64");
          expect(castTo(read, "float32")).toEqual(points);
        },
      ),
    );
  });

  it("rejects anything but a table", () => {
    expect(() => encodeCsv(zeros([2, 1, 1, 1]))).toThrow(ShapeError);
  });
});
