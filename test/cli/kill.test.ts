import { existsSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { fold, integers, key, uniform } from "../../src/base/random.ts";
import { encodeNpy } from "../../src/codec/npy.ts";
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
  it("ends with the bytes of an uninterrupted run", { timeout: 180_000 }, async () => {
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

describe("a run killed while it finishes", () => {
  /** So much to measure that a signal finds it at it. */
  const items = 20_000;
  const net = ["train", "vae", "--data", "many.npy", "--hidden", "256,256", "--latent", "4", "--batch", "8"];
  const ends = [...net, "--steps", "30", "--checkpoint-every", "20", "--sample-every", "30"];
  beforeAll(async () => {
    const values = integers(key(3), items * 64, 256);
    await writeFile(join(folder, "many.npy"), encodeNpy(ndarray("uint8", [items, 1, 8, 8], Uint8Array.from(values))));
    expect((await zaya(folder, ...ends, "--out", "ended")).code).toBe(0);
  });

  /** All that a run has left, but for when it was and how long it took. */
  async function contentOf(run: string): Promise<Record<string, string>> {
    const names = (await filesIn(join(folder, run))).filter((name) => !name.endsWith("/"));
    const timeless = (text: string): string =>
      text
        .replaceAll(/"(seconds|started|digest|bytes)": ?("[^"]*"|[\d.e-]+)/g, "")
        .replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+(Z| UTC)/g, "")
        .replaceAll(/\d+(\.\d+)? s\b/g, "");
    const entries = await Promise.all(
      names.map(async (name) => [name, timeless(await readFile(join(folder, run, name), "latin1"))] as const),
    );
    return Object.fromEntries(entries);
  }

  it.each([
    ["evaluate", "SIGKILL", "evaluating on the test split"],
    ["export", "SIGKILL", "writing ONNX files"],
    ["report", "SIGKILL", "writing the report"],
    ["evaluate", "SIGTERM", "evaluating on the test split"],
    ["export", "SIGINT", "writing ONNX files"],
    ["report", "SIGTERM", "writing the report"],
  ] as const)("in the phase %s by %s resumes to the same files", { timeout: 60_000 }, async (phase, signal, words) => {
    const run = `${phase}-${signal}`;
    const { child, ended, until } = start(folder, ...ends, "--out", run);
    await until(words);
    child.kill(signal);
    const outcome = await ended;
    if (signal === "SIGKILL") expect(outcome.signal).toBe(signal);
    else {
      expect(outcome.code).toBe(130);
      expect(outcome.stdout).toContain("stopped at step 30 of 30");
      expect(await readJson(folder, run, "run.json")).toMatchObject({ status: "interrupted", step: 30, saved: 30 });
      expect(await filesIn(join(folder, run))).not.toContain(".lock");
    }
    expect(await zaya(folder, "resume", run, "--quiet")).toMatchObject({ code: 0, stderr: "" });
    const [found, expected] = [await contentOf(run), await contentOf("ended")];
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [name, text] of Object.entries(found)) expect(text === expected[name], name).toBe(true);
  });

  describe.each<[name: string, begin: (run: string) => Promise<string[]>]>([
    [
      "lengthened",
      async (run) => {
        await cp(join(folder, "ended"), join(folder, run), { recursive: true });
        return ["resume", run, "--steps", "50"];
      },
    ],
    ["initialised", async (run) => [...ends, "--seed", "9", "--init-from", "ended", "--out", run]],
  ])("that is %s from another run", (name, begin) => {
    const words = {
      train: "training",
      evaluate: "evaluating on the test split",
      export: "writing ONNX files",
      report: "writing the report",
    };
    beforeAll(async () => {
      expect((await zaya(folder, ...(await begin(name)))).code).toBe(0);
    });

    it.each(["train", "evaluate", "export", "report"] as const)(
      "in the phase %s by SIGKILL resumes to the same files",
      { timeout: 60_000 },
      async (phase) => {
        const run = `${name}-${phase}`;
        const { child, ended, until } = start(folder, ...(await begin(run)));
        await until(words[phase]);
        child.kill("SIGKILL");
        expect((await ended).signal).toBe("SIGKILL");
        expect(await zaya(folder, "resume", run, "--quiet")).toMatchObject({ code: 0, stderr: "" });
        const [found, expected] = [await contentOf(run), await contentOf(name)];
        expect(Object.keys(found)).toEqual(Object.keys(expected));
        for (const [file, text] of Object.entries(found)) expect(text === expected[file], file).toBe(true);
      },
    );
  });
});
