import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesIn, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  work = await workFolder();
  await writeTinyData(work.folder);
});
afterAll(() => work.remove());

describe("an invalid command line", () => {
  it.each<[words: string[], ...texts: string[]]>([
    [["trian"], "the command must be known - got trian", "did you mean train?"],
    [["train"], "needs a recipe", "vae (variational autoencoder"],
    [["train", "vea"], "the recipe must be known - got vea", "did you mean vae?"],
    [["train", "--latent", "3"], "needs a recipe"],
    [[...tiny, "--latnt", "3"], "there is no flag --latnt", "did you mean --latent?"],
    [[...tiny, "--beta", "4"], "--beta is an option of beta-vae, not of vae", "zaya train vae --help"],
    [[...tiny, "--seed", "9007199254740993"], "--seed must be at most 9007199254740991 - got 9007199254740993"],
    [[...tiny, "--out", ""], "the output folder must have a name - got an empty string"],
    [[...tiny, "--xyzzy"], "there is no flag --xyzzy", "zaya train --help lists them"],
    [[...tiny, "more"], "too many arguments"],
    [[...tiny, "--seed"], "needs a value"],
    [
      [...tiny, "--latent", "0"],
      "error: --latent must be at least 1 - got 0",
      "hint: --latent: dimensions of the latent code",
    ],
    [[...tiny, "--latent", "two"], "--latent must be a whole number - got two"],
    [[...tiny, "--epochs", "-1"], "epochs must be at least 1 - got -1"],
    [[...tiny, "--steps", "0"], "steps must be at least 1 - got 0"],
    [[...tiny, "--steps", "1.5"], "steps must be a whole number - got 1.5"],
    [[...tiny, "--steps", "5", "--epochs", "1"], "mutually exclusive"],
    [
      "train unrolled-gan --data ring8 --unroll 10000000".split(" "),
      "--unroll must be at most 100 - got 10000000",
      "unrolled discriminator updates",
    ],
    [[...tiny, "--batch", "1000"], "batch must be at most the 36 training items - got 1000"],
    [[...tiny, "--learning-rate", "NaN"], "--learning-rate must be a number - got NaN"],
    [[...tiny, "--schedule", "cosin"], "schedule must be one of constant, linear, constant-linear, cosine - got cosin"],
    [[...tiny, "--sigma", "1"], "sigma is for the gaussian likelihood", "--likelihood gaussian"],
    [[...tiny, "--arch", "conv", "--hidden", "4,4,4,4"], "multiples of 16", "--size"],
    [[...tiny, "--limit", "0"], "limit must be a positive integer, or a fraction in (0, 1) - got 0"],
    [[...tiny, "--limit", "1.5"], "limit must be a positive integer, or a fraction in (0, 1) - got 1.5"],
    [[...tiny, "--limit", "half"], "limit must be a positive integer, or a fraction in (0, 1) - got half"],
    [["train", "vae", "--data", "a", "b", "c"], "--data takes one data set or two domains - got 3: a, b, c"],
    [["train", "--data", "a", "b"], "needs a recipe"],
    [["train", "--data", "tiny.npy", "nothing", "vae"], "got nothing", "known names: mnist"],
    [["train", "--data", "vae"], "needs a recipe"],
    [[...tiny, "--device", "gpu"], "--device must be one of auto, cpu, "],
    [
      [...tiny, "--set", "model.latnt=3"],
      "--set must name an entry of the config - got model.latnt",
      "did you mean model.latent?",
    ],
    [[...tiny, "--set", "latent"], "must be path=value - got latent", "--set model.latent=4"],
    [[...tiny, "--config", "none.json"], "must be a file that can be read - got none.json (ENOENT)"],
    [[...tiny, "--config", "tiny.npy"], "tiny.npy: must be JSON"],
    [["resume"], "needs RUN"],
    [["resume", "nowhere"], "must be the folder of a run - got nothing at nowhere"],
    [["resume", "."], "got a folder without run.json"],
    [["sample", "tiny.npy"], "tiny.npy must be an ONNX model - got a NumPy array"],
    [["sample", "none.onnx"], "there is no file none.onnx"],
    [["sample", "nowhere", "--out", "a.gif"], "must end in .png, .jpg, .webp, .npy, .csv or / - got a.gif"],
    [["sample", "nowhere", "-n", "0"], "n must be at least 1 - got 0"],
    [["eval", "nowhere", "--metric", "elbow"], "the metric must be known - got elbow", "did you mean elbo?"],
    [["eval", "nowhere", "--samples", "5"], "the path must be the folder of a run - got nothing at nowhere"],
    [["traverse", "nowhere", "--columns", "1"], "columns must be at least 2 - got 1"],
    [["train", "vae", "--data", ""], "--data needs a name, a folder or a file"],
    [["repro", "rong"], "no row is called rong", "did you mean ring?"],
    [["list", "recipe"], "no list is called recipe", "did you mean recipes?"],
  ])("%j is rejected", async (words, ...texts) => {
    const before = await filesIn(work.folder);
    const { code, stdout, stderr } = await zaya(work.folder, ...words);
    for (const text of texts) expect(stderr).toContain(text);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toContain("bug in zaya");
    expect([code, stdout]).toEqual([2, ""]);
    expect(await filesIn(work.folder)).toEqual(before);
  });

  it("leaves no folder behind", async () => {
    expect((await filesIn(work.folder)).filter((name) => name !== "tiny.npy")).toEqual([]);
  });
});
