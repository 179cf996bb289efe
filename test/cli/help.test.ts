import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { declareEval } from "../../src/cli/eval.ts";
import { declareTrain } from "../../src/cli/train.ts";
import { metrics } from "../../src/metrics/index.ts";
import { models } from "../../src/models/index.ts";
import { root, workFolder, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  work = await workFolder();
});
afterAll(() => work.remove());

describe("zaya --help", () => {
  it("names every command within 0.2 s", async () => {
    const names = "train resume sample reconstruct traverse eval compare export distance data list doctor".split(" ");
    // The rest of the machine may be at work. One undisturbed start tells how long it takes; where there is none, the
    // start of a bare Node beside it tells how slow the machine is: 40 ms where it is idle.
    let [fastest, bare] = [Infinity, Infinity];
    for (let round = 0; round < 20 && fastest > 200; round++) {
      const began = performance.now();
      const { code, stdout, stderr } = await zaya(work.folder, "--help");
      const ended = performance.now();
      fastest = Math.min(fastest, ended - began);
      await promisify(execFile)(process.execPath, ["-e", "0"]);
      bare = Math.min(bare, performance.now() - ended);
      expect([code, stderr]).toEqual([0, ""]);
      for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    }
    expect(fastest).toBeLessThan(Math.max(200, 5 * bare));
  });

  it("is what a bare zaya prints", async () => {
    const [bare, asked] = await Promise.all([zaya(work.folder), zaya(work.folder, "--help")]);
    expect(bare).toEqual(asked);
  });

  it("shows a command's flags, and a recipe's with their docs and defaults", async () => {
    const [train, vae, help] = await Promise.all([
      zaya(work.folder, "train", "--help"),
      zaya(work.folder, "train", "vae", "--help"),
      zaya(work.folder, "help", "train", "vae"),
    ]);
    expect(train.code).toBe(0);
    expect(train.stdout).toContain("--learning-rate <value>");
    expect(train.stdout).not.toContain("--latent");
    expect(vae.stdout).toMatch(/--latent <value> +dimensions of the code \(default: 20\)/);
    expect(vae.stdout).toMatch(/--batch <value> +items in a batch \(default: 128\)/);
    expect(vae.stdout).toContain("--likelihood <bernoulli|gaussian>");
    expect(help.stdout).toBe(vae.stdout);
  });

  it("prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect((await zaya(work.folder, "--version")).stdout).toBe(`${version}\n`);
  });
});

describe("flags", () => {
  it.each(models.map(({ name }) => name))("of %s do not collide with those of training", async (recipe) => {
    const command = new Command("train");
    await declareTrain(command, [recipe]);
    const definition = models.find(({ name }) => name === recipe)!;
    const names = command.options.map((option) => option.attributeName());
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(expect.arrayContaining(Object.keys(definition.options.shape)));
  });

  it("of eval are those of every metric", () => {
    const command = new Command("eval");
    declareEval(command);
    const names = command.options.map((option) => option.attributeName());
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(expect.arrayContaining(metrics.flatMap((metric) => Object.keys(metric.options.shape))));
  });
});
