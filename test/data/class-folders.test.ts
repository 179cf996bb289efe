import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { className } from "../../src/data/index.ts";
import { openData, openItems } from "../../src/node/data.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-classes-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(...files: readonly string[]): Promise<void> {
  for (const [i, file] of files.entries()) {
    const path = join(folder, file);
    await mkdir(dirname(path), { recursive: true });
    const background = { r: 10 * (i % 25), g: i % 7, b: 200 };
    await writeFile(
      path,
      await sharp({ create: { width: 4, height: 4, channels: 3, background } })
        .png()
        .toBuffer(),
    );
  }
}

/** Files and the classes that they are of. */
async function classesOf(spec = folder, options = {}): Promise<Record<string, string>> {
  const items = await openItems(spec, options);
  if (items.labels === null) throw new Error("no classes");
  return Object.fromEntries(Array.from(items.labels, (label, i) => [items.itemName!(i), className(items, label)]));
}

describe("folders of images", () => {
  it("are classes, including nested folders, and stay with held-out items", async () => {
    await put("dog/1.png", "dog/deep/2.png", "cat/1.png", "cat/2.png", "ant/1.png");
    await writeFile(join(folder, "README.txt"), "no image");
    expect(await classesOf()).toEqual({
      "ant/1.png": "ant",
      "cat/1.png": "cat",
      "cat/2.png": "cat",
      "dog/1.png": "dog",
      "dog/deep/2.png": "dog",
    });
    const { train, test } = await openData(folder);
    expect(train.classNames).toEqual(["ant", "cat", "dog"]);
    expect(test.classNames).toEqual(train.classNames);
    for (const part of [train, test]) {
      for (let i = 0; i < part.size; i++) {
        expect(part.itemName!(i).split("/")[0]).toBe(className(part, part.labels![i]!));
      }
    }
  });

  it("named by numbers are classes in numerical order", async () => {
    await put("10/a.png", "9/a.png", "1/a.png");
    expect((await openItems(folder)).classNames).toEqual(["1", "9", "10"]);
    await put("007/a.png");
    expect((await openItems(folder)).classNames).toEqual(["007", "1", "10", "9"]);
  });

  it("inside a common folder are classes", async () => {
    await put("photos/2024/cat/1.png", "photos/2024/dog/1.png");
    const items = await openItems(folder);
    expect(items.classNames).toEqual(["cat", "dog"]);
    expect(items.notes).toEqual(["classes are the subfolders of photos/2024"]);
  });

  it("are no classes if there is only one, or if images lie next to them, which is reported", async () => {
    await put("cat/1.png", "cat/2.png");
    const one = await openItems(folder);
    expect([one.labels, one.notes]).toEqual([null, []]);
    await put("dog/1.png", "top.png");
    const mixed = await openItems(folder);
    expect([mixed.size, mixed.labels]).toEqual([4, null]);
    expect(mixed.notes).toEqual(["1 image is next to the folders cat, dog: the data set has no classes"]);
  });

  it("remain the same classes with a limit, which reports what it leaves out", async () => {
    await put("cat/1.png", "cat/2.png", "dog/1.png");
    const { train, test } = await openData(folder, { limit: 2 });
    expect(train.classNames).toEqual(["cat", "dog"]);
    expect([...train.labels!, ...test.labels!]).toEqual([0, 0]);
    expect(train.notes![0]).toContain(
      "the limit excludes all images of the class dog: a fraction, such as --limit 0.1",
    );
    await put("zebra.png");
    expect((await openData(folder, { limit: 2 })).train.labels).toBeNull();
  });

  it("hidden, created by systems or without images are ignored", async () => {
    await put("cat/1.png", "dog/1.png", "__MACOSX/cat/1.png", ".thumbnails/1.png", "@eaDir/1.png");
    for (const junk of ["cat/.DS_Store", "cat/Thumbs.db", "desktop.ini"]) await writeFile(join(folder, junk), "x");
    await mkdir(join(folder, "empty"));
    const items = await openItems(folder);
    expect(items.classNames).toEqual(["cat", "dog"]);
    expect([items.size, items.skipped]).toEqual([2, []]);
  });

  it.each([
    ["Train", "Test"],
    ["training", "testing"],
    ["TRAIN", "Valid"],
  ])("%s and %s are splits, not classes", async (one, other) => {
    await put(`${one}/cat/1.png`, `${one}/dog/1.png`, `${other}/cat/1.png`, `${other}/dog/1.png`);
    const { train, test } = await openData(folder);
    expect([train.size, test.size]).toEqual([2, 2]);
    expect(train.classNames).toEqual(["cat", "dog"]);
    expect(test.classNames).toEqual(["cat", "dog"]);
  });

  it("next to both splits are listed as not read", async () => {
    await put("train/a.png", "train/b.png", "test/a.png", "val/a.png", "extra/a.png");
    const { train, test } = await openData(folder);
    expect([train.size, test.size]).toEqual([2, 1]);
    expect(train.notes).toContain("the folders extra, val are ignored: train and test are read");
  });

  it.each(["test", "val", "validation"])("train and %s are splits with the same classes", async (part) => {
    await put("train/cat/1.png", "train/dog/1.png", "train/eel/1.png", `${part}/eel/1.png`, `${part}/cat/1.png`);
    await writeFile(join(folder, "train", "cat", "bad.png"), "x");
    await writeFile(join(folder, part, "cat", "bad.png"), "x");
    const { train, test } = await openData(folder);
    expect([train.size, test.size]).toEqual([3, 2]);
    expect(Array.from(test.labels!, (label, i) => [test.itemName!(i), className(test, label)])).toEqual([
      [`${part}/cat/1.png`, "cat"],
      [`${part}/eel/1.png`, "eel"],
    ]);
    expect([...train.skipped, ...test.skipped].map(({ file }) => file)).toEqual([
      "train/cat/bad.png",
      `${part}/cat/bad.png`,
    ]);
    await put(`${part}/fox/1.png`);
    await expect(openData(folder)).rejects.toThrow(
      "must have the class folders of the training split - got fox, which is none of",
    );
  });

  it("in train give no classes if test lacks some or all of them, which is reported", async () => {
    await put("train/cat/a.png", "train/dog/b.png", "test/dog/c.png", "test/dog/d.png");
    const { train, test } = await openData(folder);
    expect([...train.labels!]).toEqual([0, 1]);
    expect([[...test.labels!], test.classNames]).toEqual([
      [1, 1],
      ["cat", "dog"],
    ]);
    await put("test/e.png");
    const flat = await openData(folder);
    expect([flat.train.labels, flat.test.labels]).toEqual([null, null]);
    expect(flat.train.notes).toContain("test lacks the class folders cat, dog of train: the data set has no classes");
  });

  it("trainA and trainB are domains", async () => {
    await put("trainA/x/1.png", "trainA/y/1.png", "trainB/1.png", "trainB/2.png");
    const { train } = await openData(folder);
    expect([train.kind, train.labels]).toEqual(["pair", null]);
  });
});
