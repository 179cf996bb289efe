import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { key, normal } from "../../src/base/random.ts";
import { interpolated, seedsOf } from "../../src/cli/item-noise.ts";
import { decodeNpy } from "../../src/codec/npy.ts";
import { filesIn, resultOf, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  expect((await zaya(folder, ...tiny, "--latent", "3", "--steps", "20", "--out", "run", "--quiet")).code).toBe(0);
});
afterAll(() => work.remove());

const arrayAt = async (name: string) => decodeNpy(await readFile(join(folder, name)), name);

async function pixelsAt(name: string, page?: number): Promise<number[]> {
  const image = sharp(await readFile(join(folder, name)), page === undefined ? {} : { page });
  return [...(await image.toColourspace("b-w").raw().toBuffer())];
}

describe("zaya sample by seeds", () => {
  it("writes one file per image, identical for a seed whatever the others, without a frame", async () => {
    const outcome = await zaya(folder, "sample", "run", "--seeds", "3,7-9", "--out", "pics/", "--json");
    expect(resultOf(outcome)).toEqual({ out: "pics/", n: 4, seeds: "3,7-9", shape: [8, 8, 1] });
    expect(await filesIn(join(folder, "pics"))).toEqual(["seed3.png", "seed7.png", "seed8.png", "seed9.png"]);
    await zaya(folder, "sample", "run", "--seed", "8", "-n", "1", "--out", "one.png");
    await zaya(folder, "sample", "run/export/decoder.onnx", "--seeds", "8", "--out", "file.png");
    await zaya(folder, "sample", "run", "--seeds", "8,3", "--out", "two.npy");
    const one = await pixelsAt("one.png");
    expect(one.length).toBe(64);
    expect(await pixelsAt("pics/seed8.png")).toEqual(one);
    const file = await pixelsAt("file.png");
    expect(Math.max(...file.map((byte, i) => Math.abs(byte - one[i]!)))).toBeLessThanOrEqual(1);
    const { data } = await arrayAt("two.npy");
    expect(Array.from(data.subarray(0, 64), (value) => Math.round(255 * value))).toEqual(one);
    expect(await pixelsAt("pics/seed7.png")).not.toEqual(one);
  });

  it("writes the items of one seed in the requested format, and never overwrites a file", async () => {
    const words = ["sample", "run", "-n", "12", "--out", "more/", "--format"];
    expect((await zaya(folder, ...words, "webp")).code).toBe(0);
    const names = await filesIn(join(folder, "more"));
    expect(names).toEqual(Array.from({ length: 12 }, (_, i) => `seed0-${String(i).padStart(2, "0")}.webp`));
    expect((await sharp(await readFile(join(folder, "more", names[3]!))).metadata()).format).toBe("webp");
    const before = await readFile(join(folder, "more", names[11]!));
    // One of twenty would be new; none is written.
    const again = await zaya(folder, "sample", "run", "-n", "20", "--out", "more", "--format", "webp");
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("seed0-00.webp, which exists");
    expect(await readFile(join(folder, "more", names[11]!))).toEqual(before);
    expect(await filesIn(join(folder, "more"))).toEqual(names);
  });

  it("clips image values to [0, 1], as metrics and pictures do", async () => {
    const words = [...tiny, "--likelihood", "gaussian", "--steps", "20", "--out", "gaussian", "--quiet"];
    expect((await zaya(folder, ...words)).code).toBe(0);
    for (const source of ["gaussian", "gaussian/export/decoder.onnx"]) {
      const out = `${basename(source)}.npy`;
      expect((await zaya(folder, "sample", source, "-n", "200", "--out", out)).code).toBe(0);
      const values = [...(await arrayAt(out)).data];
      // The decoder is linear at its end, and goes beyond black.
      expect([Math.min(...values), Math.max(...values) <= 1]).toEqual([0, true]);
    }
  });

  it("writes a grid as .jpg and .webp as well", async () => {
    for (const [name, format] of [
      ["grid.jpg", "jpeg"],
      ["grid.webp", "webp"],
    ] as const) {
      expect((await zaya(folder, "sample", "run", "-n", "4", "--out", name)).code).toBe(0);
      const found = await sharp(await readFile(join(folder, name))).metadata();
      expect([found.format, found.width]).toEqual([format, 4 * 58 + 2]);
    }
  });

  it.each(["webp", "gif"])("animates the interpolation between items as .%s", async (format) => {
    const name = `film.${format}`;
    const outcome = await zaya(folder, "sample", "run", "--seeds", "8,3", "--interpolate", "5", "--out", name);
    expect([outcome.stderr, outcome.code]).toEqual(["", 0]);
    expect(outcome.stdout).toBe(`${name}: 10 frames between 2 images, seeds 8,3\n`);
    const found = await sharp(await readFile(join(folder, name)), { animated: true }).metadata();
    expect([found.pages, found.pageHeight, found.width, found.loop]).toEqual([10, 8, 8, 0]);
    const one = await pixelsAt("pics/seed8.png");
    const first = await pixelsAt(name, 0);
    expect(Math.max(...first.map((byte, i) => Math.abs(byte - one[i]!)))).toBeLessThan(40);
    expect(await pixelsAt(name, 2)).not.toEqual(first);
  });

  it.each([
    [["--seeds", "9-3"], "--seeds must be seeds and ranges of them"],
    [["--seeds", "1", "-n", "2"], "--seeds sets the number of items"],
    [["--seeds", "1", "--interpolate", "9", "--out", "a.webp"], "needs at least two items"],
    [["--interpolate", "9", "--out", "a.png"], "must end in .webp or .gif"],
    [["--layout", "channels-last"], "--layout is for ONNX files"],
  ])("rejects %j", async (words, said) => {
    const { code, stderr } = await zaya(folder, "sample", "run", ...words);
    expect(stderr).toContain(said);
    expect(code).toBe(2);
  });
});

