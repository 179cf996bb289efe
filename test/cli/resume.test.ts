import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesIn, readJson, resultOf, start, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

/** Long enough that a signal finds it at work, and two checkpoints before any. */
const long = [...tiny, "--steps", "1000000", "--checkpoint-every", "50", "--sample-every", "1000000"];
const short = [...tiny, "--steps", "60", "--checkpoint-every", "20"];

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  // A run stopped between its checkpoints of steps 20 and 40, as a cut of the power leaves it: copied for each test.
  await zaya(folder, ...short, "--out", "whole", "--json");
  await cp(join(folder, "whole"), join(folder, "half"), { recursive: true });
  const half = join(folder, "half");
  const record = await readJson(half, "run.json");
  await writeFile(join(half, "run.json"), JSON.stringify({ ...record, status: "running", step: 40 }));
  await rm(join(half, "checkpoints", "000060"), { recursive: true });
});
afterAll(() => work.remove());

async function copy(name: string): Promise<string> {
  await cp(join(folder, "half"), join(folder, name), { recursive: true });
  return join(folder, name);
}

const checkpoint = (run: string, step: string): Promise<Buffer[]> =>
  Promise.all(
    ["params", "optimizer"].map((file) => readFile(join(folder, run, "checkpoints", step, `${file}.safetensors`))),
  );

describe("zaya resume", () => {
  it("ends with the bytes of an uninterrupted run", async () => {
    await copy("on");
    const outcome = await zaya(folder, "resume", "on", "--json");
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain("saved at step 40 of 60");
    expect(await checkpoint("on", "000060")).toEqual(await checkpoint("whole", "000060"));
    const lines = async (run: string): Promise<unknown[]> =>
      (await readFile(join(folder, run, "metrics.jsonl"), "utf8"))
        .trimEnd()
        .split("\n")
        .map((line) => ({ ...(JSON.parse(line) as object), seconds: 0 }));
    expect(await lines("on")).toEqual(await lines("whole"));
    expect(resultOf(outcome)).toMatchObject({ run: "on", status: "done", steps: 60 });
  });

  it("reports changes of what the numbers depend on", async () => {
    const run = await copy("elsewhere");
    const record = await readJson(run, "run.json");
    const versions = { ...record.versions, onnxruntime: "1.0.0", threads: "64", node: "20.19.0" };
    await writeFile(join(run, "run.json"), JSON.stringify({ ...record, versions }));
    const { code, stderr } = await zaya(folder, "resume", "elsewhere");
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /warning: the run started with onnxruntime 1\.0\.0, threads 64 and continues with onnxruntime \d/,
    );
    expect(stderr).not.toContain("20.19.0");
    expect((await zaya(folder, "resume", await copy("here"))).stderr).not.toContain("started with");
  });

  it("does nothing for a completed run", async () => {
    const before = await filesIn(folder);
    const { code, stdout } = await zaya(folder, "resume", "whole");
    expect(code).toBe(0);
    expect(stdout).toBe("nothing to do: all 60 steps of whole are done; train longer with --steps N\n");
    expect(await filesIn(folder)).toEqual(before);
  });

  it("rejects data that have changed since", async () => {
    await copy("changed");
    const bytes = await readFile(join(folder, "tiny.npy"));
    await writeTinyData(folder, 2);
    try {
      for (const words of [
        ["resume", "changed"],
        ["eval", "changed"],
        ["reconstruct", "changed"],
      ]) {
        const { code, stderr } = await zaya(folder, ...words);
        expect(stderr).toMatch(/items must be those of the run, \d+ with fingerprint/);
        expect(stderr).toContain("the data have changed since");
        expect(code).toBe(2);
      }
    } finally {
      await writeFile(join(folder, "tiny.npy"), bytes);
    }
  });
});

