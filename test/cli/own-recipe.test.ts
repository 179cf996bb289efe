import { mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import { readJson, root, workFolder, zaya } from "./zaya.ts";

// The recipe of the docs, in a project of its own that has zaya installed.

let folder: string;
let remove: () => Promise<void>;
const words = ["--hidden", "8", "--euler-steps", "3", "--batch", "16", "--data", "ring8", "--limit", "64"];
beforeAll(async () => {
  ({ folder, remove } = await workFolder());
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules", "zaya"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(folder, "flow.js"), await readFile(join(root, "examples", "flow-matching.js")));
  const { code, stderr } = await zaya(
    folder,
    "train",
    "--recipe",
    "flow.js",
    ...words,
    "--steps",
    "20",
    "--out",
    "run",
  );
  if (code !== 0) throw new Error(stderr);
}, 120_000);
afterAll(() => remove());

it("has flags with their help, and is recorded in the run's config with its file", async () => {
  const { stdout } = await zaya(folder, "train", "--recipe", "flow.js", "--help");
  expect(stdout).toMatch(/--euler-steps <n> +Euler steps from noise to a sample \(default: 50\)/);
  const { recipe, module, model } = await readJson(folder, "run", "config.json");
  expect([recipe, model.eulerSteps]).toEqual(["flow-matching", 3]);
  expect(module).toEqual({ path: join(folder, "flow.js"), sha256: expect.stringMatching(/^[\da-f]{64}$/) });
});

it("is sampled, measured and resumed using the file recorded in the run", async () => {
  expect((await zaya(folder, "sample", "run", "-n", "5", "--out", "drawn.csv")).code).toBe(0);
  expect((await readFile(join(folder, "drawn.csv"), "utf8")).trim().split("\n")).toHaveLength(5);
  expect((await zaya(folder, "resume", "run", "--steps", "24")).code).toBe(0);
  expect(await readJson(folder, "run", "run.json")).toMatchObject({ status: "done", step: 24 });
});

it("is reported if its file has changed or is gone, and loaded from its new location", async () => {
  await writeFile(join(folder, "flow.js"), `${await readFile(join(folder, "flow.js"), "utf8")}// changed\n`);
  const changed = await zaya(folder, "sample", "run", "-n", "5", "--out", "again.csv");
  expect([changed.code, changed.stderr]).toEqual([0, expect.stringContaining("flow.js, has changed in the meantime")]);
  await rename(join(folder, "flow.js"), join(folder, "moved.js"));
  const gone = await zaya(folder, "sample", "run", "-n", "5", "--out", "third.csv");
  expect(gone.code).toBe(2);
  expect(gone.stderr).toContain("run: its recipe must be in the file that it started with");
  expect(gone.stderr).toContain("--recipe FILE");
  expect((await zaya(folder, "sample", "run", "--recipe", "moved.js", "-n", "5", "--out", "third.csv")).code).toBe(0);
});

it("is rejected if it is not a recipe, if it is TypeScript that Node cannot load, and together with a built-in one", async () => {
  await writeFile(join(folder, "none.js"), "export const x = 1;\n");
  const refusal = async (...given: string[]) => (await zaya(folder, "train", ...given, "--dry-run")).stderr;
  expect(await refusal("--recipe", "none.js")).toContain("none.js: must export one recipe");
  expect(await refusal("vae", "--recipe", "moved.js")).toContain(
    "train takes one recipe - got vae and --recipe moved.js",
  );
  expect(await refusal("./moved.js")).toContain("train --recipe ./moved.js");
  const example = await readFile(join(folder, "moved.js"), "utf8");
  await writeFile(join(folder, "short.js"), example.replace(/^ {2}source: .*$/m, ""));
  expect(await refusal("--recipe", "short.js", "--data", "ring8")).toContain(
    "short.js: the recipe flow-matching must have summary, source, options, defaults, but lacks source",
  );
  await writeFile(join(folder, "wrong.js"), example.replace("const [d] = shape;", "const d = shape.size.d;"));
  expect(await refusal("--recipe", "wrong.js", "--data", "ring8")).toMatch(
    /error: .*wrong\.js:\d+:\d+: Cannot read properties of undefined \(reading 'd'\)\nhint: the error was thrown in your own file/,
  );
  // Zaya's own code fails because of how it is called.
  await writeFile(
    join(folder, "calling.js"),
    example.replace("const [d] = shape;", "const [d] = shape; add(null, 1);"),
  );
  expect(await refusal("--recipe", "calling.js", "--data", "ring8")).toMatch(
    /^error: .*calling\.js:\d+:\d+: .*\nhint: zaya threw the error when called there: check the arguments/,
  );
  await writeFile(join(folder, "typed.ts"), "export const x: number = 1;\n");
  const [major, minor] = process.versions.node.split(".").map(Number) as [number, number];
  const strips = major > 22 || (major === 22 && minor >= 18);
  expect(await refusal("--recipe", "typed.ts")).toContain(
    strips ? "typed.ts: must export one recipe" : "use Node 22.18 or newer",
  );
});
