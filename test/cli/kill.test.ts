import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { fold, key, uniform } from "../../src/base/random.ts";
import { filesIn, readJson, start, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

const kills = 20;
const steps = 4000;
const words = [...tiny, "--steps", String(steps), "--checkpoint-every", "20", "--seed", "5", "--sample-every", "500"];

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
});
afterAll(() => work.remove());

const last = (run: string): Promise<Buffer[]> =>
  Promise.all(
    ["params", "optimizer"].map((file) =>
      readFile(join(folder, run, "checkpoints", String(steps).padStart(6, "0"), `${file}.safetensors`)),
    ),
  );

describe("a run killed 20 times", () => {
  it("ends with the bytes of one that was never stopped", { timeout: 180_000 }, async () => {
    const whole = start(folder, ...words, "--out", "unbroken");
    const began = performance.now();
    await whole.until("training");
    const startup = performance.now() - began;
    expect((await whole.ended).code).toBe(0);
    // The kills leave time for two thirds of the work on average: the run cannot be finished before the last of them.
    const stretch = (1.6 * (performance.now() - began - startup)) / kills;

    const saved: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      // Killed before it was a run, it is begun again by the same command.
      const begun = existsSync(join(folder, "killed", "run.json"));
      const { child, ended, until } = start(folder, ...(begun ? ["resume", "killed"] : [...words, "--out", "killed"]));
      const [when, share] = uniform(fold(key(7), kill), [2]).data as unknown as [number, number];
      // One in five falls into the start, where files are opened, read and mended; the others into the steps.
      if (when < 0.2) await sleep(share * startup);
      else {
        await until("training");
        await sleep(share * stretch);
      }
      child.kill("SIGKILL");
      expect((await ended).signal).toBe("SIGKILL");
      if (begun) saved.push((await readJson(folder, "killed", "run.json")).step);
    }
    expect((await zaya(folder, "resume", "killed")).code).toBe(0);
    expect(await last("killed")).toEqual(await last("unbroken"));
    // The kills have to have found it at work: some progress was made between them, and some of it lost.
    expect(new Set(saved).size).toBeGreaterThan(5);
    expect(
      (await filesIn(join(folder, "killed"))).filter((name) => name.includes(".tmp") || name.endsWith(".lock")),
    ).toEqual([]);
  });
});
