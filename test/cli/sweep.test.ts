import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { fold, key, uniform } from "../../src/base/random.ts";
import { type Json, filesIn, readJson, resultOf, start, workFolder, writeTinyData, zaya } from "./zaya.ts";

const steps = 300;
const tiny = `recipe: vae
data: tiny.npy
method: grid
metric: {name: elbo, goal: minimize}
parameters:
  hidden: {value: [8]}
  latent: {values: [1, 2]}
  batch: 8
  steps: ${steps}
  checkpointEvery: 50
seeds: 2
`;

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  await writeFile(join(folder, "tiny.yaml"), tiny);
});
afterAll(() => work.remove());

const parameters = (run: string): Promise<Buffer[]> =>
  Promise.all(
    ["params", "optimizer"].map((file) =>
      readFile(join(folder, run, "checkpoints", String(steps).padStart(6, "0"), `${file}.safetensors`)),
    ),
  );

/** Ids of the trials of a table that have a value. */
const doneIn = async (out: string, name: string): Promise<string[]> => {
  const { rows } = await readJson(folder, out, "sweeps", name, "table.json");
  return rows.flatMap((row: Json) => row.trials.flatMap((one: Json) => (one.status === "done" ? [one.id] : [])));
};

const locksIn = async (out: string) => (await filesIn(join(folder, out))).filter((name) => name.endsWith(".lock"));

