import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Json, filesIn, readJson, resultOf, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
const gan = "train gan --data tiny.npy --arch mlp --hidden 8 --latent 2 --batch 8".split(" ");

beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  const ended = await Promise.all([
    zaya(folder, ...tiny, "--steps", "20", "--sample-every", "5", "--out", "vae"),
    zaya(folder, ...gan, "--steps", "30", "--out", "gan"),
    zaya(folder, ...tiny, "--steps", "5", "--limit", "20", "--out", "fewer"),
  ]);
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
});
afterAll(() => work.remove());

const compare = (...words: string[]) => zaya(folder, "compare", ...words);

describe("zaya compare", () => {
  it("compares a VAE and a GAN: cost, results and differing options", async () => {
    const { out, runs, metrics, differences } = resultOf(await compare("vae", "gan", "--out", "two.html", "--json"));
    expect(out).toBe("two.html");
    expect(runs).toMatchObject([
      { run: "vae", recipe: "vae", data: "tiny.npy", status: "done", step: 20, images: 160 },
      { run: "gan", recipe: "gan", data: "tiny.npy", status: "done", step: 30, images: 240 },
    ]);
    const [elbo] = metrics;
    expect(metrics.map(({ metric }: { metric: string }) => metric)).toEqual(["elbo", "sharpness", "diversity"]);
    const [file] = (await filesIn(join(folder, "vae", "eval"))) as [string];
    expect(elbo).toMatchObject({ metric: "elbo", protocol: { n: 4, part: "test" }, values: { gan: null } });
    expect(elbo.values.vae).toEqual(await readJson(folder, "vae", "eval", file));
    expect(differences).toMatchObject({
      recipe: { vae: "vae", gan: "gan" },
      "train.steps": { vae: "20", gan: "30" },
      "model.likelihood": { vae: "bernoulli", gan: null },
      "model.loss": { vae: null, gan: "non-saturating" },
    });
    for (const same of ["train.seed", "train.batch", "data.spec", "model.hidden", "model.latent", "device"]) {
      expect(differences).not.toHaveProperty(same);
    }
  });

  it("skips a damaged result file and names it; so does report", async () => {
    await cp(join(folder, "vae"), join(folder, "harmed"), { recursive: true });
    const [file] = (await filesIn(join(folder, "harmed", "eval"))) as [string];
    await writeFile(join(folder, "harmed", "eval", file), "");
    await writeFile(join(folder, "harmed", "eval", "other.json"), "[]");
    const told = (words: string) => expect.stringContaining(words);
    for (const words of [
      ["compare", "vae", "harmed", "--out", "harmed.html"],
      ["report", "harmed"],
    ]) {
      const { code, stderr } = await zaya(folder, ...words);
      expect([code, stderr]).toEqual([0, told(`harmed/eval/${file}: must be JSON - got an empty file; it is ignored`)]);
      expect(stderr).toContain("harmed/eval/other.json: ");
    }
  });

  it("measures the requested metrics that apply to a GAN and reports the others", async () => {
    const asked = ["sharpness", "nll", "elbo", "gradient-variance", "accuracy", "mig", "pair-error"];
    const { code, stdout } = await zaya(
      folder,
      "eval",
      "gan",
      ...asked.flatMap((name) => ["--metric", name]),
      "--json",
    );
    const { results, refused } = JSON.parse(stdout) as Json;
    expect(code).toBe(2);
    expect(results.map(({ metric }: Json) => metric)).toEqual(["sharpness"]);
    expect(refused.map(({ label }: Json) => label)).toEqual(asked.slice(1));
  });

  it("writes a single page without external resources, with pictures and curves of both runs", async () => {
    const { stdout } = await compare("vae", "gan", "--out", "page.html");
    expect(stdout).toMatch(/^negElbo, nats\n {2}vae {2}[\d.]+ \[[\d., ]+\]\n {2}gan {2}not measured\n/);
    expect(stdout).toMatch(/\npage\.html: 2 runs, 3 measurements\n$/);
    const page = await readFile(join(folder, "page.html"), "utf8");
    expect(page).not.toMatch(/https?:|url\(|@import|<link/);
    const count = (text: string | RegExp) => page.split(text).length - 1;
    expect(count("<td>")).toBeGreaterThan(20);
    expect(count("not measured</span>")).toBeGreaterThan(1);
    for (const run of ["vae", "gan"]) {
      const last = await readFile(join(folder, run, "samples", run === "vae" ? "000020.png" : "000030.png"));
      expect(page).toContain(last.toString("base64"));
    }
    // The training items are the same, and shown once.
    expect(count((await readFile(join(folder, "vae/samples/reals.png"))).toString("base64"))).toBe(1);
    for (const text of ["vae, train", "gan, train", "gan, discriminator", "–</td>"]) expect(page).toContain(text);
  });

  it("measures all runs first if requested, and saves the results with the runs", async () => {
    const words = ["--metric", "sharpness", "--limit", "3", "--out", "measured.html", "--json"];
    const { metrics } = resultOf(await compare("vae", "gan", ...words));
    const sharpness = metrics.find(
      ({ metric, protocol }: { metric: string; protocol: { n: number } }) => metric === "sharpness" && protocol.n === 3,
    );
    for (const run of ["vae", "gan"]) {
      const files = (await filesIn(join(folder, run, "eval"))).filter((name) => /^sharpness@.*n=3,/.test(name));
      expect(files).toHaveLength(1);
      expect(sharpness.values[run]).toEqual(await readJson(folder, run, "eval", files[0]!));
      expect(sharpness.values[run].protocol.n).toBe(3);
    }
    const again = await zaya(folder, "eval", "gan", "--metric", "sharpness", "--limit", "3", "--json");
    expect(resultOf(again).results[0].value).toBe(sharpness.values.gan.value);
  });

  it("rejects runs that cannot be compared, with the reason", async () => {
    const cases: [words: string[], told: string][] = [
      [["vae"], "needs at least two runs - got 1"],
      [["vae", "./vae/"], "each run must be given once - got ./vae/ twice"],
      [["vae", "nowhere"], "must be the folder of a run - got nothing at nowhere"],
      [["vae", "fewer"], "the runs must have the same data - got vae on tiny.npy (train 36, "],
      [["vae", "gan", "--out", "page.png"], "must end in .html - got page.png"],
      [["vae", "gan", "--metric", "sharpnes"], "the metric must be known - got sharpnes"],
      [["vae", "gan", "--limit", "3"], "--limit is an option of metrics and needs --metric"],
      [["vae", "gan", "--samples", "5"], "samples is an option of nll"],
    ];
    const ended = await Promise.all(cases.map(([words]) => compare(...words)));
    ended.forEach(({ code, stdout, stderr }, i) => {
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(cases[i]![1]);
    });
    expect(await filesIn(folder)).not.toContain("compare.html");
    const known = resultOf(await compare("vae", "fewer", "--different-data", "--out", "differ.html", "--json"));
    const bounds = known.metrics.filter(({ metric }: Json) => metric === "elbo");
    expect(bounds.map(({ values }: Json) => Object.values(values).filter(Boolean).length)).toEqual([1, 1]);
  });

  it("never overwrites a page without --force", async () => {
    await writeFile(join(folder, "mine.html"), "mine");
    const refused = await compare("vae", "gan", "--out", "mine.html");
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toContain("got mine.html, which exists");
    expect(await readFile(join(folder, "mine.html"), "utf8")).toBe("mine");
    expect((await compare("vae", "gan", "--out", "mine.html", "--force")).code).toBe(0);
    expect(await readFile(join(folder, "mine.html"), "utf8")).toMatch(/^<!doctype html>/);
  });

  it("says what is wrong with a skipped result file", async () => {
    const file = join(folder, "gan", "eval", "elbo@part=test.json");
    for (const [text, reason] of [
      ['{"metric": "elbo"', "must be JSON - got"],
      ["[]", "Invalid input: expected object, received array - got []"],
      ['{"metric": "elbo", "protocol": {"part": "test"}, "step": 1}', "label must be text - got none"],
    ] as const) {
      await writeFile(file, text);
      const { code, stderr } = await compare("vae", "gan", "--out", "damaged.html", "--force");
      expect(code).toBe(0);
      expect(stderr).toContain(`gan/eval/elbo@part=test.json: ${reason}`);
    }
    await rm(file);
  });
});
