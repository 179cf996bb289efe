import { execFileSync } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { fold, key, uniform } from "../../src/base/random.ts";
import { RedisServer, redisProgram } from "../sweep/redis.ts";
import {
  type Json,
  type Started,
  filesIn,
  readJson,
  resultOf,
  start as startProgram,
  workFolder,
  writeTinyData,
  zaya,
} from "./zaya.ts";

/** Of the run with killed workers: ZAYA_CHAOS=full makes it the size of docs/scale.md. */
const chaos =
  process.env["ZAYA_CHAOS"] === "full"
    ? { seeds: 50, kills: 30, restarts: 5, limit: 1_800_000 }
    : { seeds: 6, kills: 5, restarts: 2, limit: 300_000 };

const steps = 200;
const sweep = (seeds: number): string => `recipe: vae
data: tiny.npy
method: grid
metric: {name: elbo}
parameters: {hidden: {value: [8]}, latent: {values: [1, 2]}, batch: 8, steps: ${steps}, checkpointEvery: 20, evalEvery: 100, sampleEvery: 100}
seeds: ${seeds}
`;

/** What is running, to be killed where a test ends early. */
const running = new Set<Started>();

function start(folder: string, ...words: string[]): Started {
  const started = startProgram(folder, ...words);
  running.add(started);
  void started.ended.then(() => running.delete(started));
  return started;
}

