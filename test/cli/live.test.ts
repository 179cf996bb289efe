import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Started, filesIn, program, readJson, start, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

/** Never ends by itself, and saves nothing. */
const endless = [...tiny, "--steps", "100000000", "--checkpoint-every", "100000000", "--sample-every", "100000000"];

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
});
afterAll(() => work.remove());

async function training(name: string, ...words: string[]): Promise<Started> {
  const started = start(folder, ...endless, "--out", name, ...words);
  await started.until("train 1/");
  return started;
}

describe("a run while it trains", () => {
  it("writes its metrics and its step as they are computed, and discards unsaved ones when it is killed", async () => {
    const { child, ended } = await training("told");
    const run = join(folder, "told");
    const metrics = async (): Promise<number> =>
      (await readFile(join(run, "metrics.jsonl"), "utf8")).split("\n").length;
    await until(async () => (await readJson(run, "run.json")).step > 0);
    const [lines, record] = [await metrics(), await readJson(run, "run.json")];
    expect(record).toMatchObject({ status: "running", saved: 0 });
    expect(record.seconds).toBeGreaterThan(0);
    await until(async () => (await metrics()) > lines && (await readJson(run, "run.json")).step > record.step);
    child.kill("SIGKILL");
    await ended;
    expect(await filesIn(run)).not.toContain("checkpoints/");
    // Nothing was saved: it begins again, and nothing of before is left.
    const again = start(folder, "resume", "told");
    await again.until("train 1/");
    again.child.kill("SIGTERM");
    expect((await again.ended).code).toBe(130);
    const steps = (await readFile(join(run, "metrics.jsonl"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { step: number }).step);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  });
});

describe("a run whose folder is moved or replaced", () => {
  it("stops with a message when it is moved, and resumes at its new location", async () => {
    const { ended } = await training("here");
    await rename(join(folder, "here"), join(folder, "there"));
    const { code, stderr } = await ended;
    expect(stderr).toContain(`the folder must not be moved during training - got nothing at ${join(folder, "here")}`);
    expect(stderr).not.toContain("bug in zaya");
    expect(code).toBe(2);
    expect(existsSync(join(folder, "here"))).toBe(false);
    const again = start(folder, "resume", "there");
    await again.until("train 1/");
    again.child.kill("SIGTERM");
    expect((await again.ended).code).toBe(130);
  });

  it("stops with a message when it is removed or replaced", async () => {
    const [gone, replaced] = await Promise.all([training("gone"), training("replaced")]);
    await rename(join(folder, "gone"), join(folder, "trash"));
    await rename(join(folder, "replaced"), join(folder, "old"));
    await mkdir(join(folder, "replaced"));
    const outcomes = await Promise.all([gone.ended, replaced.ended]);
    expect(outcomes.map(({ code }) => code)).toEqual([2, 2]);
    expect(outcomes[1].stderr).toContain("got another folder at");
    expect([existsSync(join(folder, "gone")), await filesIn(join(folder, "replaced"))]).toEqual([false, []]);
  });

  it("stops with a message when another writer has taken the lock", async () => {
    const { ended } = await training("shared");
    const lock = join(folder, "shared", ".lock");
    const holder = await readJson(lock);
    await writeFile(lock, JSON.stringify({ ...holder, id: "another", host: "elsewhere" }));
    const before = await readFile(join(folder, "shared", "run.json"), "utf8");
    const { code, stderr } = await ended;
    expect(stderr).toContain("elsewhere has it now");
    expect(code).toBe(2);
    expect((await readJson(lock)).id).toBe("another");
    expect(await readFile(join(folder, "shared", "run.json"), "utf8")).toBe(before);
  });
});

describe.runIf(process.platform === "linux")("an ignored hang-up signal", () => {
  /** Starts words in a shell, which prints the process that they become. */
  async function inShell(script: string, name: string): Promise<{ pid: number; shell: ChildProcess }> {
    const words = [process.execPath, program, ...endless, "--out", name];
    const shell = spawn("bash", ["-c", script, "bash", ...words], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    shell.stdout!.on("data", (piece) => (text += String(piece)));
    await until(async () => text.includes("train 1/"));
    return { pid: (await readJson(folder, name, ".lock")).pid, shell };
  }

  it.each([
    ["nohup", 'nohup "$@"; exit $?'],
    ["trap", `trap "" HUP; "$@"; exit $?`],
  ])("does not stop a run: %s", async (name, script) => {
    const { pid, shell } = await inShell(script, name);
    process.kill(pid, "SIGHUP");
    const { step } = await readJson(folder, name, "run.json");
    await until(async () => (await readJson(folder, name, "run.json")).step > step + 1);
    process.kill(pid, "SIGTERM");
    expect(await once(shell, "close")).toEqual([130, null]);
  });
});

describe.runIf(process.platform === "linux")("a removed working directory", () => {
  it("is named in the error", async () => {
    const gone = join(folder, "removed");
    await mkdir(gone);
    for (const words of ["train vae --data tiny.npy --steps 3", "sample ../whole", "data photos"]) {
      const child = spawn("bash", ["-c", `rmdir "$PWD"; exec "$0" "$1" ${words}`, process.execPath, program], {
        cwd: gone,
        stdio: ["ignore", "ignore", "pipe"],
      });
      let stderr = "";
      child.stderr!.on("data", (text) => (stderr += String(text)));
      const [code] = await once(child, "close");
      expect(stderr).toContain("the current folder has been removed");
      expect(code).toBe(2);
      await mkdir(gone);
    }
    await rm(gone, { recursive: true });
  });
});

describe("a copied run", () => {
  it("resumes elsewhere, from any folder", async () => {
    const short = [...tiny, "--steps", "6", "--checkpoint-every", "3"];
    expect((await zaya(folder, ...short, "--out", "first")).code).toBe(0);
    await mkdir(join(folder, "else", "where"), { recursive: true });
    await cp(join(folder, "first"), join(folder, "else", "copy"), { recursive: true });
    const record = await readJson(folder, "else", "copy", "run.json");
    await writeFile(join(folder, "else", "copy", "run.json"), JSON.stringify({ ...record, status: "interrupted" }));
    expect(await zaya(join(folder, "else", "where"), "resume", "../copy")).toMatchObject({ code: 0, stderr: "" });
  });
});

/** Waits until something is so. */
async function until(so: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await so()) return;
    await sleep(100);
  }
  throw new Error("it did not come to be");
}
