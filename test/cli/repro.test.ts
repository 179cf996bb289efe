import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesIn, readJson, resultOf, workFolder, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  work = await workFolder();
});
afterAll(() => work.remove());

describe("zaya repro", () => {
  it("writes the result and its pictures beside each other, and ends with the result", async () => {
    const outcome = await zaya(work.folder, "repro", "gradient-variance", "--out", "found", "--json");
    expect(outcome.code).toBe(0);
    const result = resultOf(outcome);
    expect(result).toMatchObject({ row: "gradient-variance", scale: "quick", passed: true, seeds: [1] });
    const files = ["gradient-variance-quick-histogram.svg", "gradient-variance-quick.json"];
    expect(await filesIn(join(work.folder, "found"))).toEqual(files);
    expect(await readJson(work.folder, "found", files[1]!)).toMatchObject({ ...result, date: expect.any(String) });
    const { format } = await sharp(await readFile(join(work.folder, "found", files[0]!))).metadata();
    expect(format).toBe("svg");

    await rm(join(work.folder, "found", files[1]!));
    const again = await zaya(work.folder, "repro", "gradient-variance", "--out", "found");
    expect(again.stderr).toContain(`the output must be a new file - got ${join("found", files[0]!)}, which exists`);
    expect([again.code, again.stdout]).toEqual([2, ""]);
    expect(await filesIn(join(work.folder, "found"))).toEqual([files[0]]);
  });

  it("says in its help where pictures go, and with --only-print runs nothing", async () => {
    const help = await zaya(work.folder, "repro", "--help");
    expect(help.stdout.replace(/\s+/g, " ")).toContain("its figures ROW-SCALE-NAME.svg");
    const print = await zaya(work.folder, "repro", "beta-vae", "--only-print", "--out", "nothing");
    expect([print.code, print.stdout.includes("bar ")]).toEqual([0, true]);
    expect(await filesIn(join(work.folder, "nothing"))).toEqual([]);
  });
});
