import { cp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readJson, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  // A run stopped after its checkpoints of steps 20 and 40, as a cut of the power leaves it: copied for each test.
  await zaya(folder, ...tiny, "--steps", "60", "--checkpoint-every", "20", "--keep", "3", "--out", "half", "--json");
  const half = join(folder, "half");
  const record = await readJson(half, "run.json");
  await writeFile(join(half, "run.json"), JSON.stringify({ ...record, status: "running", step: 40, saved: 40 }));
  await cp(join(half, "checkpoints", "000060"), join(folder, "last"), { recursive: true });
  await rm(join(half, "checkpoints", "000060"), { recursive: true });
});
afterAll(() => work.remove());

async function copy(name: string): Promise<string> {
  await cp(join(folder, "half"), join(folder, name), { recursive: true });
  return join(folder, name);
}

async function requireSameEnd(run: string): Promise<void> {
  for (const file of ["params.safetensors", "optimizer.safetensors"]) {
    expect(await readFile(join(run, "checkpoints", "000060", file))).toEqual(
      await readFile(join(folder, "last", file)),
    );
  }
}

describe("a run with damaged files", () => {
  it("resumes from the latest intact checkpoint, and reports this, as do commands that read it", async () => {
    const run = await copy("cut");
    await truncate(join(run, "checkpoints", "000040", "params.safetensors"), 700);
    await truncate(join(run, "run.json"), 5);
    for (const words of [
      ["sample", "cut", "-n", "4"],
      ["resume", "cut", "--quiet"],
    ]) {
      const { code, stderr } = await zaya(folder, ...words);
      expect(stderr).toContain("cut: checkpoints/000040/params.safetensors: must have the");
      expect(stderr).toContain("cut: run.json: must be JSON");
      expect(stderr).toContain("its contents are read from the checkpoint of step 20 instead");
      expect(stderr.includes("run.json is restored")).toBe(words[0] === "resume");
      expect(code).toBe(0);
    }
    await requireSameEnd(run);
  });

  it("does not restart silently", async () => {
    const run = await copy("gone");
    await rm(join(run, "checkpoints"), { recursive: true });
    const refused = await zaya(folder, "resume", "gone");
    expect(refused.stderr).toContain("the run must have an intact checkpoint");
    expect(refused.stderr).toContain("zaya resume gone --from-scratch");
    expect(refused.code).toBe(2);
    const { code, stderr } = await zaya(folder, "resume", "gone", "--from-scratch");
    expect([code, stderr]).toEqual([0, ""]);
    await requireSameEnd(run);
    expect((await zaya(folder, "resume", "gone", "--from-scratch")).stderr).toContain("has a checkpoint of step 60");
  });

  it("accepts a config with a byte order mark, of a run or with --config", async () => {
    const run = await copy("bom");
    const text = await readFile(join(run, "config.json"), "utf8");
    await writeFile(join(run, "config.json"), `\uFEFF${text}`);
    expect((await zaya(folder, "resume", "bom")).code).toBe(0);
    expect((await zaya(folder, "train", "--config", "bom/config.json", "--dry-run")).code).toBe(0);
    await writeFile(join(folder, "utf16.json"), Buffer.from(`\uFEFF${text}`, "utf16le"));
    const { code, stderr } = await zaya(folder, "train", "--config", "utf16.json", "--dry-run");
    expect(stderr).toContain("utf16.json: must be in UTF-8 - got UTF-16");
    expect(code).toBe(2);
  });
});
