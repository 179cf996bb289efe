import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { key, uniform } from "../../src/base/random.ts";
import { encodeNpy } from "../../src/codec/npy.ts";
import { encodePng } from "../../src/codec/png.ts";
import { psnr, ssim } from "../../src/metrics/index.ts";
import { type Json, filesIn, readJson, resultOf, start, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;

async function writeImages(name: string, seed: number): Promise<void> {
  const { data, shape } = uniform(key(seed), [20, 3, 16, 16]);
  await writeFile(
    join(folder, name),
    encodeNpy(
      ndarray(
        "uint8",
        shape,
        Uint8Array.from(data, (v) => 255 * v),
      ),
    ),
  );
}

async function picture(path: string, width: number, height: number): Promise<void> {
  const { data } = uniform(key(width), [height, width, 3]);
  const bytes = Uint8Array.from(data, (value) => 255 * value);
  await sharp(bytes, { raw: { width, height, channels: 3 } }).toFile(join(folder, path));
}

const pixels = async (path: string) => [
  ...(await sharp(await readFile(join(folder, path)))
    .raw()
    .toBuffer()),
];

const nets = ["--ngf", "2", "--blocks", "1", "--steps", "3", "--batch", "2", "--quiet"];

beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  await Promise.all([
    writeImages("a.npy", 1),
    writeImages("b.npy", 2),
    mkdir(join(folder, "in", "deep"), { recursive: true }),
  ]);
  await picture("in/same.png", 16, 16);
  await picture("in/wide.jpg", 40, 20);
  await picture("in/deep/tall.png", 17, 31);
  await writeFile(join(folder, "in", "broken.png"), "no picture");
  const runs = [
    await zaya(folder, "train", "cyclegan", "--data", "a.npy", "b.npy", ...nets, "--out", "run"),
    await zaya(
      folder,
      "train",
      "vae",
      "--data",
      "tiny.npy",
      "--hidden",
      "8",
      "--steps",
      "2",
      "--out",
      "vae",
      "--quiet",
    ),
  ];
  expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ""],
    [0, ""],
  ]);
}, 60_000);
afterAll(() => work.remove());

