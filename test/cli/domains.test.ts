import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { encodePng } from "../../src/codec/png.ts";
import { type Outcome, filesIn, readJson, resultOf, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;

async function put(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), bytes);
}

/** A picture of stripes, no two seeds alike; `side` x `side` x `channels`, or wider. */
function picture(seed: number, channels: 1 | 3 = 1, [height, width] = [16, 16]): Promise<Uint8Array> {
  const values = Uint8Array.from({ length: height! * width! * channels }, (_, i) => (i * (2 * seed + 1) * 37) % 256);
  return encodePng(ndarray("uint8", [height!, width!, channels], values));
}

function grey(value: number): Promise<Uint8Array> {
  return encodePng(ndarray("uint8", [16, 16, 1], new Uint8Array(256).fill(value)));
}

async function putPictures(name: string, count: number, channels: 1 | 3 = 1, size?: [number, number]): Promise<void> {
  for (let i = 0; i < count; i++) await put(`${name}/${i}.png`, await picture(i, channels, size));
}

beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  await putPictures("A", 20);
  await putPictures("B", 12);
  await put("B/notes.txt", "no picture");
  await putPictures("same", 20);
  await putPictures("colour", 12, 3);
  await putPictures("large", 12, 1, [32, 32]);
  await putPictures("zoo/trainA", 12);
  await putPictures("zoo/trainB", 8);
  await mkdir(join(folder, "zoo", "testB"));
  await putPictures("alone/trainB", 4);
  await putPictures("zoo2/trainA", 4);
  await putPictures("zoo2/trainB", 4);
  await putPictures("few", 3);
  await putPictures("wide", 12, 1, [16, 32]);
  for (let i = 0; i < 12; i++) {
    await put(`copies/copy${i}.png`, await picture(1));
    await put(`apart/${i}.png`, await grey(20 * i));
  }
});
afterAll(() => work.remove());

function refused({ code, stdout, stderr }: Outcome, ...texts: string[]): void {
  for (const text of texts) expect(stderr).toContain(text);
  expect(stderr).toMatch(/^error: /m);
  expect(stderr).not.toContain("bug in zaya");
  expect([code, stdout]).toEqual([2, ""]);
}

describe("zaya data with two domains", () => {
  it("describes each domain, and reports that they are not aligned", async () => {
    const { code, stdout } = await zaya(folder, "data", "A", "B");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^A and B\n {2}items +18 and 11 for training, 2 and 1 for testing\n/);
    expect(stdout).toMatch(/pairs +two domains, not aligned; 8 files without a partner/);
    expect(stdout).toMatch(/shape +16 x 16 x 1 +\(of either image/);
    expect(stdout).toMatch(/unreadable +1 file\n {4}B\/notes\.txt: not an image\n/);
    expect(stdout).toMatch(/\nA: A\n {2}items +18 for training, 2 for testing\n {2}range +0 to /);
    expect(stdout).toMatch(/\nB: B\n {2}items +11 for training, 1 for testing\n/);
    expect(stdout).toContain("verdict: 11 training items: far too few");
    expect(stdout).toContain("--augment dag");
    const object = resultOf(await zaya(folder, "data", "A", "B", "--json"));
    expect(object).toMatchObject({
      name: "A and B",
      kind: "pair",
      shape: [2, 16, 16, 1],
      aligned: false,
      train: 18,
      test: 2,
      a: { name: "A", train: 18, test: 2, count: 20, nearDuplicates: { of: 20 } },
      b: { name: "B", train: 11, test: 1, skipped: [{ file: "notes.txt" }] },
      skipped: [{ file: "B/notes.txt", reason: "not an image" }],
      augment: "dag",
    });
    expect(object.unmatched).toEqual([12, 13, 14, 15, 16, 17, 18, 19].map((n) => `A/${n}.png`));
  });

  it("reports aligned pairs: folders with the same names, side-by-side images, and built-in data", async () => {
    const [folders, halves, digits] = await Promise.all([
      zaya(folder, "data", "A", "same"),
      zaya(folder, "data", "wide", "--pairs", "side-by-side", "--json"),
      zaya(folder, "data", "digits-coloured", "--limit", "500", "--json"),
    ]);
    expect(folders.stdout).toMatch(/items +18 for training, 2 for testing\n {2}pairs +aligned/);
    expect(resultOf(halves)).toMatchObject({ aligned: true, shape: [2, 16, 16, 1], train: 11, unmatched: [] });
    const object = resultOf(digits);
    expect(object).toMatchObject({ aligned: true, shape: [2, 32, 32, 3], train: 500, test: 500 });
    expect(object.a.classes).toEqual(object.b.classes);
    expect(object.verdict).toContain("500 training items: few");
  });

  it("checks both of them for duplicates", async () => {
    const verdict = async (...words: string[]): Promise<string> =>
      resultOf(await zaya(folder, "data", ...words, "--json")).verdict;
    const [first, second, of] = [
      await verdict("copies", "apart"),
      await verdict("apart", "copies"),
      "12 of 12 items of",
    ];
    expect(first).toContain(`${of} A have a near duplicate`);
    expect(first).not.toContain("of B have");
    expect(second).toContain(`${of} B have a near duplicate`);
    expect(second).not.toContain("of A have");
    expect((await zaya(folder, "data", "apart", "copies")).stdout).toContain(`${of} B have a near duplicate`);
    expect(await verdict("copies")).toContain("12 of 12 items have a near duplicate");
  });

  it("suggests flags that fit the images: no quarter turns for non-square ones", async () => {
    const [square, wide] = await Promise.all(["apart", "wide"].map((name) => zaya(folder, "data", name, "--json")));
    expect(resultOf(square!)).toMatchObject({ augment: "dag", transforms: null });
    const { augment, transforms, verdict } = resultOf(wide!);
    expect(verdict).toContain(`try --augment ${augment} --transforms ${transforms}, which`);
    const words = ["train", "gan", "--data", "wide", "--arch", "mlp", "--augment", augment, "--dry-run"];
    refused(await zaya(folder, ...words), "needs square images - got [16, 32, 1]");
    expect((await zaya(folder, ...words, "--transforms", transforms)).code).toBe(0);
  });

  it("takes a fraction of each domain", async () => {
    const half = resultOf(await zaya(folder, "data", "A", "B", "--limit", "0.5", "--json"));
    expect([half.a.train, half.a.test, half.b.train, half.b.test]).toEqual([9, 2, 6, 1]);
  });
});

