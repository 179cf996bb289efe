import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { key, normal } from "../../src/base/random.ts";
import { commands } from "../../src/cli/commands.ts";
import { encodeNpy } from "../../src/codec/npy.ts";
import { type Json, resultOf, root, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

/** Keys by command, as docs/json.md has them; those that need not be there end in "?". */
const documented = new Map<string, readonly string[]>();
let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  for (const line of (await readFile(join(root, "docs", "json.md"), "utf8")).split("\n")) {
    const [, names, keys] = line
      .split("|")
      .map((cell) => cell.match(/`[^`]+`/g)?.map((word) => word.slice(1, -1)) ?? []);
    for (const name of names ?? []) documented.set(name, keys!);
  }
  work = await workFolder();
  await writeTinyData(work.folder);
  await writeFile(join(work.folder, "points.npy"), encodeNpy(normal(key(1), [1000, 2])));
  await zaya(work.folder, ...tiny, "--steps", "2", "--quiet", "--out", "a");
});
afterAll(() => work.remove());

async function objectOf(...words: string[]): Promise<Json> {
  const outcome = await zaya(work.folder, ...words, "--json");
  expect([outcome.code, outcome.stdout.match(/\n/g)?.length], outcome.stderr).toEqual([0, 1]);
  return resultOf(outcome);
}

describe("docs/json.md", () => {
  it("has every command", () => {
    const names = commands.map(({ name }) => name).filter((name) => name !== "studio");
    expect([...documented.keys()]).toEqual(expect.arrayContaining(names));
  });

  it.each([
    ["train", [...tiny, "--steps", "2", "--out", "b"]],
    ["train --dry-run", [...tiny, "--steps", "2", "--dry-run"]],
    ["resume", ["resume", "a"]],
    ["sample", ["sample", "a", "--out", "s.npy"]],
    ["reconstruct", ["reconstruct", "a", "--out", "r.png"]],
    ["traverse", ["traverse", "a", "--out", "t.png"]],
    ["diagnose", ["diagnose", "a"]],
    ["diagnose --data", ["diagnose", "points.npy", "--data", "ring8"]],
    ["export", ["export", "a", "--out", "onnx"]],
    ["report", ["report", "a"]],
    ["distance", ["distance", "tiny.npy", "tiny.npy", "-n", "10"]],
    ["compare", ["compare", "a", "c"]],
    ["list", ["list"]],
    ["doctor", ["doctor"]],
  ])("names the keys of %s", async (name, words) => {
    if (name === "compare") await zaya(work.folder, ...tiny, "--steps", "3", "--quiet", "--out", "c");
    const keys = Object.keys(await objectOf(...words));
    const known = documented.get(name)!;
    expect(known.map((key) => key.replace("?", ""))).toEqual(expect.arrayContaining(keys));
    expect(keys).toEqual(expect.arrayContaining(known.filter((key) => !key.endsWith("?"))));
  });

  it.each([
    ["eval", ["eval", "a"]],
    ["data", ["data", "tiny.npy"]],
    ["repro", ["repro", "ring", "--only-print"]],
  ])("names keys of %s that are there", async (name, words) => {
    const keys = Object.keys(await objectOf(...words));
    const known = name === "repro" ? ["row", "scale", "summary", "bar", "paper", "runs"] : documented.get(name)!;
    expect(keys).toEqual(expect.arrayContaining(known.filter((key) => !key.endsWith("?"))));
  });

  it("is right that what is refused prints nothing on stdout", async () => {
    const { code, stdout, stderr } = await zaya(work.folder, "data", "nothing", "--json");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error: /);
  });
});