describe("zaya translate", () => {
  it("translates a folder, keeping names, sizes and formats, and names unreadable files", async () => {
    const outcome = await zaya(folder, "translate", "run", "in", "out", "--direction", "AtoB", "--json");
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain(join("in", "broken.png"));
    const result = resultOf(outcome);
    expect(result).toMatchObject({ images: 3, direction: "AtoB", fit: "resize", shape: [16, 16, 3] });
    expect(result.failed.map(({ file }: { file: string }) => file)).toEqual([join("in", "broken.png")]);
    expect(await filesIn(join(folder, "out"))).toEqual(["deep/", "deep/tall.png", "same.png", "wide.jpg"]);
    const sizes = await Promise.all(
      ["same.png", "wide.jpg", "deep/tall.png"].map(async (name) => {
        const { width, height, format } = await sharp(await readFile(join(folder, "out", name))).metadata();
        return [width, height, format];
      }),
    );
    expect(sizes).toEqual([
      [16, 16, "png"],
      [40, 20, "jpeg"],
      [17, 31, "png"],
    ]);
  });

  it("leaves only complete images when interrupted, prints their number, and exits with code 130", async () => {
    await mkdir(join(folder, "many"));
    await picture("many/1000.png", 150, 150);
    const one = await readFile(join(folder, "many", "1000.png"));
    await Promise.all(Array.from({ length: 199 }, (_, i) => writeFile(join(folder, "many", `${1001 + i}.png`), one)));
    // Named as soon as it is its turn, which is the first.
    await writeFile(join(folder, "many", "0.png"), "no picture");
    const words = ["translate", "run", "many", "some", "--direction", "AtoB", "--fit", "tiles"];
    const { child, ended, until } = start(folder, ...words);
    await until("0.png");
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain("stopping after this image; press Ctrl-C again to exit immediately");
    const done = await filesIn(join(folder, "some"));
    expect(done.length).toBeLessThan(200);
    expect(stdout).toContain(`stopped after ${done.length} of 201 images`);
    for (const name of done) {
      expect((await sharp(await readFile(join(folder, "some", name))).metadata()).width).toBe(150);
    }
  });

  it("names unreadable files of a folder, translates the others and exits with code 2", async () => {
    await mkdir(join(folder, "holes"));
    await picture("holes/a.png", 16, 16);
    await picture("holes/c.png", 16, 16);
    await Promise.all([
      symlink("nowhere", join(folder, "holes", "b.png")),
      symlink("round", join(folder, "holes", "round")),
      writeFile(join(folder, "holes", "empty.png"), ""),
    ]);
    const outcome = await zaya(folder, "translate", "run", "holes", "filled", "--direction", "AtoB", "--json");
    expect(outcome.code).toBe(2);
    const { images, failed } = resultOf(outcome);
    const reasons = Object.fromEntries(failed.map(({ file, reason }: Json) => [file, reason]));
    expect(reasons).toEqual({
      [join("holes", "b.png")]: expect.stringMatching(/^cannot be read: a broken link/),
      [join("holes", "round")]: expect.stringMatching(/^cannot be read: a circular link/),
      [join("holes", "empty.png")]: expect.stringMatching(/must be an image - got empty file/),
    });
    for (const file of Object.keys(reasons)) expect(outcome.stderr).toContain(`${file}: ${reasons[file]}\n`);
    expect(images).toBe(2);
    expect(await filesIn(join(folder, "filled"))).toEqual(["a.png", "c.png"]);
  });

  it("writes PNG for read-only formats, and rejects two images with the same output file", async () => {
    await mkdir(join(folder, "moving"));
    await picture("moving/x.gif", 16, 16);
    const words = ["translate", "run", "moving", "still", "--direction", "AtoB"];
    expect((await zaya(folder, ...words)).code).toBe(0);
    expect(await filesIn(join(folder, "still"))).toEqual(["x.gif.png"]);
    const made = await readFile(join(folder, "still", "x.gif.png"));
    expect((await sharp(made).metadata()).format).toBe("png");
    await picture("moving/x.gif.png", 16, 16);
    const { code, stderr } = await zaya(folder, ...words, "--force");
    const [gif, png] = [join("moving", "x.gif"), join("moving", "x.gif.png")];
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`got ${gif} and ${png}, which both become ${join("still", "x.gif.png")}\n`),
    ]);
    expect(await filesIn(join(folder, "still"))).toEqual(["x.gif.png"]);
    expect(await readFile(join(folder, "still", "x.gif.png"))).toEqual(made);
  });

  it("says why a folder contains no images", async () => {
    await mkdir(join(folder, "hollow"));
    const words = ["translate", "run", "hollow", "never", "--direction", "AtoB"];
    const empty = await zaya(folder, ...words);
    expect([empty.code, empty.stderr]).toEqual([
      2,
      expect.stringContaining("there are no images in the folder hollow"),
    ]);
    await symlink("nowhere", join(folder, "hollow", "b.png"));
    const broken = await zaya(folder, ...words);
    expect([broken.code, broken.stderr]).toEqual([
      2,
      expect.stringMatching(/there are no images in the folder hollow, only b\.png \(cannot be read: a broken link/),
    ]);
  });

  const byRoot = process.getuid?.() === 0;
  it.skipIf(byRoot)("names folders without permission, and fails if it is the input folder", async () => {
    await mkdir(join(folder, "shut", "deep"), { recursive: true });
    await picture("shut/a.png", 16, 16);
    await chmod(join(folder, "shut", "deep"), 0);
    const part = await zaya(folder, "translate", "run", "shut", "open", "--direction", "AtoB", "--json");
    await chmod(join(folder, "shut"), 0);
    const all = await zaya(folder, "translate", "run", "shut", "open", "--direction", "AtoB");
    await chmod(join(folder, "shut"), 0o755);
    await chmod(join(folder, "shut", "deep"), 0o755);
    expect([part.code, resultOf(part).failed]).toEqual([
      2,
      [{ file: join("shut", "deep"), reason: expect.stringMatching(/^cannot be read: EACCES/) }],
    ]);
    expect([all.code, all.stderr]).toEqual([2, expect.stringMatching(/must be a folder that can be read.*EACCES/)]);
  });

  it("gives the same result from the exported file alone", async () => {
    for (const direction of ["AtoB", "BtoA"]) {
      const [run, file] = [`${direction}-run.png`, `${direction}-file.png`];
      const outcomes = await Promise.all([
        zaya(folder, "translate", "run", "in/same.png", run, "--direction", direction),
        zaya(folder, "translate", `run/export/${direction}.onnx`, "in/same.png", file),
      ]);
      expect(outcomes.map(({ code, stderr }) => [code, stderr])).toEqual([
        [0, ""],
        [0, ""],
      ]);
      const [own, other] = [await pixels(run), await pixels(file)];
      expect(own).toHaveLength(16 * 16 * 3);
      // A value that lies between two bytes may be rounded either way.
      expect(Math.max(...own.map((value, i) => Math.abs(value - other[i]!)))).toBeLessThanOrEqual(1);
    }
    expect(await pixels("AtoB-run.png")).not.toEqual(await pixels("BtoA-run.png"));
  });

  it("splits larger images into tiles on request, and rejects smaller ones", async () => {
    const tiles = ["translate", "run", "in/wide.jpg", "tiles.png", "--direction", "AtoB", "--fit", "tiles"];
    expect((await zaya(folder, ...tiles)).code).toBe(0);
    expect(await pixels("tiles.png")).toHaveLength(40 * 20 * 3);
    await picture("small.png", 12, 30);
    const small = await zaya(
      folder,
      "translate",
      "run",
      "small.png",
      "no.png",
      "--direction",
      "AtoB",
      "--fit",
      "tiles",
    );
    expect(small.code).toBe(2);
    expect(small.stderr).toContain("must be at least as large as a tile, 16 x 16 - got 30 x 12");
    expect(small.stderr).toContain("--fit resize");
  });

  const refused: readonly (readonly [string, readonly string[], string])[] = [
    ["no direction", ["run", "in/same.png", "new.png"], "choose one with --direction: AtoB, BtoA"],
    ["a way that there is not", ["run", "in/same.png", "new.png", "--direction", "up"], "must be one of AtoB, BtoA"],
    ["a model that does not translate", ["vae", "in/same.png", "new.png"], "must be an image-to-image model"],
    [
      "nothing to read",
      ["run", "none", "new", "--direction", "AtoB"],
      "must be in a file or a folder that exists - got none",
    ],
    ["a format that is not written", ["run", "in/same.png", "new.gif", "--direction", "AtoB"], "must end in .png"],
    [
      "a file for a run's flag",
      ["run/export/AtoB.onnx", "in/same.png", "new.png", "--direction", "AtoB"],
      "is for runs",
    ],
    ["a file of another kind", ["vae/export/decoder.onnx", "in/same.png", "new.png"], "must have one input of images"],
    ["a single file that is no image", ["run", "in/broken.png", "new.png", "--direction", "AtoB"], "must be an image"],
  ];
  it.each(refused)("rejects %s, with nothing written", async (_, words, text) => {
    const before = await filesIn(folder);
    const { code, stderr } = await zaya(folder, "translate", ...words);
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
    expect(await filesIn(folder)).toEqual(before);
  });

  it("rejects a file whose outputs are not such images, immediately also for a folder", async () => {
    const before = await filesIn(folder);
    for (const [input, output] of [
      ["in/same.png", "new.png"],
      ["in", "new"],
    ] as const) {
      const { code, stderr } = await zaya(folder, "translate", "run/export/discriminatorA.onnx", input, output);
      expect(stderr).toBe(
        [
          "error: run/export/discriminatorA.onnx must return images of the input size, [1, 3, 16, 16] - got [1, 1]",
          "hint: use AtoB.onnx or BtoA.onnx from the export folder of a run\n",
        ].join("\n"),
      );
      expect(code).toBe(2);
    }
    expect(await filesIn(folder)).toEqual(before);
  });

  it("rejects existing outputs without --force", async () => {
    await writeFile(join(folder, "taken.png"), "mine");
    const words = ["translate", "run", "in/same.png", "taken.png", "--direction", "AtoB"];
    const { code, stderr } = await zaya(folder, ...words);
    expect([code, stderr]).toEqual([2, expect.stringContaining("must be a new file - got taken.png")]);
    expect(await readFile(join(folder, "taken.png"), "utf8")).toBe("mine");
    expect((await zaya(folder, ...words, "--force")).code).toBe(0);
  });
});