describe("zaya sweep", () => {
  it("trains each trial once, with the bytes of `zaya train`, and writes the table", { timeout: 120_000 }, async () => {
    const outcome = await zaya(folder, "sweep", "tiny.yaml", "--jobs", "2", "--json");
    expect(outcome.code).toBe(0);
    expect(resultOf(outcome)).toMatchObject({
      sweep: "tiny",
      status: "done",
      trials: 4,
      done: 4,
      failed: 0,
      failures: [],
    });
    const table = await readJson(folder, "runs", "sweeps", "tiny", "table.json");
    for (const { n, mean, stderr, trials } of table.rows) {
      const [a, b] = trials.map(({ value }: { value: number }) => value);
      expect(n).toBe(2);
      expect(mean).toBeCloseTo((a + b) / 2, 10);
      expect(stderr).toBeCloseTo(Math.abs(a - b) / 2, 10);
    }
    const means = table.rows.map(({ mean }: { mean: number }) => mean);
    expect(table.best.configuration).toBe(means.indexOf(Math.min(...means)));
    const csv = (await readFile(join(folder, "runs/sweeps/tiny/table.csv"), "utf8")).trimEnd().split("\n");
    expect(csv[0]).toBe("configuration,latent,mean,stderr,n,steps,status,seed 0,seed 1");
    expect(csv[1]!.split(",").slice(0, 3)).toEqual(["0", "1", String(means[0])]);
    const [id] = await doneIn("runs", "tiny");
    // The value is what the run itself says.
    const evaluated = (await filesIn(join(folder, "runs/trials", id!, "eval"))).find((name) => name.startsWith("elbo"));
    expect(table.rows[0].trials[0].value).toBe((await readJson(folder, "runs/trials", id!, "eval", evaluated!)).value);
    await zaya(folder, "train", "--config", `runs/trials/${id}/config.json`, "--threads", "1", "--out", "alone");
    expect(await parameters(`runs/trials/${id}`)).toEqual(await parameters("alone"));
    expect(await locksIn("runs")).toEqual([]);

    // Asked for again, and with a seed more under another name, nothing is trained twice.
    const before = await readFile(join(folder, "runs/trials", id!, "run.json"), "utf8");
    expect((await zaya(folder, "sweep", "tiny.yaml")).code).toBe(0);
    await writeFile(join(folder, "more.yaml"), tiny.replace("seeds: 2", "seeds: [1, 2]"));
    expect((await zaya(folder, "sweep", "more.yaml", "--jobs", "2")).code).toBe(0);
    expect(await readFile(join(folder, "runs/trials", id!, "run.json"), "utf8")).toBe(before);
    const trials = (await filesIn(join(folder, "runs/trials"))).filter((name) => /^\w+\/$/.test(name));
    expect(trials).toHaveLength(6);
  });

  it("continues after ten kills to the same table and parameters", { timeout: 180_000 }, async () => {
    let begun = false;
    for (let kill = 0; kill < 10; kill++) {
      const { child, ended } = start(
        folder,
        ...(begun
          ? ["sweep", "resume", "tiny", "--out", "killed"]
          : ["sweep", "tiny.yaml", "--out", "killed", "--jobs", "2"]),
      );
      await sleep(800 + 2500 * uniform(fold(key(3), kill), [1]).data[0]!);
      child.kill("SIGKILL");
      await ended;
      begun = existsSync(join(folder, "killed/sweeps/tiny/sweep.json"));
    }
    const outcome = await zaya(folder, "sweep", "resume", "tiny", "--out", "killed", "--json");
    expect(resultOf(outcome)).toMatchObject({ status: "done", trials: 4, done: 4 });
    const ids = await doneIn("runs", "tiny");
    expect(await doneIn("killed", "tiny")).toEqual(ids);
    for (const id of ids)
      expect(await parameters(`killed/trials/${id}`)).toEqual(await parameters(`runs/trials/${id}`));
    expect(await locksIn("killed")).toEqual([]);
  });

  it("ends on Ctrl-C with its trials saved, and by stop from another process", { timeout: 120_000 }, async () => {
    const words = ["sweep", "tiny.yaml", "--out", "stopped", "--jobs", "2", "--json"];
    for (const ask of [
      (child: ReturnType<typeof start>["child"]) => void child.kill("SIGINT"),
      async () => expect((await zaya(folder, "sweep", "stop", "tiny", "--out", "stopped")).stdout).toContain("stopped"),
    ]) {
      const { child, ended, until } = start(folder, ...words);
      await until("at once");
      await sleep(1200);
      await ask(child);
      const outcome = await ended;
      expect(outcome.code).toBe(130);
      expect(resultOf(outcome)).toMatchObject({ status: "interrupted" });
      expect(await locksIn("stopped")).toEqual([]);
    }
    expect((await zaya(folder, "sweep", "status", "tiny", "--out", "stopped")).stdout).toContain("tiny is not running");
    // A sweep that was moved goes on at its new place.
    await rename(join(folder, "stopped"), join(folder, "moved"));
    expect(resultOf(await zaya(folder, "sweep", "resume", "tiny", "--out", "moved", "--json"))).toMatchObject({
      done: 4,
    });
  });

  it.runIf(process.platform === "linux")("trains four jobs on one thread each", { timeout: 120_000 }, async () => {
    await writeFile(
      join(folder, "four.yaml"),
      "recipe: vae\ndata: {spec: mnist, limit: 500}\nmethod: grid\nmetric: {name: elbo}\nparameters: {steps: 100000}\nseeds: 4\n",
    );
    const { child, ended } = start(folder, "sweep", "four.yaml", "--out", "four", "--jobs", "4", "--json");
    const trainings = async () =>
      (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")).split(" ").filter((id) => id !== "");
    /** Processor time of each thread of a process in ticks, the busiest first. */
    const ticks = async (id: string): Promise<number[]> => {
      const threads = await readdir(`/proc/${id}/task`);
      const stats = await Promise.all(threads.map((thread) => readFile(`/proc/${id}/task/${thread}/stat`, "utf8")));
      const fields = stats.map((text) => text.slice(text.lastIndexOf(")") + 2).split(" "));
      return fields.map((each) => Number(each[11]) + Number(each[12])).toSorted((a, b) => b - a);
    };
    try {
      let busy: number[][] = [];
      // Until each has computed for two seconds.
      while (busy.length < 4 || busy.some(([first]) => first! < 200)) {
        await sleep(200);
        busy = await Promise.all((await trainings()).map(ticks)).catch(() => []);
      }
      // The others compile and clear up for the first one.
      for (const [first, second] of busy) expect(second! / first!, JSON.stringify(busy)).toBeLessThan(0.4);
    } finally {
      child.kill("SIGINT");
      await ended;
    }
  });

  it("treats a diverged trial as a result, reported on one line", { timeout: 60_000 }, async () => {
    await writeFile(
      join(folder, "diverging.yaml"),
      tiny
        .replace("seeds: 2", "seeds: 1")
        .replace("{values: [1, 2]}", "2")
        .replace("  batch: 8", "  batch: 8\n  learningRate: {values: [0.001, 1.0e+30]}"),
    );
    const outcome = await zaya(folder, "sweep", "diverging.yaml", "--json");
    expect(outcome.code).toBe(0);
    expect(resultOf(outcome)).toMatchObject({ done: 1, diverged: 1, failed: 0, best: { learningRate: 0.001 } });
    expect(resultOf(outcome).failures).toEqual([
      expect.stringMatching(/^#1 learningRate 1e\+30 seed 0 \(\w+\): diverged: .*finite/),
    ]);
    // A result is no reason to try again.
    const run = await readFile(join(folder, "runs/sweeps/diverging/sweep.jsonl"), "utf8");
    expect((await zaya(folder, "sweep", "resume", "diverging")).code).toBe(0);
    expect(await readFile(join(folder, "runs/sweeps/diverging/sweep.jsonl"), "utf8")).toBe(run);
  });

  it(
    "reports why a trial failed, continues with the others, and retries it when resumed",
    { timeout: 120_000 },
    async () => {
      const id = (await doneIn("runs", "tiny"))[0]!;
      await writeFile(join(folder, "failing.yaml"), tiny);
      // Something of the user's lies where the run would be: it is not overwritten.
      const place = join(folder, "failing", "trials", id);
      await mkdir(place, { recursive: true });
      await writeFile(join(place, "notes.txt"), "mine");
      const outcome = await zaya(folder, "sweep", "failing.yaml", "--out", "failing", "--jobs", "2", "--json");
      expect(resultOf(outcome)).toMatchObject({ done: 3, failed: 1 });
      expect(resultOf(outcome).failures[0]).toContain("which holds notes.txt");
      expect(await readFile(join(place, "notes.txt"), "utf8")).toBe("mine");
      await rm(place, { recursive: true });
      expect(resultOf(await zaya(folder, "sweep", "resume", "failing", "--out", "failing", "--json"))).toMatchObject({
        done: 4,
        failed: 0,
      });
    },
  );

  it.each<[what: string, change: (text: string) => string, words: string]>([
    ["an unknown recipe", (text) => text.replace("vae", "vea"), "recipe must be known - got vea"],
    ["an unknown parameter", (text) => text.replace("latent", "latnt"), "did you mean latent?"],
    [
      "a value that an option never takes",
      (text) => text.replace("[1, 2]", "[1, -2]"),
      "latent must be at least 1 - got -2",
    ],
    [
      "a metric that is not logged",
      (text) => text.replace("name: elbo", "name: fid"),
      "metric.name must be logged by the recipe - got fid",
    ],
    ["data that are not there", (text) => text.replace("tiny.npy", "none.npy"), "none.npy"],
    [
      "a grid over a range",
      (text) =>
        text.replace("{values: [1, 2]}", "2").replace("batch: 8", "batch: 8\n  learningRate: {min: 0.1, max: 0.2}"),
      "method grid needs values for every parameter",
    ],
    [
      "a random search without an end",
      (text) => text.replace("grid", "random").replace("batch: 8", "batch: 8\n  learningRate: {min: 0.1, max: 0.2}"),
      "needs run_cap",
    ],
    ["text that is no YAML", (text) => `${text}  : : [`, "must be YAML"],
  ])("rejects %s before anything is written", async (_, change, words) => {
    await writeFile(join(folder, "bad.yaml"), change(tiny));
    const outcome = await zaya(folder, "sweep", "bad.yaml", "--out", "refused", "--json");
    expect([outcome.code, outcome.stdout]).toEqual([2, ""]);
    expect(outcome.stderr).toContain(words);
    expect(existsSync(join(folder, "refused"))).toBe(false);
  });

  it("rejects a name that another sweep has", async () => {
    await writeFile(join(folder, "other.yaml"), tiny.replace("[1, 2]", "[1, 3]"));
    const outcome = await zaya(folder, "sweep", "other.yaml", "--name", "tiny");
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain("choose another --name");
  });
});

describe("zaya train --until", () => {
  it("stops after that step, and resumes to the same parameters", { timeout: 60_000 }, async () => {
    const config = `runs/trials/${(await doneIn("runs", "tiny"))[0]!}/config.json`;
    const words = ["--threads", "1", "--until"];
    expect((await zaya(folder, "train", "--config", config, "--out", "parts", ...words, "120")).code).toBe(130);
    expect(await readJson(folder, "parts", "run.json")).toMatchObject({ status: "interrupted", step: 120, saved: 120 });
    expect((await zaya(folder, "resume", "parts", ...words, "170")).code).toBe(130);
    expect(await readJson(folder, "parts", "run.json")).toMatchObject({ step: 170 });
    expect((await zaya(folder, "resume", "parts", "--threads", "1")).code).toBe(0);
    expect(await parameters("parts")).toEqual(await parameters("alone"));
  });
});
