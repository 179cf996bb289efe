import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { afterAll, beforeAll, expect, it } from "vitest";

import { encodeNpy } from "../../src/codec/npy.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { openData } from "../../src/node/index.ts";
import { readPointWeights } from "../../src/node/point-weights.ts";

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "zaya-contents-"))));
afterAll(() => rm(folder, { recursive: true }));

const page = "\uFEFF\n<!DOCTYPE html><html><body><table><tr><td>1</td></tr></table></body></html>";
const points = encodeNpy(ndarray("float32", [2, 2], Float32Array.of(1, 2, 3, 4)));
const zipOf = (name: string) => Buffer.from(`PK\u0003\u0004${"\u0000".repeat(26)}${name}`, "latin1");

it.each<[name: string, content: Uint8Array | string, found: string, hint: string]>([
  ["page.csv", page, "a table of numbers, as its name says - got a web page", "download the file itself"],
  ["page.npy", page, "a NumPy file, as its name says - got a web page", "download the file itself"],
  ["page.parquet", page, "a Parquet file, as its name says - got a web page", "download the file itself"],
  ["page-ubyte", page, "an IDX file, as its name says - got a web page", "download the file itself"],
  ["page.csv.gz", gzipSync(page), "got a web page", "download the file itself"],
  ["book.csv", zipOf("[Content_Types].xml"), "got an Excel workbook", "save it as CSV"],
  ["book.tsv", zipOf("xl/workbook.xml"), "got an Excel workbook", "save it as CSV"],
  ["arrays.npy", zipOf("a.npy"), "got a NumPy archive (.npz)", "numpy.save, not savez"],
  ["list.csv", '[{"a": 1}, {"a": 2}]', "got JSON", "to_csv(index=False)"],
  ["lines.csv", '{"a": 1}\n{"a": 2}\n', "got JSON", "to_csv(index=False)"],
  ["array.csv", points, "got a NumPy array", "rename it to end in .npy"],
  ["array.parquet", points, "got a NumPy array", "rename it to end in .npy"],
  ["table.npy", Buffer.from("PAR1\u0015"), "got a Parquet file", "rename it to end in .parquet"],
  [
    "pointer.csv",
    "version https://git-lfs.github.com/spec/v1\noid sha256:a\n",
    "got a Git LFS pointer",
    "git lfs pull",
  ],
])("a file is rejected by its contents: %s", async (name, content, found, hint) => {
  const path = join(folder, name);
  await writeFile(path, content);
  const refused = openData(path);
  await expect(refused).rejects.toThrow(found);
  await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
  if (name.endsWith(".csv")) await expect(readPointWeights(path)).rejects.toThrow(found);
});

it.each([
  ["brackets.csv", "<DATE>,<OPEN>\n1,2\n3,4\n", 2],
  ["yearly.csv", "2019,2020\n12,15\n13,16\n", 2],
  ["yearly.csv", "2015,2020,2025\n1912.5,1915.5,1920.5\n1913.5,1915.5,1920.5\n", 2],
  ["years.csv", "1950,1951\n1960,1961\n1970,1971\n", 3],
  ["places.csv", "1900,2000\n1250,1300\n", 2],
])("reads names in brackets and years as a header, not as points: %s %j", async (name, content, size) => {
  const path = join(folder, name);
  await writeFile(path, content);
  const { train, test } = await openData(path);
  expect(train.size + test.size).toBe(size);
  expect((train.notes ?? []).join().includes("names the columns by years")).toBe(name === "yearly.csv");
});
