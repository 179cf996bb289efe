import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Outcome, filesIn, readJson, resultOf, start, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

/** Biases so low that no hidden unit is above 0. */
const dead = ["train", "gan", "--data", "ring8", "--hidden", "32", "--initial-bias", "-9", "--learning-rate", "1e-3"];
const steps = ["--steps", "300", "--sample-every", "50", "--checkpoint-every", "100"];

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
let trained: Outcome;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  trained = await zaya(folder, ...dead, ...steps, "--out", "dead", "--json");
});
afterAll(() => work.remove());

describe("zaya train", () => {
  it("warns once on stderr, with the numbers and one flag, and records the warning in the result and the run", async () => {
    expect(trained.code).toBe(0);
    const warned = trained.stderr.match(/^warning: .*\n .*$/gm)!;
    expect(warned).toHaveLength(2);
    expect(warned[0]).toMatch(
      /^warning: complete-collapse at step 200: the mean distance between samples is [\d.]+ % of that between real items \(collapse: below 10 %\)/,
    );
    expect(warned[1]).toMatch(
      /^warning: dead-units at step 200: dead on \d+ items at each of the last 3 checks: at least 100 % ± 0 % of the units of generator\/layer1/,
    );
    for (const text of warned) expect(text).toMatch(/\n {2}try --initial-bias 0: /);
    const { warnings } = resultOf(trained);
    expect(warnings).toMatchObject([
      { step: 200, symptom: "complete-collapse" },
      { step: 200, symptom: "dead-units" },
    ]);
    expect((await readJson(folder, "dead", "run.json")).warnings).toEqual(warnings);
  });

  it("prints warnings even with --quiet", async () => {
    const { stdout, stderr } = await zaya(folder, ...dead, "--steps", "210", "--out", "quiet", "--quiet");
    expect(stderr).toMatch(/^warning: dead-units/m);
    expect(stdout).not.toContain("warning");
  });
});

describe("zaya diagnose", () => {
  it("names the symptoms found, the other checks and those that are not possible, and writes nothing", async () => {
    const before = await filesIn(join(folder, "dead"));
    const { code, stdout, stderr } = await zaya(folder, "diagnose", "dead");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("checking gan on ring8, step 300 of 300\n");
    expect(stdout).toMatch(
      /^dead-units: most units .*\n {2}dead on \d+ items at each .*\n {2}try --initial-bias 0: .*$/m,
    );
    expect(stdout).toContain("\n2 symptoms found in 7 checks\n");
    expect(stdout).toMatch(/^ {2}partial-collapse not found: /m);
    expect(stdout).toContain("\n  posterior-collapse was not checked: it needs the KL term of each latent\n");
    expect(await filesIn(join(folder, "dead"))).toEqual(before);
  });

  it("prints one JSON object with --json, whose findings are also in the report", async () => {
    const { run, step, findings, absent, unknown } = resultOf(await zaya(folder, "diagnose", "dead", "--json"));
    expect([run, step]).toEqual(["dead", 300]);
    expect(findings.map(({ symptom }: { symptom: string }) => symptom)).toEqual(["complete-collapse", "dead-units"]);
    expect(findings[1].values).toEqual({ "generator/layer1": 1 });
    expect(findings[1].change).toMatchObject({ flag: "--initial-bias 0" });
    expect(findings.length + absent.length + unknown.length).toBe(10);
    const report = await readFile(join(folder, "dead", "report.html"), "utf8");
    for (const { symptom, summary } of findings) {
      expect(report).toContain(`<h3>${symptom}</h3><p><strong>${summary}</strong></p>`);
    }
  });

  it("diagnoses an interrupted run at its last checkpoint", async () => {
    const { child, ended, until } = start(
      folder,
      ...dead,
      "--steps",
      "1000000",
      "--out",
      "stopped",
      "--checkpoint-every",
      "250",
      "--sample-every",
      "100",
    );
    await until("warning: dead-units");
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    const { step } = await readJson(folder, "stopped", "run.json");
    const { stdout, code } = await zaya(folder, "diagnose", "stopped");
    expect(code).toBe(0);
    expect(stdout).toContain(`checking gan on ring8, step ${step} of 1000000`);
    expect(stdout).toMatch(/^dead-units: /m);
  });

  it("checks samples of a file or a run against real items, without information about training", async () => {
    await zaya(folder, "sample", "dead", "-n", "400", "--out", "dead.npy");
    for (const source of ["dead.npy", "dead"]) {
      const { code, stdout, stderr } = await zaya(folder, "diagnose", source, "--data", "ring8");
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^checking [\d,]+ samples of dead\S* against ring8\n/);
      expect(stdout).toMatch(/^complete-collapse: .*\n {2}the mean distance .*\n1 symptom found in 3 checks\n/m);
      expect(stdout).toContain("\n  not checked, as they need a run: no-convergence, ");
    }
    const { samples, n, data, findings } = resultOf(
      await zaya(folder, "diagnose", "dead.npy", "--data", "ring8", "--json"),
    );
    expect([samples, n, data]).toEqual(["dead.npy", 400, "ring8"]);
    expect(Object.keys(findings[0])).toEqual(["symptom", "summary", "evidence", "values"]);
  });

  it("rejects samples that do not match the data, too few samples, and flags without --data", async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await zaya(folder, "diagnose", ...args);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refused("dead.npy", "--data", "mixture1200")).toContain(
      "samples must have the shape of items of mixture1200, [1200]",
    );
    expect(await refused("dead.npy", "--data", "grid25")).toContain("at least 500 samples are needed");
    expect(await refused("dead", "--features", "runs/digits")).toContain("--features is for checks of samples");
  });

  it("reports that fewer than 200 steps are too early for a diagnosis", async () => {
    await writeTinyData(folder);
    await zaya(folder, ...tiny, "--steps", "20", "--out", "short", "--quiet");
    const { code, stdout } = await zaya(folder, "diagnose", "short", "--quiet");
    expect(code).toBe(0);
    expect(stdout).toContain("no check could be made yet\n");
    expect(stdout).toContain("  dead-units was not checked: it needs 200 steps\n");
  });

  it("rejects a run without a checkpoint, a damaged run, and a folder that is not a run", async () => {
    await cp(join(folder, "dead"), join(folder, "bare"), { recursive: true });
    await rm(join(folder, "bare", "checkpoints"), { recursive: true });
    const bare = await zaya(folder, "diagnose", "bare");
    expect(bare.code).toBe(2);
    expect(bare.stderr).toContain("the run has no undamaged checkpoint");
    expect(bare.stderr).not.toContain("bug in zaya");
    await writeFile(join(folder, "bare", "metrics.jsonl"), '{"st\n');
    await cp(join(folder, "dead", "checkpoints"), join(folder, "bare", "checkpoints"), { recursive: true });
    expect(await zaya(folder, "diagnose", "bare")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("metrics.jsonl: line 1 must be JSON") as string,
    });
    expect((await zaya(folder, "diagnose", "nowhere")).code).toBe(2);
  });
});