describe("runs of two domains", () => {
  it("are evaluated with metrics for unpaired data, in each direction", async () => {
    const cycle = await zaya(folder, "eval", "run", "--metric", "cycle-error", "--direction", "BtoA", "--json");
    expect(cycle.code).toBe(0);
    expect(resultOf(cycle).results[0]).toMatchObject({ label: "cycle-error/BtoA", n: 2 });
    const pair = await zaya(folder, "eval", "run", "--metric", "pair-error");
    expect([pair.code, pair.stderr]).toEqual([2, expect.stringContaining("got unpaired domains")]);
    const wrong = await zaya(folder, "eval", "vae", "--metric", "cycle-error");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("must translate images")]);
    const idle = await zaya(folder, "eval", "vae", "--metric", "diversity", "--direction", "AtoB");
    expect([idle.code, idle.stderr]).toEqual([2, expect.stringContaining("--direction is for image-to-image models")]);
  });

  it("of aligned pairs are evaluated against the true targets, and log the scores of pairs", async () => {
    /** Grey noise up to 200, and beside it the same 51 brighter. */
    const halves = (seed: number): Uint8Array[] => {
      const left = Uint8Array.from(uniform(key(seed), [256]).data, (value) => 200 * value);
      return [left, left.map((value) => value + 51)];
    };
    const save = async (path: string, rows: Uint8Array, width: number) => {
      await mkdir(join(folder, path, ".."), { recursive: true });
      await writeFile(join(folder, path), await encodePng(ndarray("uint8", [16, width, 1], rows)));
    };
    const savePair = (path: string, seed: number) => {
      const [left, right] = halves(seed) as [Uint8Array, Uint8Array];
      const rows = Array.from({ length: 16 }, (_, y) =>
        [left, right].flatMap((of) => [...of.subarray(16 * y, 16 * y + 16)]),
      );
      return save(path, Uint8Array.from(rows.flat()), 32);
    };
    for (let i = 0; i < 4; i++) await savePair(`duo/train/${i}.png`, 10 + i);
    for (let i = 0; i < 2; i++) await savePair(`duo/test/${i}.png`, 20 + i);
    for (let i = 0; i < 2; i++) await save(`lefts/${i}.png`, halves(20 + i)[0]!, 16);
    const words = "train pix2pix --data duo --pairs side-by-side --ngf 2 --batch 2 --steps 2 --out duo-run --quiet";
    expect(await zaya(folder, ...words.split(" "))).toMatchObject({ code: 0, stderr: "" });
    const [evaluated, translated] = await Promise.all([
      zaya(folder, "eval", "duo-run", "--metric", "pair-error", "--metric", "psnr", "--metric", "ssim", "--json"),
      zaya(folder, "translate", "duo-run", "lefts", "rights"),
    ]);
    expect([evaluated.code, translated.code]).toEqual([0, 0]);

    const inFloats = (bytes: readonly (readonly number[])[]) =>
      ndarray(
        "float32",
        [2, 16, 16, 1],
        Float32Array.from(bytes.flat(), (byte) => byte / 255),
      );
    const greys = async (file: string) => [
      ...(await sharp(await readFile(join(folder, file)))
        .toColourspace("b-w")
        .raw()
        .toBuffer()),
    ];
    // What is written is rounded to bytes.
    const made = inFloats([await greys("rights/0.png"), await greys("rights/1.png")]);
    const [source, truth] = [0, 1].map((side) => inFloats([20, 21].map((seed) => [...halves(seed)[side]!])));
    const evidence = { source: source!, made, truth: truth! };
    const results = Object.fromEntries(resultOf(evaluated).results.map((each: Json) => [each.metric, each]));
    expect(Object.keys(results)).toEqual(["pair-error", "psnr", "ssim"]);
    expect(Object.values(results).map(({ n }: Json) => n)).toEqual([2, 2, 2]);
    expect(results["pair-error"].details.unchanged).toBeCloseTo(51 / 255, 6);
    const error = made.data.reduce((sum, value, i) => sum + Math.abs(value - truth!.data[i]!), 0) / made.data.length;
    expect(Math.abs(results["pair-error"].value - error)).toBeLessThan(0.5 / 255);
    expect(Math.abs(results.psnr.value - psnr.measure(evidence, {}).value)).toBeLessThan(0.1);
    expect(Math.abs(results.ssim.value - ssim.measure(evidence, {}).value)).toBeLessThan(0.01);

    const logged = (await readFile(join(folder, "duo-run", "metrics.jsonl"), "utf8")).trim().split("\n");
    const names = new Set(logged.map((line) => (JSON.parse(line) as Json).name));
    expect([...names]).toEqual(
      expect.arrayContaining(["overfit/scores of AtoB/train", "overfit/scores of AtoB/heldOut"]),
    );
    const parity = await readJson(folder, "duo-run", "export", "parity.json");
    expect(parity.map(({ file }: Json) => file)).toEqual(["export/AtoB.onnx", "export/discriminator.onnx"]);
  });

  it.each([
    [
      "smaller than a patch",
      ["cyclegan", "--data", "tiny.npy", "tiny.npy"],
      "must be at least as large as a patch, 16 x 16",
    ],
    ["of no use to the recipe", ["gan", "--data", "a.npy", "b.npy"], "learns from a single data set"],
    ["not aligned, for pix2pix", ["pix2pix", "--data", "a.npy", "b.npy"], "learns from aligned pairs"],
    ["one domain alone", ["cyclegan", "--data", "a.npy"], "learns from two domains of images"],
  ])("reject data that are %s", async (_, words, text) => {
    const { code, stderr } = await zaya(folder, "train", ...words, "--out", "never");
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
    expect(await filesIn(join(folder, "never"))).toEqual([]);
  });
});
