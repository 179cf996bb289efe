import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { key, uniform } from "../../src/base/random.ts";
import { resultOf, root, workFolder, zaya } from "./zaya.ts";

const fixtures = join(root, "test", "fixtures", "images");

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await workFolder());
  // A person's folder: photos of two kinds, screenshots, scans, animations, and what systems leave.
  for (let i = 0; i < 12; i++) {
    await put(`mine/cat/IMG_${i}.JPG`, await photo(i, 60, { orientation: 6 }).jpeg().toBuffer());
    await put(
      `mine/dog/IMG_${i}.JPG`,
      await photo(100 + i, 190)
        .jpeg()
        .toBuffer(),
    );
  }
  await put("mine/dog/screen.png", await photo(7, 120).ensureAlpha(0.5).png().toBuffer());
  const fixture = async (file: string, to: string) => {
    await mkdir(dirname(join(folder, to)), { recursive: true });
    await copyFile(join(fixtures, file), join(folder, to));
  };
  await fixture("grey16.tif", "mine/dog/scan.tif");
  await fixture("float64-rgb.tif", "mine/cat/numpy.tif");
  await fixture("animation.gif", "mine/cat/wave.gif");
  await fixture("photo.heic", "mine/cat/IMG_99.HEIC");
  await fixture("photo.bmp", "mine/cat/paint.bmp");
  await fixture("int16.tif", "mine/cat/ct.tif");
  await put("mine/cat/broken.jpg", (await photo(3, 60).jpeg().toBuffer()).subarray(0, 200));
  await put("mine/cat/.DS_Store", "x");
  await put("mine/__MACOSX/cat/._IMG_0.JPG", "x");
  await put("mine/Thumbs.db", "x");
  await symlink("nowhere.jpg", join(folder, "mine", "cat", "link.jpg"));
  await symlink("..", join(folder, "mine", "dog", "loop"));
  await copyFile(join(folder, "mine", "dog", "IMG_1.JPG"), join(folder, "mine", "dog", "IMG_1 (1).JPG"));
  for (let i = 0; i < 6; i++) {
    await put(
      `masks/${i}.png`,
      await sharp(bits(i, 1), { raw: { width: 8, height: 8, channels: 1 } })
        .toColourspace("b-w")
        .png()
        .toBuffer(),
    );
  }
  await mkdir(join(folder, "empty"));
  await put("texts/inner/a.txt", "hello");
});
afterAll(() => remove());

async function put(file: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), bytes);
}

/** 40 x 30 of noise about a level. */
function photo(seed: number, level: number, exif: { orientation?: number } = {}): Sharp {
  const noise = uniform(key(seed), [40 * 30 * 3]).data;
  const image = sharp(
    Uint8Array.from(noise, (value) => level + 60 * (value - 0.5)),
    { raw: { width: 40, height: 30, channels: 3 } },
  );
  return exif.orientation === undefined ? image : image.withMetadata(exif);
}

function bits(seed: number, one: number): Uint8Array {
  return Uint8Array.from(uniform(key(seed), [64]).data, (value) => (value < 0.5 ? 0 : one));
}

const left = [
  "cat/IMG_99.HEIC: HEIC cannot be decoded here: convert it to JPEG, for example with magick mogrify -format jpg *.HEIC",
  "cat/broken.jpg: damaged or truncated",
  "cat/ct.tif: int16 numbers from 0 to 255, which do not define black and white",
  "cat/link.jpg: cannot be read: a broken link (ENOENT)",
  "cat/paint.bmp: BMP cannot be decoded here: convert it to PNG",
];

describe("the user's own images", () => {
  it("are described with classes, numbers and frames, and each skipped or duplicate file", async () => {
    const { code, stdout, stderr } = await zaya(folder, "data", "mine", "--size", "16");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/classes +cat: 14, dog: 15\n/);
    expect(stdout).toMatch(/unreadable +5 files\n/);
    for (const line of left) expect(stdout).toContain(`    ${line}`);
    expect(stdout).toMatch(/numbers +.*uint8, 0 to 255 mapped to 0 to 1/);
    expect(stdout).toContain("uint16, 0 to 65535 mapped to 0 to 1");
    expect(stdout).toContain("float64, as they are");
    expect(stdout).toContain("note: 1 file with several frames, of which only the first is read: cat/wave.gif (2)");
    expect(stdout).toContain("    dog/IMG_1 (1).JPG = dog/IMG_1.JPG\n");
    expect(stdout).not.toContain("warning:");
    const object = resultOf(await zaya(folder, "data", "mine", "--size", "16", "--json"));
    expect(object).toMatchObject({ count: 29, classes: { cat: 14, dog: 15 }, duplicates: 2, warnings: [] });
    expect(object.duplicateItems).toEqual([
      // A lossless animation and a scan of the same pixels.
      { item: "cat/wave.gif", of: "cat/numpy.tif" },
      { item: "dog/IMG_1 (1).JPG", of: "dog/IMG_1.JPG" },
    ]);
    expect(object.nearDuplicates.items).toContainEqual({ item: "dog/IMG_1.JPG", near: "dog/IMG_1 (1).JPG" });
    expect(object.skipped).toHaveLength(5);
    expect(object.scales).toContainEqual({ type: "uint16", low: 0, high: 65535 });
  });

  it("train a classifier of their folders, listing skipped files", async () => {
    const words = ["--size", "16", "--steps", "2", "--batch", "8", "--out", "classes"];
    const { code, stderr } = await zaya(folder, "train", "classifier", "--data", "mine", ...words, "--json");
    expect(code).toBe(0);
    expect(stderr).toContain("skipped 5 files that could not be read as images:\n");
    for (const line of left) expect(stderr).toContain(`  ${line}`);
    expect(stderr).toContain("note: 1 file with several frames");
  });

  it("in a narrow part of their range cause a warning, by data and train", async () => {
    const warning =
      "warning: all values lie between 0 and 0.0039 on the scale from 0 to 1, 0 to 1 in uint8: save a mask of 0 and 1 as 255 * a";
    const look = await zaya(folder, "data", "masks");
    expect(look.stdout).toContain(warning);
    const dry = await zaya(folder, "train", "vae", "--data", "masks", "--dry-run");
    expect(dry.stderr).toContain(warning);
  });

  it("are missing: the error gives the true reason", async () => {
    for (const [words, reason] of [
      [["data", "empty"], "must hold at least one image - got no files"],
      [["data", "texts"], "must hold at least one image - got inner/a.txt (not an image)"],
      [
        ["train", "cyclegan", "--data", "gone", "--pairs", "side-by-side"],
        "data must be a known name or a path that exists - got gone",
      ],
      [["data", "mine"], "images must have one size - got "],
    ] as const) {
      const { code, stderr } = await zaya(folder, ...words);
      expect(code).toBe(2);
      expect(stderr).toContain(reason);
      expect(stderr).not.toContain("remove --pairs");
    }
  });
});
