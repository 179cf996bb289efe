import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesIn, readJson, resultOf, start, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
});
afterAll(() => work.remove());

const params = (run: string, step: string): Promise<Buffer> =>
  readFile(join(folder, run, "checkpoints", step, "params.safetensors"));

describe("zaya train", () => {
  it("writes a complete run and one JSON object; a second run has the same numbers", async () => {
    const [a, b] = await Promise.all([
      zaya(folder, ...tiny, "--steps", "12", "--seed", "3", "--out", "a", "--json"),
      zaya(folder, ...tiny, "--steps", "12", "--seed", "3", "--out", "b", "--json"),
    ]);
    expect(a.code).toBe(0);
    const result = resultOf(a);
    expect(result).toMatchObject({ run: "a", recipe: "vae", seed: 3, status: "done", steps: 12, test: { n: 4 } });
    const { negElbo, recon, kl, bitsPerDim, activeUnits, stderr } = result.test;
    expect(negElbo).toBeCloseTo(recon + kl, 3);
    expect(bitsPerDim).toBeCloseTo(negElbo / Math.LN2 / 64, 6);
    expect([activeUnits, stderr, result.seconds].every(Number.isFinite)).toBe(true);
    expect(resultOf(b).test).toEqual(result.test);
    expect(await params("b", "000012")).toEqual(await params("a", "000012"));

    const files = await filesIn(join(folder, "a"));
    for (const name of [
      "run.json",
      "config.json",
      "data.json",
      "metrics.jsonl",
      "report.html",
      "samples/reals.png",
      "samples/000000.png",
      "samples/000012.png",
      "checkpoints/000012/optimizer.safetensors",
      "export/encoder.onnx",
      "export/decoder.onnx",
      "export/model.json",
      "export/parity.json",
    ])
      expect(files).toContain(name);
    expect(files.filter((name) => name.split("/").at(-1)!.startsWith("."))).toEqual([]);
    expect(await readJson(folder, "a", "run.json")).toMatchObject({ status: "done", step: 12 });
    expect(Object.keys((await readJson(folder, "a", "run.json")).versions)).toEqual(
      expect.arrayContaining(["zaya", "node", "onnxruntime"]),
    );
  });

  it("numbers runs by default, prints the config with changed entries marked, and progress line by line", async () => {
    const first = await zaya(folder, ...tiny, "--steps", "3", "--set", "train.logEvery=2");
    const second = await zaya(folder, ...tiny, "--steps", "3", "--quiet");
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toContain("vae on tiny.npy: 36 train, 4 test, 8 x 8 x 1");
    expect(first.stdout).toMatch(/^ \* +model\.latent +2 +\(default 20\)$/m);
    expect(first.stdout).toMatch(/^ \* +train\.logEvery +2 +\(default 10\)$/m);
    expect(first.stdout).toMatch(/^ {4}train\.rateEnd +0\.05$/m);
    expect(first.stdout).toMatch(/^train 3\/3 {2}100% {2}[\d,]+ items\/s {2}0s left {2}loss [\d.]+/m);
    expect(first.stdout).toContain("run runs/vae-tiny-1\n");
    expect(second.stdout).toMatch(
      /^test {2}negElbo .*\nrun {3}runs\/vae-tiny-2 .*\nsee {3}runs\/vae-tiny-2\/report\.html\nnext .*\n$/,
    );
  });

  it("repeats a run's config; flags take precedence", async () => {
    const config = join("a", "config.json");
    const again = await zaya(folder, "train", "--config", config, "--out", "again", "--json");
    expect(again.code).toBe(0);
    expect(await params("again", "000012")).toEqual(await params("a", "000012"));
    expect(await readJson(folder, "again", "config.json")).toEqual(await readJson(folder, config));
    const changed = await zaya(
      folder,
      "train",
      "--config",
      config,
      "--epochs",
      "2",
      "--latent",
      "3",
      "--dry-run",
      "--json",
    );
    expect(resultOf(changed)).toMatchObject({ model: { latent: 3, hidden: [8] }, train: { steps: 8, seed: 3 } });
  });

  it("rejects a config with unknown entries", async () => {
    await writeFile(join(folder, "bad.json"), '{"recipe":"vae","trian":{}}');
    const bad = await zaya(folder, "train", "--config", "bad.json");
    expect(bad.stderr).toContain("bad.json has no option trian");
    await writeFile(join(folder, "worse.json"), '{"recipe":"vae","train":{"steps":"many"}}');
    const worse = await zaya(folder, "train", "--config", "worse.json");
    expect(worse.stderr).toContain("steps must be a whole number - got many");
    expect([bad.code, worse.code]).toEqual([2, 2]);
  });

  it("writes nothing for --dry-run", async () => {
    const before = await filesIn(folder);
    const { code, stdout } = await zaya(folder, ...tiny, "--out", "dry", "--dry-run", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ recipe: "vae", model: { latent: 2 }, train: { batch: 8 } });
    expect(await filesIn(folder)).toEqual(before);
  });

  it("rejects a folder that contains another run or other files, and a path below a file", async () => {
    await writeFile(join(folder, "file"), "");
    const before = await filesIn(folder);
    const [run, other, file, under] = await Promise.all(
      ["a", ".", "file", "file/run"].map((out) => zaya(folder, ...tiny, "--steps", "2", "--out", out)),
    );
    expect(run!.stderr).toContain("got a, which holds another run");
    expect(run!.stderr).toContain("zaya resume a");
    expect(other!.stderr).toMatch(/must be new or empty - got \., which holds/);
    expect(file!.stderr).toContain("ENOTDIR");
    expect(under!.stderr).toContain("ENOTDIR");
    for (const { code, stdout } of [run!, other!, file!, under!]) expect([code, stdout]).toEqual([2, ""]);
    expect(await filesIn(folder)).toEqual(before);
  });

  it("exits with code 3 if a loss is not finite, names the step and keeps what was saved", async () => {
    const words = [...tiny, "--steps", "50", "--learning-rate", "1e30", "--checkpoint-every", "1", "--out", "nan"];
    const { code, stdout, stderr } = await zaya(folder, ...words, "--json");
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ run: "nan", status: "diverged", step: 2 });
    expect(stderr).toMatch(/must be finite - got .* at step 2\n/);
    expect(stderr).toContain("the checkpoint of step 1 is kept; try a smaller --learning-rate");
    const files = await filesIn(join(folder, "nan"));
    expect(files).toContain("checkpoints/000001/params.safetensors");
    expect(files).not.toContain(".lock");
    expect(await readJson(folder, "nan", "run.json")).toMatchObject({ status: "diverged", step: 2 });
    const resumed = await zaya(folder, "resume", "nan");
    expect([resumed.code, resumed.stdout]).toEqual([2, ""]);
    expect(resumed.stderr).toContain("diverged at step 2");
  });

  it("exits with code 3 as well if the evaluation is not finite, and writes no samples of such a model", async () => {
    const words = [...tiny, "--likelihood", "gaussian", "--hidden", "64,64", "--learning-rate", "1e30", "--quiet"];
    const { code, stderr } = await zaya(folder, ...words, "--steps", "20", "--out", "overflow");
    expect(stderr).toMatch(/^error: all losses must be finite - got .*\nhint: .*try a smaller --learning-rate/m);
    expect(code).toBe(3);
    expect(await readJson(folder, "overflow", "run.json")).toMatchObject({ status: "diverged" });
    expect((await zaya(folder, ...words, "--steps", "1", "--out", "once")).code).toBe(0);
    for (const out of ["once.npy", "once.png", "once/"]) {
      const sampled = await zaya(folder, "sample", "once", "-n", "4", "--out", `samples-${out}`);
      expect(sampled.stderr).toMatch(/^error: samples must be finite - got (NaN|-?Infinity) in item 0/);
      expect(sampled.code).toBe(2);
    }
    expect((await filesIn(folder)).filter((name) => name.startsWith("samples-"))).toEqual([]);
  });

  it("reports in one line that there is no graphics adapter", async () => {
    const { engines } = resultOf(await zaya(folder, "doctor", "--json"));
    const before = await filesIn(folder);
    const { code, stderr } = await zaya(folder, ...tiny, "--steps", "2", "--device", "webgpu", "--out", "gpu");
    if (engines.at(-1).gflops !== null) expect(code).toBe(0);
    else {
      expect(code).toBe(2);
      expect(stderr).toContain("webgpu: no graphics adapter was found");
      expect(await filesIn(folder)).toEqual(before);
    }
  });

  it("continues when stdout is closed, and reports this immediately", async () => {
    const { child, ended } = start(folder, ...tiny, "--steps", "20", "--out", "unread");
    child.stdout!.destroy();
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([2, "error: the reader of stdout exited before everything was printed (EPIPE)\n"]);
    expect(await readJson(folder, "unread", "run.json")).toMatchObject({ status: "done", step: 20 });
  });
});
