import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readJson, resultOf, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  const words = ["--steps", "40", "--schedule", "constant", "--checkpoint-every", "20", "--eval-every", "5"];
  await zaya(folder, ...tiny, ...words, "--out", "a", "--json");
});
afterAll(() => work.remove());

const params = (run: string, step: string): Promise<Buffer> =>
  readFile(join(folder, run, "checkpoints", step, "params.safetensors"));

describe("zaya resume --steps", () => {
  it("gives a completed run more steps, which its config records", async () => {
    const before = await params("a", "000040");
    const nothing = await zaya(folder, "resume", "a");
    expect(nothing.stdout).toBe("nothing to do: all 40 steps of a are done; train longer with --steps N\n");
    const longer = await zaya(folder, "resume", "a", "--steps", "60", "--json");
    expect(resultOf(longer)).toMatchObject({ run: "a", status: "done", steps: 60 });
    expect(longer.stderr).toContain("length 40 -> 60 steps; the learning rate stays at 0.001");
    expect(longer.stderr).toContain("saved at step 40 of 60");
    expect(await readJson(folder, "a", "config.json")).toMatchObject({
      train: { steps: 60 },
      lengthened: [{ at: 40, from: 40, to: 60 }],
    });
    expect(await params("a", "000040")).toEqual(before);
    const again = await zaya(folder, "train", "--config", join("a", "config.json"), "--out", "straight", "--json");
    expect(resultOf(again)).toMatchObject({ steps: 60 });
    expect(await params("straight", "000060")).toEqual(await params("a", "000060"));
  });

  it("does nothing if the run already has that length", async () => {
    const same = await zaya(folder, "resume", "a", "--steps", "60");
    expect(same).toMatchObject({ code: 0, stderr: "" });
    expect(same.stdout).toBe("nothing to do: all 60 steps of a are done; train longer with --steps N\n");
  });

  it("rejects a length that has been passed, and steps together with epochs", async () => {
    const short = await zaya(folder, "resume", "a", "--steps", "30");
    expect([short.code, short.stderr]).toEqual([
      2,
      expect.stringContaining("the new length must be more than the 60 steps done"),
    ]);
    const both = await zaya(folder, "resume", "a", "--steps", "90", "--epochs", "3");
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("mutually exclusive")]);
  });
});

describe("--checkpoint", () => {
  it("selects the latest, the best or a given checkpoint, and lists the available ones", async () => {
    const step = async (checkpoint: string): Promise<number> =>
      resultOf(await zaya(folder, "eval", "a", "--checkpoint", checkpoint, "--json")).step;
    expect([await step("last"), await step("40")]).toEqual([60, 40]);
    expect((await step("best")) % 5).toBe(0);
    const other = await zaya(folder, "sample", "a", "--checkpoint", "17", "--out", "s.png");
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/no checkpoint of step 17\n.*checkpoints of steps .*40, 60/);
    const word = await zaya(folder, "sample", "a", "--checkpoint", "newest");
    expect([word.code, word.stderr]).toEqual([2, expect.stringContaining("checkpoint must be last, best or")]);
  });
});

describe("--init-from", () => {
  it("starts from the parameters of another run with a fresh optimizer at step 0, and records their origin", async () => {
    const outcome = await zaya(
      folder,
      ...tiny,
      "--steps",
      "1",
      "--learning-rate",
      "1e-30",
      "--init-from",
      "a",
      "--out",
      "b",
    );
    expect(outcome.code).toBe(0);
    // A step of no size: what the run ends with is what it began with.
    expect((await params("b", "000001")).equals(await params("a", "000060"))).toBe(true);
    const { init } = await readJson(folder, "b", "config.json");
    expect(init).toMatchObject({ run: join(folder, "a"), step: 60, weights: "last" });
    const state = await readJson(folder, "a", "checkpoints", "000060", "state.json");
    expect(init.sha256).toBe(state.sha256["params.safetensors"]);
  });

  it("rejects nets of another shape, naming the first, before anything is written", async () => {
    const outcome = await zaya(
      folder,
      ...tiny.slice(0, 4),
      "--hidden",
      "9",
      "--latent",
      "2",
      "--init-from",
      "a",
      "--out",
      "c",
    );
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(/encoder\.\S+ must be \[64, 9\].*got \[64, 8\] in .*a/);
    await expect(readFile(join(folder, "c", "run.json"))).rejects.toThrow("ENOENT");
  });

  it("of a run killed before its first checkpoint starts from the same parameters again, or reports that they are gone", async () => {
    await zaya(folder, ...tiny, "--steps", "4", "--init-from", "a", "--out", "d");
    const whole = await params("d", "000004");
    const kill = async (): Promise<void> => {
      await rm(join(folder, "d", "checkpoints"), { recursive: true });
      const record = await readJson(folder, "d", "run.json");
      await writeFile(
        join(folder, "d", "run.json"),
        JSON.stringify({ ...record, status: "running", step: 0, saved: 0 }),
      );
    };
    await kill();
    expect((await zaya(folder, "resume", "d")).code).toBe(0);
    expect((await params("d", "000004")).equals(whole)).toBe(true);
    await kill();
    await rm(join(folder, "a"), { recursive: true });
    const gone = await zaya(folder, "resume", "d");
    expect([gone.code, gone.stderr.includes("bug in zaya")]).toEqual([2, false]);
  });
});
