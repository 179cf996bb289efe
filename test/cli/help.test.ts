import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { Command } from "commander";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { commands } from "../../src/cli/commands.ts";
import { evalCommand } from "../../src/cli/eval.ts";
import { parseOptions } from "../../src/base/options.ts";
import { declareProgram } from "../../src/cli/main.ts";
import { trainCommand } from "../../src/cli/train.ts";
import { distances } from "../../src/distances/index.ts";
import { metrics } from "../../src/metrics/index.ts";
import { models } from "../../src/models/index.ts";
import type { DataSplit } from "../../src/data/index.ts";
import { defaultData, nodeEngine, openData } from "../../src/node/index.ts";
import { planRun } from "../../src/run/index.ts";
import { root, workFolder, zaya, zayaProcess, zayaWith } from "./zaya.ts";

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
      const { code, stdout, stderr } = await zayaProcess(work.folder, "--help");
      const ended = performance.now();
      fastest = Math.min(fastest, ended - began);
      await promisify(execFile)(process.execPath, ["-e", "0"]);
      bare = Math.min(bare, performance.now() - ended);
      expect([code, stderr]).toEqual([0, ""]);
      for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    }
    expect(fastest).toBeLessThan(Math.max(200, 5 * bare));
  });

  it("is printed by zaya without arguments", async () => {
    const [bare, asked] = await Promise.all([zayaProcess(work.folder), zayaProcess(work.folder, "--help")]);
    expect(bare).toEqual(asked);
  });

  it("shows a command's flags, and a recipe's with their docs and defaults", async () => {
    const [train, vae, help] = await Promise.all([
      zaya(work.folder, "train", "--help"),
      zaya(work.folder, "train", "vae", "--help"),
      zaya(work.folder, "help", "train", "vae"),
    ]);
    expect(train.code).toBe(0);
    expect(train.stdout).toContain("--learning-rate <x>");
    expect(train.stdout).not.toContain("--latent");
    expect(vae.stdout).toMatch(/--latent <n> +dimensions of the latent code z \(default: 20\)/);
    expect(vae.stdout).toMatch(/--batch <n> +batch size in items \(default: 128\)/);
    expect(vae.stdout).toContain("--likelihood <bernoulli|gaussian>");
    expect(help.stdout).toBe(vae.stdout);
  });

  it("shows the default data of each recipe, on which it can be trained", async () => {
    const engine = await nodeEngine();
    const opened = new Map<string, DataSplit>();
    for (const definition of models) {
      const help = (await declared(["train", definition.name])).join("\n");
      const { spec, description } = defaultData(definition);
      expect.soft(help, definition.name).toContain(`(default: ${description})`);
      expect.soft(description).toMatch(new RegExp(`^${spec}( if|$)`));
      if (!opened.has(spec)) opened.set(spec, await openData(spec));
      const configured = { definition, options: parseOptions(definition.options, {}, definition.name) };
      const { config } = await planRun(configured, opened.get(spec)!, {}, { engine });
      expect.soft(config.data.spec).toBe(spec);
    }
  });

  it("lists recipes on one line each before the usage, and groups flags by topic", async () => {
    const [train, vae] = await Promise.all([helpAt(80, "train"), helpAt(80, "train", "vae")]);
    const recipes = train.slice(train.indexOf("Recipes:") + 1, train.indexOf(""));
    expect(recipes.map((line) => line.trim().split("  ")[0])).toEqual(models.map(({ name }) => name));
    expect(train.findIndex((line) => line.startsWith("Usage:"))).toBeGreaterThan(recipes.length);
    const headings = (lines: readonly string[]): string[] => lines.filter((line) => /^\S.*:$/.test(line));
    expect(headings(train)).toEqual(["Recipes:", "Data:", "Training:", "Run:", "Output:", "Examples:"]);
    expect(headings(vae)).toEqual(["Data:", "Training:", "Model (vae):", "Run:", "Output:", "Examples:"]);
  });

  it("prints lists on lines of at most 80 columns", async () => {
    const all = ["metrics", "distances", "data", "recipes"];
    const lists = await Promise.all(all.map((what) => zayaWith({ COLUMNS: "80" }, work.folder, "list", what)));
    const known = JSON.parse((await zaya(work.folder, "list", "--json")).stdout) as Record<string, { name: string }[]>;
    for (const [i, { stdout }] of lists.entries()) {
      const lines = stdout.trimEnd().split("\n");
      expect(lines.map((line) => line.trim().split(/ {2,}/)[0])).toEqual(known[all[i]!]!.map(({ name }) => name));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    }
  });

  it("lists metrics in eval, and distances in distance, on one line each", async () => {
    const [measure, distance] = await Promise.all([helpAt(80, "eval"), helpAt(80, "distance")]);
    for (const { name, summary } of metrics) {
      expect(measure.some((line) => line.startsWith(`  ${name} `) && line.endsWith(summary))).toBe(true);
    }
    for (const { name, summary } of distances) {
      expect(distance.some((line) => line.startsWith(`  ${name} `) && line.endsWith(summary))).toBe(true);
    }
  });

  const commandLines = [
    [],
    ...commands.map(({ name }) => [name]),
    ...models.map(({ name }) => ["train", name]),
  ] satisfies string[][];

  it.each([60, 80, 120])("fits %d columns in every command and recipe", async (columns) => {
    for (const words of commandLines) {
      const lines = await helpAt(columns, ...words);
      expect(lines.length).toBeGreaterThan(5);
      expect.soft(lines.filter((line) => line.length > columns)).toEqual([]);
      expect.soft(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
    }
  });

  it("describes every flag and argument in the field's terms", async () => {
    for (const words of commandLines) {
      const text = (await declared(words)).join("\n");
      for (const worn of [
        "where not given",
        "so many",
        "the players",
        "is shown",
        "looks at",
        "(default: undefined)",
      ]) {
        expect.soft(text, words.join(" ")).not.toContain(worn);
      }
    }
  });

  it("has examples that run as printed", async () => {
    await writeImages(work.folder);
    const all = await Promise.all(commands.map(({ name }) => helpAt(80, name)));
    // Rows take minutes, and the studio and workers serve until they are stopped: tests of their own run these.
    const examples = all.flatMap(examplesIn).filter((line) => !/^npx zaya (repro|studio|worker)/.test(line));
    expect(examples.length).toBeGreaterThan(15);
    // The file of which the examples of sweep speak.
    const sweep =
      "{recipe: vae, data: {spec: photos, size: 8}, method: grid, metric: {name: elbo}, parameters: {steps: 2}}";
    await writeFile(join(work.folder, "latents.yaml"), sweep);
    // The run of which translate's example speaks.
    const small = ["--size", "16", "--ngf", "4", "--blocks", "1", "--discriminator-layers", "1", "--batch", "4"];
    const domains = ["train", "cyclegan", "--data", "horses", "zebras", ...small, ...brief];
    expect((await zaya(work.folder, ...domains)).stderr).not.toContain("error:");
    // Runs are made short, and one of them made twice for what compares two.
    for (const line of [examples.find((each) => each.endsWith("train vae --data mnist"))!, ...examples]) {
      const words = line
        .replace(/ --steps \d+$/, " --steps 4")
        .split(" ")
        .slice(2);
      const { code, stderr } = await zayaProcess(work.folder, ...words, ...(words[0] === "train" ? brief : []));
      expect.soft([code, stderr.replace(/^warning.*\n(  .*\n)?/gm, "")], line).toEqual([0, ""]);
    }
  }, 300_000);

  it("prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect((await zayaProcess(work.folder, "--version")).stdout).toBe(`${version}\n`);
  });
});