describe("domains that cannot be used", () => {
  it.each<[words: string[], ...texts: string[]]>([
    [["A", "colour"], "got [16, 16, 1] in A and [16, 16, 3] in colour", "save the greyscale images as RGB"],
    [["A", "large"], "got [16, 16, 1] in A and [32, 32, 1] in large", "--size N"],
    [["A", "nowhere"], "data must be a known name or a path that exists - got nowhere"],
    [["zoo"], "testB must hold at least one image - got no files", "remove the folder"],
    [["alone"], "must hold trainA and trainB - got only trainB in", "add the other"],
    [["wide", "--pairs", "beside"], "pairs must be one of side-by-side - got beside"],
    [["A", "--pairs", "side-by-side"], "16 x 16, not twice as wide as high"],
    [["tiny.npy", "--pairs", "side-by-side"], "--pairs is for a folder of images", "remove --pairs"],
    [["A", "B", "--pairs", "side-by-side"], "side-by-side pairs must be in one folder"],
    [["A", "ring8"], "both domains must contain images - got points in ring8"],
    [["A", "B", "--limit", "0"], "limit must be a positive integer, or a fraction in (0, 1) - got 0"],
    [["A", "B", "--limit", "1.5"], "limit must be a positive integer, or a fraction in (0, 1) - got 1.5"],
  ])("%j is rejected before anything is written", async (words, ...texts) => {
    const before = await filesIn(folder);
    const [looked, trained] = await Promise.all([
      zaya(folder, "data", ...words),
      zaya(folder, "train", "vae", "--data", ...words, "--out", "run"),
    ]);
    refused(looked, ...texts);
    refused(trained, ...texts);
    expect(await filesIn(folder)).toEqual(before);
  });

  it("are rejected by recipes for other data, with suggested data and fitting recipes", async () => {
    const before = await filesIn(folder);
    const train = (...words: string[]): Promise<Outcome> => zaya(folder, "train", ...words);
    const items = await train("vae", "--data", "A", "B");
    refused(
      items,
      "vae: learns from a single data set - got two domains of images in A and B",
      "pass a single data set",
    );
    expect(items.stderr).toContain("recipes for two domains of images: cyclegan");
    refused(
      await train("--data", "A", "same", "vae"),
      "got aligned pairs of images in A and same",
      "recipes for aligned pairs of images: pix2pix",
    );
    refused(await train("cyclegan", "--data", "A"), "cyclegan: learns from two domains", "got a single data set in A");
    refused(await train("pix2pix", "--data", "A", "same", "--blocks", "3"), "blocks are for a residual", "--generator");
    const idle = ["--lambda", "0", "--adversarial", "0"];
    refused(
      await train("pix2pix", "--data", "A", "same", ...idle),
      "the generator needs an L1 or an adversarial loss",
      "raise --lambda",
    );
    refused(await train("pix2pix", "--data", "A", "colour", "--size", "16"), "got [16, 16, 1] in A and [16, 16, 3]");
    refused(await train("pix2pix", "--data", "zoo2"), "got two domains of images in zoo2", "--pairs side-by-side");
    refused(await zaya(folder, "data", "A", "B", "same"), "too many arguments");
    const domains = ["--data", "A", "B", "--ngf", "2", "--blocks", "1"];
    refused(
      await train("cyclegan", ...domains, "--batch", "12"),
      "batch must be at most the 11 training items of the smaller domain - got 12",
    );
    expect(await filesIn(folder)).toEqual(before);
  });

  it("with partly matching names are rejected by pix2pix, listing the first ten files without a partner", async () => {
    refused(
      await zaya(folder, "train", "pix2pix", "--data", "A", "B"),
      "pix2pix: learns from aligned pairs of images - got 8 files without a partner in A and B: A/12.png, A/13.png",
      "A/19.png\n",
      "add an image with the same name to the other folder",
    );
    const many = await zaya(folder, "train", "pix2pix", "--data", "A", "few");
    refused(many, "got 17 files without a partner in A and few: A/10.png, A/11.png", "A/19.png, and 7 more\n");
  });
});

