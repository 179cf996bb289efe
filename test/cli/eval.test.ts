import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { integers, key } from "../../src/base/random.ts";
import { idxBytes } from "../data/idx-bytes.ts";
import { filesIn, readJson, resultOf, workFolder, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;

/** Writes grey images of 8 x 8 with labels: of class 1 those whose upper half is bright. */
async function writeHalves(part: string, n: number): Promise<void> {
  const noise = integers(key(n), n * 64, 100);
  const bright = (i: number) => Math.floor(i / 64) % 2 === (i % 64 < 32 ? 1 : 0);
  await writeFile(
    join(folder, `${part}-images-idx3-ubyte`),
    idxBytes([n, 8, 8], (i) => noise[i]! + (bright(i) ? 150 : 0)),
  );
  await writeFile(
    join(folder, `${part}-labels-idx1-ubyte`),
    idxBytes([n], (i) => i % 2),
  );
}

const data = ["--data", "train-images-idx3-ubyte", "--seed", "1", "--quiet"];
const small = ["--samples", "100", "--json"];

beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await Promise.all([writeHalves("train", 400), writeHalves("t10k", 200)]);
  const teller = [
    "train",
    "classifier",
    ...data,
    "--hidden",
    "4",
    "--features",
    "6",
    "--steps",
    "60",
    "--out",
    "teller",
  ];
  const model = ["train", "vae", ...data, "--hidden", "8", "--latent", "2", "--steps", "60", "--out", "model"];
  const ring = ["train", "gan", "--data", "ring8", "--hidden", "8", "--steps", "20", "--quiet", "--out", "ring"];
  const outcomes = await Promise.all([zaya(folder, ...teller), zaya(folder, ...model), zaya(folder, ...ring)]);
  expect(outcomes.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ""],
    [0, ""],
    [0, ""],
  ]);
  expect(outcomes[0]!.stdout).toContain("next  zaya eval teller");
  expect(outcomes[0]!.stdout).toMatch(/^test {2}accuracy 1 ± 0 share of items/m);
});
afterAll(() => work.remove());