/** Lines of the help of a command, as a terminal of so many columns has them. */
async function helpAt(columns: number, ...words: string[]): Promise<string[]> {
  let text = "";
  const program = await declareProgram(words[0], [...words.slice(1), "--help"]);
  const command = program.commands.find((each) => each.name() === words[0]) ?? program;
  command.configureOutput({ ...command.configureOutput(), writeOut: (written) => (text += written) });
  vi.stubEnv("COLUMNS", String(columns));
  command.outputHelp();
  vi.unstubAllEnvs();
  return text.split("\n");
}

/** Docs of a command's flags. */
async function declared(words: readonly string[]): Promise<string[]> {
  const entry = commands.find(({ name }) => name === words[0]);
  if (entry === undefined) return [];
  const command = new Command(entry.name);
  const { declare } = await entry.load();
  await declare(command, words.length > 1 ? words.slice(1) : ["--help"]);
  const shown = command.options.filter(({ hidden }) => !hidden);
  for (const { flags, description } of shown) expect.soft(description, flags).not.toBe("");
  return shown.map(({ description }) => description);
}

/** Commands under "Examples:", those over several lines joined. */
function examplesIn(lines: readonly string[]): string[] {
  const at = lines.indexOf("Examples:");
  if (at < 0) return [];
  const text = lines
    .slice(at + 1)
    .join("\n")
    .replaceAll(/ \\\n +/g, " ");
  return text.split("\n").flatMap((line) => (line.trim() === "" || line.startsWith("  #") ? [] : [line.trim()]));
}

const brief = ["--limit", "400", "--steps", "2"];

/** Folders of a person's own images, of which the examples speak. */
async function writeImages(folder: string): Promise<void> {
  for (const images of ["photos", "horses", "zebras"]) {
    await mkdir(join(folder, images));
    for (let i = 0; i < 24; i++) {
      const background = { r: 10 * i, g: 100, b: 200 - 8 * i };
      const image = sharp({ create: { width: 48, height: 32, channels: 3, background } });
      await image.png().toFile(join(folder, images, `${i}.png`));
    }
  }
}

describe("flags", () => {
  it.each(models.map(({ name }) => name))("of %s do not collide with those of training", async (recipe) => {
    const command = new Command("train");
    await trainCommand.declare(command, [recipe]);
    const definition = models.find(({ name }) => name === recipe)!;
    const names = command.options.map((option) => option.attributeName());
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(expect.arrayContaining(Object.keys(definition.options.shape)));
  });

  it("of eval are those of every metric", async () => {
    const command = new Command("eval");
    await evalCommand.declare(command, []);
    const names = command.options.map((option) => option.attributeName());
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(expect.arrayContaining(metrics.flatMap((metric) => Object.keys(metric.options.shape))));
  });
});