describe.skipIf(redisProgram === null)(
  `a queue on ${redisProgram ?? "Redis or Valkey, which is not installed"}`,
  () => {
    let work: Awaited<ReturnType<typeof workFolder>>;
    let folder: string;
    let redis: RedisServer;
    beforeAll(async () => {
      work = await workFolder();
      folder = work.folder;
      await writeTinyData(folder);
      await writeFile(join(folder, "tiny.yaml"), sweep(2));
      await writeFile(join(folder, "chaos.yaml"), sweep(chaos.seeds));
      await mkdir(join(folder, "redis"));
      redis = await RedisServer.start(join(folder, "redis"));
    });
    afterEach(async () => {
      for (const { child } of running) child.kill("SIGKILL");
      await Promise.all([...running].map(({ ended }) => ended));
    });
    afterAll(async () => {
      await redis.kill();
      await work.remove();
    });

    const startWorker = (...words: string[]): Started => {
      const started = start(folder, "worker", "--queue", redis.url, "--jobs", "1", ...words);
      return started;
    };

    const trialsIn = async (out: string, name: string): Promise<Json[]> =>
      (await readJson(folder, out, "sweeps", name, "table.json")).rows.flatMap((row: Json) => row.trials);

    const parameters = (run: string): Promise<Buffer[]> =>
      Promise.all(
        ["params", "optimizer"].map((file) =>
          readFile(join(folder, run, "checkpoints", String(steps).padStart(6, "0"), `${file}.safetensors`)),
        ),
      );

    const locks = async (out: string) => (await filesIn(join(folder, out))).filter((name) => name.endsWith(".lock"));

    /** What of the queue is left in the server. */
    const queued = async (): Promise<string[]> => {
      const client = new Redis(redis.url);
      const keys = await client.keys("*");
      client.disconnect();
      return keys.filter((name) => !/:(meta|id|events|stalled-check|marker)$|^zaya:workers?\b/.test(name));
    };

    it(
      `trains ${2 * chaos.seeds} trials once each while ${chaos.kills} workers and ${chaos.restarts} times the server are killed`,
      { timeout: chaos.limit },
      async () => {
        const draw = (...of: (string | number)[]): number => uniform(fold(key(5), ...of), [1]).data[0]!;
        const four = Array.from({ length: 4 }, () => startWorker());
        const { ended, until } = start(folder, "sweep", "chaos.yaml", "--queue", redis.url, "--json");
        await until("by the workers of");
        const total = 2 * chaos.seeds;
        const log = async (): Promise<string[]> =>
          (await readFile(join(folder, "runs/sweeps/chaos/sweep.jsonl"), "utf8").catch(() => ""))
            .split("\n")
            .filter((line) => line.includes('"end"'));
        // By the trials that have ended rather than by time: the kills find it at work on slow and on fast machines.
        const done = async (share: number): Promise<void> => {
          while ((await log()).length < Math.floor(share * total)) await sleep(100);
        };
        const killWorkers = async (): Promise<void> => {
          for (let kill = 0; kill < chaos.kills; kill++) {
            await done((0.8 * kill) / chaos.kills);
            await sleep(1000 * draw("when", kill));
            const at = Math.floor(4 * draw("which", kill));
            four[at]!.child.kill("SIGKILL");
            four[at] = startWorker();
          }
        };
        const killServer = async (): Promise<void> => {
          for (let restart = 0; restart < chaos.restarts; restart++) {
            await done((0.8 * (restart + 0.5)) / chaos.restarts);
            await redis.kill();
            await sleep(3000 * draw("away", restart));
            await redis.start();
          }
        };
        await Promise.all([killWorkers(), killServer()]);
        const outcome = await ended;
        expect(resultOf(outcome)).toMatchObject({ status: "done", trials: total, done: total, failed: 0 });
        const trials = await trialsIn("runs", "chaos");
        expect(new Set(trials.map(({ id }) => id)).size).toBe(total);
        expect(await log()).toHaveLength(total);
        await Promise.all(four.map(({ child, ended: end }) => (child.kill("SIGTERM"), end)));
        expect(await locks("runs")).toEqual([]);
        expect(await queued()).toEqual([]);
        // The same trials in processes of this machine, and one by a command of its own.
        expect((await zaya(folder, "sweep", "chaos.yaml", "--out", "here", "--jobs", "2")).code).toBe(0);
        for (const { id } of trials)
          expect(await parameters(`runs/trials/${id}`), id).toEqual(await parameters(`here/trials/${id}`));
        const { id } = trials[0];
        await zaya(folder, "train", "--config", `runs/trials/${id}/config.json`, "--threads", "1", "--out", "alone");
        expect(await parameters(`runs/trials/${id}`)).toEqual(await parameters("alone"));
        const values = async (out: string) => (await trialsIn(out, "chaos")).map(({ id: of, value }) => [of, value]);
        expect(await values("here")).toEqual(await values("runs"));
      },
    );

    it(
      "continues without its sweep process, which collects the results once it is back",
      { timeout: 120_000 },
      async () => {
        startWorker("--out", "orphan");
        const { child, ended, until } = start(
          folder,
          "sweep",
          "tiny.yaml",
          "--queue",
          redis.url,
          "--out",
          "orphan",
          "--json",
        );
        await until("by the workers of");
        await sleep(500);
        child.kill("SIGKILL");
        await ended;
        const resumed = await zaya(
          folder,
          "sweep",
          "resume",
          "tiny",
          "--queue",
          redis.url,
          "--out",
          "orphan",
          "--json",
        );
        expect(resultOf(resumed)).toMatchObject({ status: "done", done: 4 });
        expect(await queued()).toEqual([]);
      },
    );

    it("stops the workers' trials with the sweep", { timeout: 120_000 }, async () => {
      startWorker("--out", "halted");
      const { child, ended, until } = start(
        folder,
        "sweep",
        "tiny.yaml",
        "--queue",
        redis.url,
        "--out",
        "halted",
        "--json",
      );
      await until("by the workers of");
      await sleep(3000);
      child.kill("SIGINT");
      const outcome = await ended;
      expect(outcome.code).toBe(130);
      expect(resultOf(outcome).status).toBe("interrupted");
      expect(await locks("halted")).toEqual([]);
      const again = await zaya(folder, "sweep", "resume", "tiny", "--queue", redis.url, "--out", "halted", "--json");
      expect(resultOf(again)).toMatchObject({ status: "done", done: 4 });
    });

    it("is used by two sweeps that share trials at the same time", { timeout: 120_000 }, async () => {
      for (let i = 0; i < 2; i++) startWorker("--out", "shared");
      const sweeps = ["one", "two"].map((name) =>
        zaya(folder, "sweep", "tiny.yaml", "--name", name, "--queue", redis.url, "--out", "shared", "--json"),
      );
      for (const outcome of await Promise.all(sweeps)) expect(resultOf(outcome)).toMatchObject({ done: 4, failed: 0 });
      expect(await trialsIn("shared", "one")).toEqual(await trialsIn("shared", "two"));
    });

    it("accepts only workers with the sweep's version and folder", { timeout: 60_000 }, async () => {
      const waiting = start(folder, "sweep", "tiny.yaml", "--queue", redis.url, "--out", "versions", "--json");
      await waiting.until("no worker of this version");
      await sleep(1000);
      const elsewhere = await startWorker("--out", "elsewhere").ended;
      expect(elsewhere.code).toBe(2);
      expect(elsewhere.stderr).toContain("a worker must have access to the folder of the sweep - got none at");
      // What another version would have queued.
      const client = new Redis(redis.url);
      for (const name of await client.keys("bull:zaya-trials:*-end")) {
        const data = JSON.parse((await client.hget(name, "data"))!);
        await client.hset(name, "data", JSON.stringify({ ...data, versions: { ...data.versions, zaya: "9.9.9" } }));
      }
      client.disconnect();
      const older = await startWorker("--out", "versions").ended;
      expect(older.code).toBe(2);
      expect(older.stderr).toMatch(/got zaya [\d.]+ for trial \w{16} of sweep tiny, which needs zaya 9\.9\.9/);
      waiting.child.kill("SIGINT");
      expect((await waiting.ended).code).toBe(130);
      expect(await queued()).toEqual([]);
    });

    it("trains on workers whose clocks differ by an hour", { timeout: 120_000 }, async () => {
      await writeFile(
        join(folder, "late.mjs"),
        "const now = Date.now; Date.now = () => now() + Number(process.env.ZAYA_LATE ?? 0);\n",
      );
      const skewed = (ms: number): Started => {
        process.env["NODE_OPTIONS"] = `--import ${join(folder, "late.mjs")}`;
        process.env["ZAYA_LATE"] = String(ms);
        const started = startWorker("--out", "skewed");
        delete process.env["NODE_OPTIONS"];
        delete process.env["ZAYA_LATE"];
        return started;
      };
      const two = [skewed(3_600_000), skewed(-3_600_000)];
      const sweeping = zaya(folder, "sweep", "tiny.yaml", "--queue", redis.url, "--out", "skewed", "--json");
      await sleep(4000);
      two[0]!.child.kill("SIGKILL");
      skewed(0);
      expect(resultOf(await sweeping)).toMatchObject({ done: 4, failed: 0 });
    });

    it("has workers reject data that differ", { timeout: 120_000 }, async () => {
      await writeTinyData(folder, 7);
      const waiting = start(folder, "sweep", "tiny.yaml", "--queue", redis.url, "--out", "differ", "--json");
      await waiting.until("no worker of this version");
      await writeTinyData(folder, 1);
      startWorker("--out", "differ");
      const outcome = resultOf(await waiting.ended);
      expect(outcome).toMatchObject({ done: 0, failed: 4 });
      expect(outcome.failures[0]).toMatch(/the data must have the fingerprints \w{16},\w{16} - got \w{16},\w{16}/);
    });

    it.each<[what: string, url: () => string, words: string]>([
      ["a server that is away", () => "redis://127.0.0.1:1", "Redis at 127.0.0.1:1 must answer - got ECONNREFUSED"],
      [
        "a URL of something else",
        () => "http://127.0.0.1",
        "--queue must be the URL of a Redis server - got http://127.0.0.1",
      ],
      ["no URL", () => "127.0.0.1:6379", "--queue must be the URL of a Redis server"],
    ])("rejects %s", async (_, url, words) => {
      for (const command of [["worker"], ["sweep", "tiny.yaml", "--out", "none"]]) {
        const { code, stderr } = await zaya(folder, ...command, "--queue", url());
        expect(code).toBe(2);
        expect(stderr).toContain(words);
      }
      expect(await filesIn(join(folder, "none"))).toEqual([]);
    });

    it("asks for the password of a protected server, and prints it nowhere", async () => {
      await mkdir(join(folder, "locked"));
      const locked = await RedisServer.start(join(folder, "locked"), "--requirepass", "secret");
      try {
        const without = await zaya(folder, "worker", "--queue", locked.url);
        expect(without.stderr).toContain("must answer - got NOAUTH");
        const wrong = await zaya(folder, "worker", "--queue", locked.url.replace("//", "//:wrong@"));
        expect(wrong.stderr).toContain("must answer - got WRONGPASS");
        expect(wrong.stderr).not.toContain("wrong@");
      } finally {
        await locked.kill();
      }
    });

    it("warns about a server without persistence, and queues lost trials again", { timeout: 120_000 }, async () => {
      await mkdir(join(folder, "forgetful"));
      const forgetful = await RedisServer.start(join(folder, "forgetful"), "--appendonly", "no");
      const { ended, until } = start(
        folder,
        "sweep",
        "tiny.yaml",
        "--queue",
        forgetful.url,
        "--out",
        "forgotten",
        "--json",
      );
      await until("has no append-only file");
      await until("no worker of this version");
      await forgetful.kill();
      await forgetful.start();
      const worker = start(folder, "worker", "--queue", forgetful.url, "--out", "forgotten", "--jobs", "2");
      expect(resultOf(await ended)).toMatchObject({ done: 4, failed: 0 });
      worker.child.kill("SIGKILL");
      await forgetful.kill();
    });
  },
);

it("names the packages that a queue needs if they are not installed", { timeout: 60_000 }, async () => {
  const work = await workFolder();
  await writeFile(
    join(work.folder, "hide.mjs"),
    `import { register } from "node:module";
register("data:text/javascript," + encodeURIComponent(\`export function resolve(name, context, next) {
  if (name === "bullmq") throw Object.assign(new Error("Cannot find package 'bullmq'"), { code: "ERR_MODULE_NOT_FOUND" });
  return next(name, context);
}\`));
`,
  );
  const said = () => {
    try {
      execFileSync(
        process.execPath,
        ["--import", join(work.folder, "hide.mjs"), "bin/zaya.js", "worker", "--queue", "redis://127.0.0.1:1"],
        { stdio: "pipe" },
      );
    } catch (error) {
      return String((error as { stderr: Buffer }).stderr);
    }
    return "";
  };
  expect(said()).toContain("--queue needs the packages bullmq and ioredis");
  expect(said()).toContain("npm install bullmq ioredis");
  await rm(work.folder, { recursive: true });
});
