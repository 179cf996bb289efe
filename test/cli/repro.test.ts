import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Json, filesIn, readJson, resultOf, start, workFolder, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  work = await workFolder();
});
afterAll(() => work.remove());

describe("zaya repro", () => {
  it("writes the result next to its pictures, and prints the result at the end", async () => {
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

  it("prints at most 20 lines, the path of a picture last, and says where all values are", async () => {
    const outcome = await zaya(work.folder, "repro", "dag-theory", "--out", "short", "--quiet");
    const lines = outcome.stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(20);
    expect(lines.at(-1)).toBe(`written ${join("short", "dag-theory-quick-turned.svg")}`);
    const { values } = (await readJson(work.folder, "short", "dag-theory-quick.json")) as { values: object };
    const shown = lines.filter((line) => line.startsWith("  ")).length - 1;
    const more = Object.keys(values).length - shown;
    expect(lines).toContain(`  and ${more} more values in ${join("short", "dag-theory-quick.json")}`);
  });

  it("says in its help where pictures are written, and runs nothing with --only-print", async () => {
    const help = await zaya(work.folder, "repro", "--help");
    expect(help.stdout.replace(/\s+/g, " ")).toContain("its figures ROW-SCALE-NAME.svg");
    const print = await zaya(work.folder, "repro", "beta-vae", "--only-print", "--out", "nothing");
    expect([print.code, print.stdout.includes("criterion ")]).toEqual([0, true]);
    expect(await filesIn(join(work.folder, "nothing"))).toEqual([]);
  });
});

describe("zaya repro --jobs", () => {
  it("trains by jobs, and completes all of them after being killed and stopped", { timeout: 900_000 }, async () => {
    const words = ["repro", "ring", "--out", "jobs", "--jobs", "2"];
    const trials = join("jobs", "trials");
    const runs = async (): Promise<Json[]> => {
      const names = (await filesIn(join(work.folder, trials))).filter((name) => name.endsWith("/run.json"));
      return Promise.all(
        names.map(async (name) => ({ folder: dirname(name), ...(await readJson(work.folder, trials, name)) })),
      );
    };
    const done = async () =>
      (await runs()).filter(({ status }) => status === "done").map(({ started }) => started as string);
    const killed = start(work.folder, ...words);
    await killed.until("training runs so far");
    killed.child.kill("SIGKILL");
    await killed.ended;
    const before = await done();
    expect(before.length).toBeGreaterThan(0);
    const stopped = start(work.folder, ...words, "--json");
    await stopped.until("2 of ");
    stopped.child.kill("SIGINT");
    const outcome = await stopped.ended;
    expect([outcome.code, resultOf(outcome).status]).toEqual([130, "interrupted"]);
    const halfway = (await runs()).find(({ status }) => status === "interrupted")!.folder as string;
    const result = await zaya(work.folder, ...words, "--json");
    expect(result.code).toBe(0);
    const trained = await runs();
    // Each of them once: those that were done are as they were.
    expect(trained.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => "done"));
    expect(trained.map(({ started }) => started as string)).toEqual(expect.arrayContaining(before));
    expect((await filesIn(join(work.folder, "jobs"))).filter((name) => name.endsWith(".lock"))).toEqual([]);
    // The run that was interrupted is what it would be without that.
    const config = join(trials, halfway, "config.json");
    await zaya(work.folder, "train", "--config", config, "--threads", "1", "--out", "alone");
    const parameters = (run: string) => readFile(join(work.folder, run, "checkpoints", "000100", "params.safetensors"));
    expect((await parameters(join(trials, halfway))).equals(await parameters("alone"))).toBe(true);
  });
});
