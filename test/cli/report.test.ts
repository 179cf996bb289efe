import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readJson, resultOf, start, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
});
afterAll(() => work.remove());

const page = (run: string): Promise<string> => readFile(join(folder, run, "report.html"), "utf8");
const endless = [...tiny, "--steps", "1000000", "--sample-every", "100000", "--checkpoint-every", "100000"];

describe("the report of a run", () => {
  it("exists from the start; an interrupted run updates it and prints its path", async () => {
    const { child, ended, until } = start(folder, ...endless, "--eval-every", "20", "--out", "stopped");
    await until("step 20  on");
    expect(await page("stopped")).toContain("running");
    // Of a run without any checkpoint, which goes on meanwhile.
    const made = await zaya(folder, "report", "stopped", "--json");
    expect(resultOf(made)).toEqual({ run: "stopped", status: "running", report: join("stopped", "report.html") });
    expect(await page("stopped")).toContain("Curves");
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).toContain(`see   ${join("stopped", "report.html")}\n`);
    const { step } = await readJson(folder, "stopped", "run.json");
    const html = await page("stopped");
    expect(html).toContain("<strong>interrupted</strong>");
    expect(html).toContain(`${step} of 1000000`);
    expect(html).toContain("Reconstructions");
  });

  it("shows held-out and training items in one chart", async () => {
    const curves = (await page("stopped")).split('id="curves"')[1]!;
    // The first of all.
    const titled = curves.split("<figure")[1]!;
    expect(titled).toContain(">negElbo<");
    const [legend = ""] = /<ul class="legend">.*?<\/ul>/s.exec(titled) ?? [];
    expect(legend.replaceAll(/<[^>]*>/g, " ")).toMatch(/test .* train /);
  });

  it("is written if the losses are not finite", async () => {
    const outcome = await zaya(folder, ...tiny, "--steps", "50", "--learning-rate", "1e18", "--out", "diverged");
    expect(outcome.code).toBe(3);
    expect(outcome.stdout).toContain(`see   ${join("diverged", "report.html")}\n`);
    expect(await page("diverged")).toContain("<strong>diverged</strong>");
  });

  it("is regenerated for an interrupted run, and for a completed one unchanged", async () => {
    const whole = await zaya(folder, ...tiny, "--steps", "30", "--checkpoint-every", "10", "--out", "whole", "--json");
    expect(resultOf(whole).report).toBe(join("whole", "report.html"));
    const before = await page("whole");
    await rm(join(folder, "whole", "report.html"));
    const { code, stdout } = await zaya(folder, "report", "whole");
    expect([code, stdout]).toEqual([0, `${join("whole", "report.html")}\n`]);
    expect((await page("whole")) === before).toBe(true);

    await cp(join(folder, "whole"), join(folder, "killed"), { recursive: true });
    const record = await readJson(folder, "killed", "run.json");
    await writeFile(join(folder, "killed", "run.json"), JSON.stringify({ ...record, status: "running", step: 20 }));
    for (const name of ["checkpoints/000030", "eval", "report.html"]) {
      await rm(join(folder, "killed", name), { recursive: true });
    }
    expect((await zaya(folder, "report", "killed")).code).toBe(0);
    const html = await page("killed");
    for (const text of ["<strong>running</strong>", "results of step", "Reconstructions"]) expect(html).toContain(text);
  });
});
