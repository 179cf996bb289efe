import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { key, normal } from "../../src/base/random.ts";
import { type JsonForm, keyName } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { encodeNpy } from "../../src/codec/npy.ts";
import { type Json, resultOf, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

/** Forms by the call that prints them. */
const forms = new Map<string, JsonForm>();
let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  for (const { name, load } of commands) {
    for (const form of (await load()).json) forms.set(form.given === undefined ? name : `${name} ${form.given}`, form);
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

describe("the JSON object", () => {
  it.each([
    ["eval", ["eval", "a"]],
    ["data", ["data", "tiny.npy"]],
    ["data A B", ["data", "tiny.npy", "tiny.npy"]],
    ["repro --only-print", ["repro", "ring", "--only-print"]],
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
  ])("of %s has the keys of its form", async (name, words) => {
    if (name === "compare") await zaya(work.folder, ...tiny, "--steps", "3", "--quiet", "--out", "c");
    const { keys } = forms.get(name)!;
    const found = Object.keys(await objectOf(...words));
    expect(keys.filter((key) => !key.endsWith("?") || found.includes(keyName(key))).map(keyName)).toEqual(found);
  });

  it("is not printed for a rejected command, nor is anything else on stdout", async () => {
    const { code, stdout, stderr } = await zaya(work.folder, "data", "nothing", "--json");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error: /);
  });
});