describe("zaya eval --features", () => {
  it("compares samples in the features of a classifier's run or of its exported file", async () => {
    const words = ["eval", "model", "--metric", "fid", "--metric", "kid", ...small, "--features"];
    const run = await zaya(folder, ...words, "teller");
    const file = await zaya(folder, ...words, "teller/export/classifier.onnx");
    const [fid, kid] = resultOf(run).results;
    expect([fid.metric, kid.metric]).toEqual(["fid", "kid"]);
    expect(fid.protocol).toMatchObject({
      samples: 100,
      reference: 200,
      features: { resize: "bilinear, antialiased, to 8 x 8", dimensions: 6 },
    });
    expect(fid.protocol.features.id).toMatch(/^teller@[0-9a-f]{16}$/);
    expect(fid.floor).toBeLessThan(fid.value);
    expect(fid.interval[0]).toBeLessThan(fid.value);
    expect(await readJson(folder, "model", fid.file)).toMatchObject({ value: fid.value, floor: fid.floor });
    const [other] = resultOf(file).results;
    expect(other.value).toBeCloseTo(fid.value, 2);
    expect(other.protocol.features.id).toMatch(/^classifier\.onnx@/);
    expect(other.file).not.toBe(fid.file);
  });

  it("prints the interval, the value of real items, and what was compared", async () => {
    const words = ["eval", "model", "--metric", "coverage", "--features", "teller", "--samples", "100"];
    const { stdout } = await zaya(folder, ...words);
    expect(stdout).toMatch(/^coverage [\d.e-]+ ± [\d.]+ share of real items {2}k 5 {2}\(n 200\)$/m);
    expect(stdout).toMatch(
      /^ {2}95 % interval [\d.e-]+ to [\d.]+ {2}real items get [\d.]+ {2}100 drawn, 200 real {2}6 features of teller@[0-9a-f]{16}, resized: bilinear, antialiased, to 8 x 8$/m,
    );
  });

  it("needs no classifier for metrics without features", async () => {
    const words = ["--metric", "sharpness", "--metric", "diversity", "--metric", "memorisation"];
    const { results } = resultOf(await zaya(folder, "eval", "model", ...words, ...small));
    expect(results.map(({ protocol }: { protocol: { features?: { id: string } } }) => protocol.features?.id)).toEqual([
      undefined,
      "pixels",
      undefined,
    ]);
  });

  it("measures points directly, and their modes", async () => {
    const words = ["eval", "ring", "--metric", "modes", "--metric", "precision", "--limit", "300", ...small];
    const [modes, precision] = resultOf(await zaya(folder, ...words)).results;
    expect(modes).toMatchObject({ unit: "of 8 modes", floor: 8 });
    expect(modes.beside).toMatch(/^[\d.]+ % of samples near a mode$/);
    expect(precision.protocol.features).toEqual({ id: "identity", resize: "none", dimensions: 2 });
  });

  it("measures the metrics of the end of training by default", async () => {
    const { results } = resultOf(await zaya(folder, "eval", "teller", "--json"));
    expect(results).toMatchObject([{ metric: "accuracy", value: 1, protocol: { n: 200 } }]);
  });

  it("ends GAN training with sample metrics, and computes the same ones again by default", async () => {
    const trained = resultOf(
      await zaya(
        folder,
        "train",
        "gan",
        "--data",
        "ring8",
        "--hidden",
        "8",
        "--steps",
        "30",
        "--json",
        "--out",
        "game",
      ),
    );
    expect(Object.keys(trained.test)).toEqual(
      expect.arrayContaining(["modes", "modes/highQuality", "emd", "kid", "precision", "coverage"]),
    );
    expect(trained.refused).toEqual([]);
    const { results } = resultOf(await zaya(folder, "eval", "game", "--json"));
    expect(
      Object.fromEntries(results.map(({ metric, value }: { metric: string; value: number }) => [metric, value])),
    ).toEqual(
      Object.fromEntries(["modes", "emd", "kid", "precision", "coverage"].map((name) => [name, trained.test[name]])),
    );
    for (const { metric, floor, protocol } of results) {
      expect(Number.isFinite(floor), metric).toBe(true);
      expect(protocol.samples, metric).toBe(2000);
    }
    const told = await zaya(folder, "eval", "game", "--metric", "modes", "--samples", "500");
    expect(told.stdout).toMatch(/^modes \d( ± [\d.e-]+)? of 8 modes, [\d.]+ % of samples near a mode {2}highQuality /m);
    expect(told.stdout).not.toContain("NaN");
  });

  it("measures the possible metrics, gives the reason for the others, and exits with code 2", async () => {
    const words = [
      "eval",
      "model",
      "--metric",
      "elbo",
      "--metric",
      "kid",
      "--metric",
      "modes",
      "--metric",
      "diversity",
    ];
    const { code, stdout, stderr } = await zaya(folder, ...words, "--json");
    expect([code, stderr.includes("error:")]).toEqual([2, false]);
    const { results, refused } = JSON.parse(stdout) as {
      results: { metric: string; file: string }[];
      refused: { label: string; reason: string; hint: string }[];
    };
    expect(results.map(({ metric }) => metric)).toEqual(["elbo", "diversity"]);
    expect(refused.map(({ label }) => label)).toEqual(["kid", "modes"]);
    expect(refused[0]!.reason).toContain("images need --features");
    expect(refused[0]!.hint).toContain("zaya train classifier");
    for (const { file } of results) expect(await readJson(folder, "model", file)).toMatchObject({ seed: 1 });
    const told = await zaya(folder, ...words);
    expect(told.code).toBe(2);
    expect(told.stdout).toMatch(/^not measured {2}kid: images need --features/m);
    expect(told.stdout).toMatch(/^negElbo [\d.]+/m);
  });

  it.each([
    [["model", "--metric", "fid"], "images need --features", "zaya train classifier"],
    [
      ["model", "--metric", "elbo", "--features", "teller"],
      "--features applies only to metrics of features",
      "fid, kid, ",
    ],
    [["model", "--metric", "fid", "--features", "model"], "must be a classifier - got model", "zaya train classifier"],
    [["model", "--metric", "fid", "--features", "none"], "got nothing there: none"],
    [
      ["model", "--metric", "fid", "--features", "train-images-idx3-ubyte"],
      "train-images-idx3-ubyte must be an ONNX model",
    ],
    [["model", "--metric", "fid", "--features", "."], "must be the folder of a run"],
    [["model", "--metric", "kid", "--features", "model/export/decoder.onnx"], "takes items of [2] - got [8, 8, 1]"],
    [["model", "--metric", "fid", "--features", "teller", "--feature-range", "0,2"], "must be one of 0,1, -1,1, 0,255"],
    [
      ["model", "--metric", "fid", "--features", "teller", "--samples", "6"],
      "needs more items than features, 6",
      "--force-fid",
    ],
    [["model", "--metric", "fid", "--features", "teller", "--samples", "1"], "samples must be at least 2"],
    [["model", "--metric", "modes", "--features", "teller"], "must declare modes"],
    [["model", "--metric", "accuracy"], "the model is not a classifier"],
    [["ring", "--metric", "sharpness"], "needs images - got points in ring8"],
    [["teller", "--metric", "sharpness"], "the model does not generate samples"],
    [["model", "--metric", "kid", "--force-fid"], "--force-fid is an option of fid, and needs --metric fid"],
    [["model", "--block", "5"], "block is an option of kid"],
  ])("%j is rejected", async (words, ...texts) => {
    const before = await filesIn(folder);
    const { code, stdout, stderr } = await zaya(folder, "eval", ...words, "--json");
    for (const text of texts) expect(stderr).toContain(text);
    expect(stderr).not.toContain("bug in zaya");
    expect([code, stdout]).toEqual([2, ""]);
    expect(await filesIn(folder)).toEqual(before);
  });

  it("computes FID from too few items with --force-fid", async () => {
    const words = [
      "eval",
      "model",
      "--metric",
      "fid",
      "--features",
      "teller",
      "--samples",
      "6",
      "--force-fid",
      "--json",
    ];
    const [fid] = resultOf(await zaya(folder, ...words)).results;
    expect(fid.protocol).toMatchObject({ samples: 6, options: { samples: 6, forceFid: true } });
  });
});

describe("a classifier", () => {
  it("is rejected for sampling, and for data without labels", async () => {
    expect((await zaya(folder, "sample", "teller")).stderr).toContain("the model does not generate samples from noise");
    expect((await zaya(folder, "reconstruct", "teller")).stderr).toContain("the model has no encoder");
    const unlabelled = await zaya(folder, "train", "classifier", "--data", "swiss-roll", "--out", "none");
    expect([unlabelled.code, unlabelled.stderr]).toEqual([
      2,
      expect.stringContaining("the data must have labels of at least 2 classes - got no labels"),
    ]);
    expect(await filesIn(join(folder, "none"))).toEqual([]);
  });

  it("leaves a report without samples", async () => {
    const files = await filesIn(join(folder, "teller"));
    expect(files).toEqual(expect.arrayContaining(["report.html", "export/classifier.onnx", "samples/reals.png"]));
    expect(files.filter((file) => /samples\/\d/.test(file))).toEqual([]);
  });
});
