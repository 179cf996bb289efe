import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, it } from "vitest";

const run = promisify(execFile);
const images = 2000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-example-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("the exported files alone reproduce zaya's bound, within its standard error", async () => {
  const out = join(folder, "run");
  const zaya = (...words: string[]) => run(process.execPath, ["bin/zaya.js", ...words]);
  await zaya("train", "vae", "--steps", "150", "--hidden", "64", "--latent", "8", "--out", out, "--quiet");
  const told = JSON.parse((await zaya("eval", out, "--limit", String(images), "--json")).stdout) as {
    results: { value: number; stderr: number; n: number }[];
  };
  const ours = told.results[0]!;
  const { stdout } = await run(process.execPath, ["examples/elbo-from-onnx.js", join(out, "export"), String(images)]);
  const theirs = JSON.parse(stdout) as { negElbo: number; n: number };
  expect(theirs.n).toBe(ours.n);
  // Both draw other binary pixels and codes of the same images: the standard error over images bounds that many times over.
  expect(Math.abs(theirs.negElbo - ours.value)).toBeLessThan(ours.stderr);
});
