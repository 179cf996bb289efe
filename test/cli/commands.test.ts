import { readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ndarray, zeros } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { decodeNpy, encodeNpy } from "../../src/codec/npy.ts";
import { encodePng } from "../../src/codec/png.ts";
import { datasets } from "../../src/data/index.ts";
import { filesIn, readJson, resultOf, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
let ended: { test: Record<string, number> };
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  const [three, two] = await Promise.all([
    zaya(folder, ...tiny, "--latent", "3", "--steps", "40", "--seed", "4", "--out", "run", "--json"),
    zaya(folder, ...tiny, "--steps", "5", "--out", "plane", "--quiet"),
  ]);
  expect([three.code, two.code]).toEqual([0, 0]);
  ended = resultOf(three);
});
afterAll(() => work.remove());

async function arrayAt(name: string) {
  return decodeNpy(await readFile(join(folder, name)), name);
}

async function sizeOfPicture(name: string): Promise<[number | undefined, number | undefined]> {
  const { width, height } = await sharp(await readFile(join(folder, name))).metadata();
  return [width, height];
}

/** Width of `n` pictures of 8 pixels drawn 7 times as large, with gaps of 2. */
const across = (n: number): number => n * (8 * 7 + 2) + 2;

describe("zaya sample", () => {
  it("writes a sample grid, reproducibly, and never overwrites a file", async () => {
    const first = await zaya(folder, "sample", "run", "--json");
    expect(resultOf(first)).toEqual({ out: "run-samples.png", n: 64, seed: 0, shape: [8, 8, 1] });
    expect(await sizeOfPicture("run-samples.png")).toEqual([across(8), across(8)]);
    const bytes = await readFile(join(folder, "run-samples.png"));
    const refused = await zaya(folder, "sample", "run", "--seed", "1");
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toContain("got run-samples.png, which exists");
    expect(await readFile(join(folder, "run-samples.png"))).toEqual(bytes);
    await zaya(folder, "sample", "run", "--out", "again.png");
    expect(await readFile(join(folder, "again.png"))).toEqual(bytes);
    expect((await zaya(folder, "sample", "run", "--seed", "1", "--force")).code).toBe(0);
    expect(await readFile(join(folder, "run-samples.png"))).not.toEqual(bytes);
  });

  it("writes float32 [n, c, h, w]; more samples of a seed begin with the same ones", async () => {
    await zaya(folder, "sample", "run", "-n", "3", "--seed", "9", "--out", "few.npy");
    await zaya(folder, "sample", "run", "-n", "300", "--seed", "9", "--out", "many.npy");
    const [few, many] = await Promise.all([arrayAt("few.npy"), arrayAt("many.npy")]);
    expect([few.dtype, few.shape]).toEqual(["float32", [3, 1, 8, 8]]);
    expect(many.shape).toEqual([300, 1, 8, 8]);
    expect([...many.data.subarray(0, 3 * 64)]).toEqual([...few.data]);
    expect(few.data.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it("generates the same samples from decoder.onnx alone, from any folder and without the data", async () => {
    await writeFile(join(folder, "decoder.onnx"), await readFile(join(folder, "run/export/decoder.onnx")));
    await rename(join(folder, "tiny.npy"), join(folder, "away.npy"));
    try {
      const a = await zaya(folder, "sample", "decoder.onnx", "-n", "300", "--out", "file.npy");
      const b = await zaya(folder, "sample", "run", "-n", "300", "--out", "run.npy");
      expect([a.code, b.code, a.stderr]).toEqual([0, 0, ""]);
    } finally {
      await rename(join(folder, "away.npy"), join(folder, "tiny.npy"));
    }
    const [file, run] = await Promise.all([arrayAt("file.npy"), arrayAt("run.npy")]);
    expect(file.shape).toEqual(run.shape);
    expect(Math.max(...run.data.map((value, i) => Math.abs(value - file.data[i]!)))).toBeLessThan(1e-5);
  });

  it("rejects a file that is not a generator", async () => {
    await writeFile(join(folder, "words.onnx"), "words");
    const words = await zaya(folder, "sample", "words.onnx");
    expect(words.stderr).toContain("words.onnx must be an ONNX model");
    const encoder = await zaya(folder, "sample", "run/export/encoder.onnx");
    expect(encoder.stderr).toContain("must have one input of noise, float32 [n, d] - got image float32 [n, 1, 8, 8]");
    expect([words.code, encoder.code]).toEqual([2, 2]);
  });
});

describe("zaya reconstruct", () => {
  it("writes pairs of rows, and reports the reconstruction error", async () => {
    const result = resultOf(await zaya(folder, "reconstruct", "run", "--out", "pairs.png", "--json"));
    expect(result).toMatchObject({ out: "pairs.png", n: 4 });
    expect(result.meanSquaredError).toBeGreaterThan(0);
    expect(result.meanSquaredError).toBeLessThan(0.5);
    expect(await sizeOfPicture("pairs.png")).toEqual([across(4), across(2)]);
  });

  it("accepts other data of the same shape, and rejects other shapes", async () => {
    const images = (size: number) =>
      ndarray("uint8", [100, 1, size, size], new Uint8Array(100 * size * size).fill(200));
    await writeFile(join(folder, "other.npy"), encodeNpy(images(8)));
    await writeFile(join(folder, "larger.npy"), encodeNpy(images(9)));
    const other = await zaya(folder, "reconstruct", "run", "--data", "other.npy", "-n", "10", "--out", "other.png");
    expect(other.stdout).toMatch(/^other\.png: 10 test items, mean squared error [\d.e-]+ per dimension/);
    expect(await sizeOfPicture("other.png")).toEqual([across(8), across(4)]);
    const larger = await zaya(folder, "reconstruct", "run", "--data", "larger.npy", "--out", "larger.png");
    expect(larger.code).toBe(2);
    expect(larger.stderr).toContain("items must have the shape of the run's, [8, 8, 1] - got [9, 9, 1]");
  });
});

describe("zaya traverse", () => {
  it("writes one row per latent dimension, largest KL first", async () => {
    const words = ["traverse", "run", "--columns", "7", "--range", "2", "--out", "rows.png", "--json"];
    const { latents, rows, kl } = resultOf(await zaya(folder, ...words));
    expect(latents).toBe(3);
    expect(rows.toSorted()).toEqual([0, 1, 2]);
    expect(kl).toEqual(kl.toSorted((a: number, b: number) => b - a));
    expect(kl.reduce((a: number, b: number) => a + b)).toBeCloseTo(ended.test["kl"]!, 4);
    expect(await sizeOfPicture("rows.png")).toEqual([across(7), across(3)]);
  });

  it("writes two dimensions as a plane", async () => {
    const { stdout } = await zaya(folder, "traverse", "plane");
    expect(stdout).toBe("plane-traversal.png: 20 x 20 codes at the quantiles of the prior\n");
    expect(await sizeOfPicture("plane-traversal.png")).toEqual([across(20), across(20)]);
  });
});

describe("zaya eval", () => {
  it("repeats the results of the end of training, in a file named by its protocol", async () => {
    const { results, n, step, seed } = resultOf(await zaya(folder, "eval", "run", "--json"));
    expect([n, step, seed]).toEqual([4, 40, 4]);
    expect(results[0].value).toBe(ended.test["negElbo"]);
    expect(results[0].file).toMatch(/^eval\/elbo@part=test,n=4,data=[0-9a-f]{16},step=40,seed=4\.json$/);
    expect(await readJson(folder, "run", results[0].file)).toMatchObject({
      metric: "elbo",
      value: results[0].value,
      n: 4,
    });
  });

  it("measures the requested metric on the requested number of images, and reports both", async () => {
    const words = [
      "eval",
      "run",
      "--metric",
      "elbo",
      "--metric",
      "nll",
      "--samples",
      "50",
      "--limit",
      "3",
      "--seed",
      "2",
    ];
    const { code, stdout } = await zaya(folder, ...words);
    expect(code).toBe(0);
    expect(stdout).toContain("evaluating on 3 of 4 test items, with the checkpoint of step 40");
    expect(stdout).toMatch(/^negElbo .* \(n 3\)$/m);
    expect(stdout).toMatch(/^nll .* samples 50 .* \(n 3\)$/m);
    const again = resultOf(await zaya(folder, ...words, "--json"));
    const [elbo, nll] = again.results;
    expect(nll.value).toBeLessThan(elbo.value + 3 * elbo.stderr);
    expect(nll.protocol).toMatchObject({ n: 3, part: "test", options: { samples: 50 } });
  });

  it("measures the gradient of another estimator next to the run's own, in one call", async () => {
    const words = ["eval", "run", "--metric", "gradient-variance", "--draws", "20", "--batch", "4"];
    const beside = ["--beside", "estimator=score-function,baseline=loo,mc-samples=2"];
    const [result] = resultOf(await zaya(folder, ...words, ...beside, "--json")).results;
    expect(result.details.ratio).toBeCloseTo(result.details.besideVariance / result.value, 6);
    expect(result.file).toContain("beside=estimator=score-function,baseline=loo,mc-samples=2");
    expect(await readJson(folder, "run", result.file)).toMatchObject({ value: result.value });
    const refused = await zaya(folder, ...words, "--beside", "hidden=3");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("got hidden=3, with another net encoder");
    const unused = await zaya(folder, "eval", "run", ...beside);
    expect(unused.stderr).toContain("beside is an option of gradient-variance");
  });
});

describe("zaya export", () => {
  it("writes the nets with a report of how closely they match the model", async () => {
    const result = resultOf(await zaya(folder, "export", "run", "--out", "files", "--json"));
    expect(result).toMatchObject({
      step: 40,
      files: ["files/decoder.onnx", "files/encoder.onnx", "files/model.json", "files/parity.json"],
    });
    for (const { largestDifference } of result.parity) {
      for (const value of Object.values(largestDifference)) expect(value).toBeLessThan(1e-5);
    }
    expect(await readFile(join(folder, "files/decoder.onnx"))).toEqual(
      await readFile(join(folder, "run/export/decoder.onnx")),
    );
    const again = await zaya(folder, "export", "run", "--out", "files");
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("files/decoder.onnx, which exists");
    expect((await zaya(folder, "export", "run", "--out", "files", "--force")).code).toBe(0);
    expect((await zaya(folder, "export", "run")).code).toBe(0);
    expect((await filesIn(join(folder, "run"))).filter((name) => name.startsWith("."))).toEqual([]);
  });
});

// Every recipe is trained, exported and resumed by its contract (test/contracts/models.test.ts); here, one of each kind by the command.
describe("a recipe", () => {
  async function trainBriefly(recipe: string, words: string): Promise<string> {
    const out = `recipe-${recipe}`;
    const all = `train ${recipe} --limit 80 --steps 20 --out ${out} --json ${words}`;
    const trained = await zaya(folder, ...all.split(" "));
    expect(trained.stderr).not.toMatch(/^error:/m);
    expect(resultOf(trained)).toMatchObject({ recipe, status: "done", steps: 20 });
    return out;
  }

  it.each(["pix2pix", "cyclegan"])("for pairs, %s, is trained and translates", async (recipe) => {
    const out = await trainBriefly(recipe, "--data digits-inverted --batch 2 --ngf 2");
    await writeFile(join(folder, "grey.png"), await encodePng(zeros([32, 32, 1], "uint8")));
    const words = ["translate", out, "grey.png", `${out}.png`, "--direction", "AtoB"];
    expect((await zaya(folder, ...words)).code).toBe(0);
    const sampled = await zaya(folder, "sample", out);
    expect([sampled.code, sampled.stderr]).toEqual([
      2,
      expect.stringContaining("does not generate samples from noise"),
    ]);
  });

  it.each(["categorical-vae", "gan", "adagan"])("for single items, %s, is trained and sampled", async (recipe) => {
    const out = await trainBriefly(recipe, "--data mnist --batch 8 --hidden 8");
    expect((await zaya(folder, "sample", out, "-n", "2", "--out", `${out}.npy`)).code).toBe(0);
    expect((await arrayAt(`${out}.npy`)).shape).toEqual([2, 1, 28, 28]);
  });

  it("for classification is trained, and rejected by sample", async () => {
    const sampled = await zaya(folder, "sample", await trainBriefly("classifier", "--data mnist --batch 8 --hidden 8"));
    expect([sampled.code, sampled.stderr]).toEqual([
      2,
      expect.stringContaining("does not generate samples from noise"),
    ]);
  });
});

describe("a model of points", () => {
  it("is trained, sampled, drawn and reconstructed", async () => {
    await writeFile(join(folder, "points.npy"), encodeNpy(normal(key(3), [60, 2])));
    const words =
      "train vae --data points.npy --likelihood gaussian --hidden 8 --latent 1 --batch 8 --steps 5 --out points";
    expect((await zaya(folder, ...words.split(" "))).code).toBe(0);
    expect((await zaya(folder, "sample", "points", "--out", "p.npy")).code).toBe(0);
    expect((await arrayAt("p.npy")).shape).toEqual([64, 2]);
    const usual = resultOf(await zaya(folder, "sample", "points", "--json"));
    expect(usual).toEqual({ out: "points-samples.npy", n: 64, seed: 0, shape: [2] });
    expect(await arrayAt("points-samples.npy")).toEqual(await arrayAt("p.npy"));
    expect((await zaya(folder, "sample", "points")).stderr).toContain("got points-samples.npy, which exists");
    for (const source of ["points", "points/export/decoder.onnx"]) {
      const many = await zaya(folder, "sample", source, "-n", "1000000000000", "--out", "endless.npy");
      expect(many.code).toBe(2);
      // One number of noise, and two numbers of an item, as they are and as they are joined and written: 4 + 2 * 16 bytes.
      expect(many.stderr).toMatch(/memory that are free - got 1000000000000 of them, which take about 33500 GiB/);
    }
    const file = resultOf(await zaya(folder, "sample", "points/export/decoder.onnx", "--json"));
    expect(file).toMatchObject({ out: "decoder-samples.npy", shape: [2] });
    const { code, stderr } = await zaya(folder, "traverse", "points", "--out", "p.png");
    expect(stderr).toContain("traversals need images");
    expect(code).toBe(2);
    expect(await filesIn(folder)).not.toContain("p.png");
    const reals = await sizeOfPicture("points/samples/reals.png");
    for (const [command, from] of [
      ["sample", "points"],
      ["reconstruct", "points"],
      ["sample", "points/export/decoder.onnx"],
    ] as const) {
      const out = `${command}-${basename(from)}.png`;
      const drawn = await zaya(folder, command, from, "--out", out);
      expect([drawn.code, drawn.stderr]).toEqual([0, ""]);
      expect(await sizeOfPicture(out)).toEqual(reals);
    }
    const frames = (await filesIn(join(folder, "points/samples"))).filter((name) => /^\d+\.png$/.test(name));
    expect(frames).toEqual(["000000.png", "000001.png", "000002.png", "000003.png", "000004.png", "000005.png"]);
    for (const frame of frames) expect(await sizeOfPicture(`points/samples/${frame}`)).toEqual(reals);
  });

  it("writes a table that it can read as data, but no table of images", async () => {
    expect((await zaya(folder, "sample", "points", "-n", "30", "--out", "p.csv")).code).toBe(0);
    const lines = (await readFile(join(folder, "p.csv"), "utf8")).trimEnd().split("\n");
    const numbers = lines.flatMap((line) => line.split(",").map(Number));
    expect([...(await arrayAt("p.npy")).data.subarray(0, 60)]).toEqual([...Float32Array.from(numbers)]);
    const seen = resultOf(await zaya(folder, "data", "p.csv", "--json"));
    expect(seen).toMatchObject({ name: "p.csv", kind: "points", shape: [2], count: 30, classes: null, modes: null });
    const images = await zaya(folder, "sample", "run", "--out", "i.csv");
    expect([images.code, images.stdout]).toEqual([2, ""]);
    expect(images.stderr).toContain("a table holds points - got images for --out i.csv");
    expect((await zaya(folder, "sample", "run", "--out", "i.txt")).stderr).toContain(
      "must end in .png, .jpg, .webp, .npy, .csv or /",
    );
  });

  it("is trained on built-in points", async () => {
    const words = "train vae --data ring8 --likelihood gaussian --hidden 8 --latent 2 --batch 64 --steps 5 --out ring";
    const trained = await zaya(folder, ...words.split(" "));
    expect(trained.stdout).toContain("vae on ring8: 100,000 train, 10,000 test, points of 2 numbers");
    expect(trained.code).toBe(0);
    expect((await readJson(folder, "ring", "config.json")).data).toEqual({ spec: "ring8" });
    const drawn = await zaya(folder, "sample", "ring", "-n", "2500", "--out", "s.npy");
    expect([drawn.code, drawn.stdout]).toEqual([0, "s.npy: 2,500 items, seed 0\n"]);
    const { dtype, shape } = await arrayAt("s.npy");
    expect([dtype, shape]).toEqual(["float32", [2500, 2]]);
    expect((await zaya(folder, "eval", "ring", "--limit", "50")).stdout).toContain(
      "evaluating on 50 of 10,000 test items",
    );
  });
});

describe("zaya list", () => {
  it("lists everything, or one kind", async () => {
    const [all, data] = await Promise.all([zaya(folder, "list"), zaya(folder, "list", "data")]);
    for (const text of ["recipes\n  vae ", "metrics\n  elbo ", "data\n  mnist "]) expect(all.stdout).toContain(text);
    expect(data.stdout).toMatch(/^ {2}mnist .*\n( {2}.*\n)* {2}PATH .*\n$/);
    expect(data.stdout).not.toContain("elbo");
    for (const { name, description } of datasets)
      expect(data.stdout).toMatch(new RegExp(`^  ${name} +${description}$`, "m"));
  });
});

describe("zaya doctor", () => {
  it("reports which engines work, with the measured speed of each, and how to fix the rest", async () => {
    const report = resultOf(await zaya(folder, "doctor", "--json"));
    expect(report.node).toBe(process.versions.node);
    expect(report.onnxruntime.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(report.sharp.version).toMatch(/^\d+\.\d+\.\d+/);
    const webgpu = report.engines.at(-1);
    expect(report.engines.map(({ device }: { device: string }) => device)).toEqual([
      "cpu",
      "kernels",
      "wasm",
      "webgpu",
    ]);
    for (const engine of report.engines.slice(0, 3)) {
      expect(engine).toMatchObject({ problem: null, fix: null });
      expect(engine.gflops).toBeGreaterThan(0.1);
    }
    expect(webgpu.gflops === null).toBe(typeof webgpu.fix === "string");
    const { stdout, stderr } = await zaya(folder, "doctor");
    expect(stdout).toMatch(/^cpu +works, [\d.]+ GFLOP\/s$/m);
    // What the loader of a graphics driver prints is no line of zaya's.
    expect(stderr).toBe("");
  });
});
