import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { decodeNpy, encodeNpy } from "../../src/codec/npy.ts";
import { filesIn, resultOf, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

const training = ["--latent", "2", "--hidden", "4", "--batch", "8", "--steps", "20", "--learning-rate", "0.01"];

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  const runs = await Promise.all([
    zaya(folder, "train", "gan", "--data", "tiny.npy", ...training, "--ema", "0.9", "--out", "run", "--quiet"),
    zaya(folder, ...tiny, "--steps", "4", "--out", "vae", "--quiet"),
  ]);
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
});
afterAll(() => work.remove());

async function draw(source: string, out: string, ...words: string[]) {
  const { code, stderr } = await zaya(folder, "sample", source, "-n", "20", "--out", out, ...words);
  expect([code, stderr]).toEqual([0, ""]);
  return Array.from(decodeNpy(await readFile(join(folder, out)), out).data);
}

const difference = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

describe("--weights", () => {
  it("selects the parameters that are sampled, EMA by default, and those of exported files", async () => {
    const [usual, ema, last] = await Promise.all([
      draw("run", "usual.npy"),
      draw("run", "ema.npy", "--weights", "ema"),
      draw("run", "last.npy", "--weights", "last"),
    ]);
    expect(ema).toEqual(usual);
    expect(difference(last!, usual!)).toBeGreaterThan(1e-3);
    // Training ends with the files of the averages.
    expect(difference(await draw("run/export/generator.onnx", "file.npy"), usual!)).toBeLessThan(1e-5);

    const exported = await zaya(folder, "export", "run", "--weights", "last", "--out", "files", "--json");
    expect(resultOf(exported)).toMatchObject({ step: 20, weights: "last" });
    expect(difference(await draw("files/generator.onnx", "file-last.npy"), last!)).toBeLessThan(1e-5);
    const said = await zaya(folder, "export", "run", "--out", "others");
    expect(said.stdout).toMatch(/^the EMA parameters of step 20\n/);
  });

  it("selects the parameters that are evaluated; results of the last parameters have their own file", async () => {
    const measured = async (...words: string[]) => {
      const outcome = await zaya(folder, "eval", "run", "--metric", "sharpness", "--samples", "40", "--json", ...words);
      expect(outcome.code).toBe(0);
      return resultOf(outcome);
    };
    const usual = await measured();
    const last = await measured("--weights", "last");
    expect([usual.weights, last.weights]).toEqual(["ema", "last"]);
    expect(last.results[0].value).not.toBe(usual.results[0].value);
    expect(last.results[0].file).toBe(usual.results[0].file.replace(".json", ",weights=last.json"));
    const files = await filesIn(join(folder, "run", "eval"));
    expect(files.filter((name) => name.includes("sharpness"))).toHaveLength(3);
  });

  it("has no effect on a run without EMA parameters", async () => {
    expect(await draw("vae", "vae-last.npy", "--weights", "last")).toEqual(await draw("vae", "vae.npy"));
    const before = await filesIn(join(folder, "vae", "eval"));
    const { code, stdout } = await zaya(folder, "eval", "vae", "--weights", "last");
    expect(code).toBe(0);
    expect(stdout).toContain("with the checkpoint of step 4");
    expect(await filesIn(join(folder, "vae", "eval"))).toEqual(before);
  });

  it("is rejected with another value, and for an ONNX file", async () => {
    const [word, file] = await Promise.all([
      zaya(folder, "sample", "run", "--weights", "best", "--out", "a.npy"),
      zaya(folder, "sample", "run/export/generator.onnx", "--weights", "last", "--out", "b.npy"),
    ]);
    expect(word.stderr).toContain("weights must be one of ema, last - got best");
    expect(file.stderr).toContain("an ONNX file holds one set of parameters - got --weights last");
    expect([word.code, file.code]).toEqual([2, 2]);
    expect(await filesIn(folder)).not.toContain("a.npy");
  });
});

describe("zaya train", () => {
  it.each([
    [["pacgan", "--packing", "3", "--batch", "8"], "batch must be a multiple of 3 for this model - got 8"],
    [["adagan", "--components", "4", "--steps", "6"], "steps must be at least as many as the model's 7 stages - got 6"],
    [["wgan-gp", "--discriminator-norm", "batch"], "got batch normalisation in the critic"],
    [["gan", "--hidden", "4,4,4,4"], "multiples of 16 - got [8, 8, 1]"],
  ])("rejects invalid options before a run is created: %s", async (words, message) => {
    const before = await filesIn(folder);
    const { code, stdout, stderr } = await zaya(folder, "train", ...words, "--data", "tiny.npy", "--latent", "2");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(await filesIn(folder)).toEqual(before);
  });

  it("accepts the chosen options even if the defaults do not fit the data", async () => {
    const words = ["train", "gan", "--data", "odd.npy", "--arch", "mlp", "--dry-run", "--json"];
    const odd = Uint8Array.from({ length: 40 * 49 }, (_, i) => (7 * i) % 256);
    await writeFile(join(folder, "odd.npy"), encodeNpy(ndarray("uint8", [40, 1, 7, 7], odd)));
    const { code, stdout } = await zaya(folder, ...words);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ model: { arch: "mlp" }, train: { batch: 16 } });
  });
});