describe("zaya sample with an ONNX file from another program", () => {
  const fixture = (name: string) => join(import.meta.dirname, "..", "fixtures", "onnx", `${name}.onnx`);

  it("hides messages of ONNX Runtime about attempts that failed", async () => {
    // It says that it takes any number of items, and takes one.
    const { code, stdout, stderr } = await zaya(
      folder,
      "sample",
      fixture("gen-hidden-one"),
      "-n",
      "5",
      "--out",
      "h.npy",
    );
    expect([code, stdout, stderr]).toEqual([0, "h.npy: 5 items, seed 0\n", ""]);
    expect((await arrayAt("h.npy")).shape).toEqual([5, 3, 16, 16]);
  });

  it("prints the reason for a file that does not run, and nothing else", async () => {
    const { code, stderr } = await zaya(folder, "sample", fixture("newer"));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: .*opset 99, which is newer than opset \d+, the last that it knows\nhint: .*\n$/);
  });
});

describe("seeds and interpolation paths", () => {
  it("are parsed from lists and ranges", () => {
    expect(seedsOf("0-3, 7,2")).toEqual([0, 1, 2, 3, 7, 2]);
    expect(() => seedsOf("0-99999999")).toThrow("at most 1000000");
  });

  it("follow great circles: end points are exact, and lengths are those of noise", () => {
    const codes = normal(key(1), [3, 500]);
    const way = interpolated(codes, 4);
    expect(way.shape).toEqual([12, 500]);
    const length = (row: number) => Math.hypot(...way.data.subarray(row * 500, (row + 1) * 500));
    for (let i = 0; i < 3; i++) {
      expect([...way.data.subarray(4 * i * 500, (4 * i + 1) * 500)]).toEqual([
        ...codes.data.subarray(i * 500, (i + 1) * 500),
      ]);
    }
    // On a straight line the middle would be shorter by a factor of sqrt(2).
    expect(length(2) / ((length(0) + length(4)) / 2)).toBeCloseTo(1, 1);
  });
});