describe("a signal", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s ends the run after its current step, saved; it can be resumed",
    async (signal) => {
      const run = `stopped-${signal}`;
      const { child, ended, until } = start(folder, ...long, "--out", run, "--json");
      await until("train 1/");
      child.kill(signal);
      const outcome = await ended;
      expect([outcome.code, outcome.signal]).toEqual([130, null]);
      const { step, ...rest } = resultOf(outcome);
      expect(rest).toMatchObject({ run, status: "interrupted", resume: `zaya resume ${run}` });
      expect(outcome.stderr).toContain("stopping after this step");
      expect(await readJson(folder, run, "run.json")).toMatchObject({ status: "interrupted", step });
      const files = await filesIn(join(folder, run));
      expect(files).toContain(`checkpoints/${String(step).padStart(6, "0")}/state.json`);
      expect(files).not.toContain(".lock");

      const resumed = start(folder, "resume", run);
      await resumed.until(`saved at step ${step} of 1000000`);
      await resumed.until("train ");
      resumed.child.kill(signal);
      const again = await resumed.ended;
      expect(again.code).toBe(130);
      expect(again.stdout).toMatch(new RegExp(`stopped at step \\d+ of 1000000; continue with: zaya resume ${run}\n$`));
      expect((await readJson(folder, run, "run.json")).step).toBeGreaterThan(step);
    },
  );

  it("SIGTERM interrupts a first step with millions of critic updates between two of them", async () => {
    const endless = ["train", "wgan", "--data", "ring8", "--critic-warmup", "10000000", "--steps", "20"];
    const { child, ended, until } = start(folder, ...endless, "--hidden", "8", "--out", "endless");
    await until("training");
    await sleep(500);
    child.kill("SIGTERM");
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).toContain("stopped at step 0 of 20; continue with: zaya resume endless");
    expect(await readJson(folder, "endless", "run.json")).toMatchObject({ status: "interrupted", step: 0, saved: 0 });
    expect(await filesIn(join(folder, "endless"))).not.toContain(".lock");
  });

  it("exits immediately on a second signal, and the run can be resumed", async () => {
    // Some 100 MB to save: that takes longer than the second signal waits.
    const large = [...tiny, "--hidden", "2000,2000", "--steps", "1000", "--sample-every", "1000", "--out", "twice"];
    const { child, ended, until } = start(folder, ...large);
    await until("train 1/");
    child.kill("SIGINT");
    await until("press Ctrl-C again to exit immediately");
    await sleep(350);
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).not.toContain("stopped at step");
    expect(await readJson(folder, "twice", "run.json")).toMatchObject({ status: "running", saved: 0 });
    const next = start(folder, "resume", "twice");
    await next.until("train 1/1000");
    next.child.kill("SIGKILL");
    await next.ended;
  });

  it("leaves no lock after a kill", async () => {
    const { child, ended, until } = start(folder, ...long, "--out", "killed");
    await until("train 1/");
    child.kill("SIGKILL");
    expect((await ended).signal).toBe("SIGKILL");
    expect(await filesIn(join(folder, "killed"))).toContain(".lock");
    const resumed = start(folder, "resume", "killed");
    await resumed.until("train ");
    resumed.child.kill("SIGINT");
    expect((await resumed.ended).code).toBe(130);
    expect(
      (await filesIn(join(folder, "killed"))).filter((name) => name.split("/").some((part) => part.startsWith("."))),
    ).toEqual([]);
  });
});

describe("a live run", () => {
  it("can have only one writer", async () => {
    const { child, ended, until } = start(folder, ...long, "--out", "live");
    await until("train 1/");
    const outcomes = await Promise.all([
      zaya(folder, "resume", "live"),
      zaya(folder, "eval", "live"),
      zaya(folder, ...long, "--out", "live"),
    ]);
    expect(outcomes.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(outcomes[0].stderr).toContain(`a folder can have only one writer - got process ${child.pid} on`);
    expect(outcomes[1].stderr).toContain(`got process ${child.pid}`);
    expect(outcomes[2].stderr).toContain("holds another run");
    expect(child.exitCode).toBeNull();
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
  });
});