describe("zaya train with two domains", () => {
  const tinyNets = ["--ngf", "2", "--blocks", "1", "--steps", "2"];
  const source = (spec: string, second: string) => ({ spec: join(folder, spec), second: join(folder, second) });
  const dataOf = async (...words: string[]): Promise<unknown> =>
    resultOf(await zaya(folder, "train", ...words, "--dry-run", "--json")).data;

  it("accepts them before or after the recipe, and still a single data set before it", async () => {
    expect(
      await Promise.all([
        dataOf("cyclegan", "--data", "A", "B", ...tinyNets),
        dataOf("--data", "A", "B", "cyclegan", ...tinyNets),
        dataOf("--data", "A", "B", ...tinyNets, "cyclegan"),
        dataOf("--data=A", "--data=B", "cyclegan", ...tinyNets),
      ]),
    ).toEqual(new Array(4).fill(source("A", "B")));
    expect(await dataOf("--data", "tiny.npy", "vae")).toEqual({ spec: join(folder, "tiny.npy") });
    expect(await dataOf("cyclegan", "--data", "digits-rotated", "--limit", "9", ...tinyNets)).toEqual({
      spec: "digits-rotated",
      limit: 9,
    });
  });

  it("records them in the config, which can be repeated, also with other data", async () => {
    const words = ["train", "cyclegan", "--data", "A", "B", ...tinyNets, "--json"];
    const [numbered, again] = await Promise.all([zaya(folder, ...words), zaya(folder, ...words, "--out", "again")]);
    expect(resultOf(numbered)).toMatchObject({ run: "runs/cyclegan-A-B-1", status: "done", steps: 2 });
    expect(numbered.stderr).toContain("cyclegan on A and B: 18 and 11 train, 2 and 1 test, domains of 16 x 16 x 1");
    expect(numbered.stderr).toContain("skipped 1 file that could not be read as images:\n  B/notes.txt: not an image");
    const config = join("runs", "cyclegan-A-B-1", "config.json");
    expect((await readJson(folder, config)).data).toEqual(source("A", "B"));
    expect(await readJson(folder, "again", "data.json")).toMatchObject({ name: "A and B", kind: "pair" });
    expect(resultOf(again).test).toEqual(resultOf(numbered).test);
    expect(await dataOf("--config", config)).toEqual(source("A", "B"));
    expect(await dataOf("--config", config, "--data", "zoo2")).toEqual({ spec: join(folder, "zoo2") });
    expect(await dataOf("--config", config, "--data", "B", "A")).toEqual(source("B", "A"));
    const measured = await zaya(folder, "eval", "again", "--json");
    expect(measured.code).toBe(0);
    const changed = join(folder, "B", "extra.png");
    await writeFile(changed, await picture(40));
    const other = await zaya(folder, "eval", "again");
    await rm(changed);
    refused(other, "the train items must be those of the run");
  });

  it("trains on side-by-side pairs if told that they belong together", async () => {
    const words = "train pix2pix --data wide --pairs side-by-side --ngf 2 --batch 4 --steps 2 --out wide-run --json";
    const { code, stdout, stderr } = await zaya(folder, ...words.split(" "));
    expect(stderr).toContain("pix2pix on wide: 11 train, 1 test, aligned pairs of 16 x 16 x 1");
    expect([code, JSON.parse(stdout).status]).toEqual([0, "done"]);
    expect((await readJson(folder, "wide-run", "config.json")).data).toEqual({
      spec: join(folder, "wide"),
      pairs: "side-by-side",
    });
  });
});
