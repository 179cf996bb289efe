import { mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { fold, key, uniform } from "../../src/base/random.ts";
import { RedisServer, redisProgram } from "../sweep/redis.ts";
import { type S3Fault, S3Server } from "../sweep/s3-server.js";
import {
  type Json,
  type Started,
  filesIn,
  readJson,
  resultOf,
  start,
  workFolder,
  writeTinyData,
  zaya,
  zayaWith,
} from "./zaya.ts";

const steps = 100;
const sweep = `recipe: vae
data: tiny.npy
method: grid
metric: {name: elbo}
parameters: {hidden: {value: [8]}, latent: {values: [1, 2]}, batch: 8, steps: ${steps}, checkpointEvery: 20, sampleEvery: 100}
seeds: 1
`;

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
let s3: S3Server;
let ids: string[];
let expected: Map<string, ReadonlyMap<string, Buffer>>;
const running = new Set<Started>();
const before = { ...process.env };

function begin(...words: string[]): Started {
  const started = start(folder, ...words);
  running.add(started);
  void started.ended.then(() => running.delete(started));
  return started;
}

/** The arrays of all checkpoints, by their names in a run. */
const isArrays = (name: string) => name.startsWith("checkpoints/") && name.endsWith(".safetensors");

beforeAll(async () => {
  s3 = await S3Server.start("runs");
  Object.assign(process.env, s3.environment);
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  await writeFile(join(folder, "tiny.yaml"), sweep);
  const { code } = await zaya(folder, "sweep", "tiny.yaml", "--jobs", "2");
  expect(code).toBe(0);
  const { rows } = await readJson(folder, "runs/sweeps/tiny/table.json");
  ids = rows.flatMap(({ trials }: Json) => trials.map(({ id }: Json) => id));
  const read = async (id: string) => {
    const run = join(folder, "runs/trials", id);
    const names = (await filesIn(run)).filter(isArrays);
    expect(names.filter((name) => name.includes("best"))).toHaveLength(2);
    return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(run, name))] as const)));
  };
  expected = new Map(await Promise.all(ids.map(async (id) => [id, await read(id)] as const)));
}, 120_000);
afterEach(async () => {
  s3.faultOf = () => null;
  for (const { child } of running) child.kill("SIGKILL");
  await Promise.all([...running].map(({ ended }) => ended));
});
afterAll(async () => {
  process.env = before;
  await s3.close();
  await work.remove();
});

/** Objects of a place by their names in it. */
const objectsIn = (place: string): Map<string, Buffer> =>
  new Map(
    [...s3.objects("runs")].flatMap(([name, { bytes }]) =>
      name.startsWith(`${place}/`) ? [[name.slice(place.length + 1), Buffer.from(bytes)] as const] : [],
    ),
  );

function expectSameRuns(place: string): void {
  const objects = objectsIn(place);
  for (const id of ids) {
    const within = `trials/${id}/`;
    const names = [...objects.keys()].filter((name) => name.startsWith(within) && isArrays(name.slice(within.length)));
    expect(names.toSorted()).toEqual([...expected.get(id)!.keys()].map((name) => within + name).toSorted());
    for (const [file, bytes] of expected.get(id)!) {
      expect(objects.get(within + file)!.equals(bytes), `${id} ${file}`).toBe(true);
    }
  }
  expect([...objects.keys()].filter((name) => name.endsWith(".lock"))).toEqual([]);
}

const faults: S3Fault[] = ["500", "reset", "cut", "lost"];
function faulty(share: number, seed: number): void {
  let requests = 0;
  s3.faultOf = () => {
    const [chance, which] = uniform(fold(key(seed), requests++), [2]).data as unknown as [number, number];
    return chance < share ? faults[Math.floor(which * faults.length)]! : null;
  };
}

describe("a sweep whose runs are in a bucket", () => {
  it(
    "trains to the same bytes as in a folder, on a server that fails occasionally, despite being killed",
    { timeout: 180_000 },
    async () => {
      faulty(0.03, 1);
      const words = ["--store", "s3://runs/local", "--jobs", "2", "--json"];
      const killed = begin("sweep", "tiny.yaml", ...words);
      while (![...objectsIn("local").keys()].some((name) => name.endsWith("000020/state.json"))) await sleep(20);
      killed.child.kill("SIGKILL");
      await killed.ended;
      const outcome = resultOf(await begin("sweep", "resume", "tiny", ...words).ended);
      expect(outcome).toMatchObject({ status: "done", done: 2, failed: 0, folder: "s3://runs/local/sweeps/tiny" });
      s3.faultOf = () => null;
      expectSameRuns("local");
      const table = JSON.parse(objectsIn("local").get("sweeps/tiny/table.json")!.toString()) as Json;
      const folders = await readJson(folder, "runs/sweeps/tiny/table.json");
      const values = (of: Json) => of.rows.map(({ mean, stderr }: Json) => [mean, stderr]);
      expect(values(table)).toEqual(values(folders));
      // A run of a bucket is a run.
      const run = `s3://runs/local/trials/${ids[0]}`;
      const sampled = await zaya(folder, "sample", run, "-n", "4", "--out", "samples.npy");
      expect(sampled.code, sampled.stderr).toBe(0);
      const status = resultOf(await zaya(folder, "sweep", "status", "tiny", "--store", "s3://runs/local", "--json"));
      expect(status).toMatchObject({ done: 2, open: 0 });
    },
  );

  it(
    "sends few requests to the server, and keeps the best state of a run that diverges",
    { timeout: 120_000 },
    async () => {
      const counted = { ...s3.counts };
      const trained = await zaya(folder, "sweep", "tiny.yaml", "--store", "s3://runs/little", "--jobs", "2");
      expect(trained.code, trained.stderr).toBe(0);
      const each = Object.fromEntries(
        Object.entries(s3.counts).map(([what, count]) => [what, (count - (counted[what] ?? 0)) / ids.length]),
      );
      // Among them 5 checkpoints of 3 objects, and as many of the best state at most.
      for (const [what, most] of Object.entries({ LIST: 15, HEAD: 50, GET: 90, PUT: 80, DELETE: 30 }))
        expect(each[what], `${what} ${JSON.stringify(each)}`).toBeLessThan(most);
      const recipe = ["vae", "--data", "tiny.npy", "--likelihood", "gaussian", "--steps", "100", "--eval-every", "1"];
      const diverged = await zaya(folder, "train", ...recipe, "--learning-rate", "10", "--out", "s3://runs/diverged");
      expect(diverged.code, diverged.stderr).toBe(3);
      expect([...objectsIn("diverged").keys()].filter((name) => name.includes("best")).length).toBeGreaterThan(2);
    },
  );

  it.skipIf(redisProgram === null)(
    "is trained by workers that fetch the data once, one of which is killed",
    { timeout: 180_000 },
    async () => {
      await mkdir(join(folder, "redis"));
      const redis = await RedisServer.start(join(folder, "redis"));
      try {
        const words = ["--queue", redis.url, "--store", "s3://runs/far"];
        const sweeping = begin("sweep", "tiny.yaml", ...words, "--json");
        await sweeping.until("storing");
        await sweeping.until("no worker of this version");
        while (![...objectsIn("far").keys()].some((name) => /^data\/\w+\/manifest.json$/.test(name))) await sleep(20);
        await rename(join(folder, "tiny.npy"), join(folder, "away.npy"));
        process.env["XDG_CACHE_HOME"] = join(folder, "cache");
        let fetched = 0;
        s3.faultOf = (what, name) => {
          if (what === "GET" && name.includes("/files/")) fetched++;
          return null;
        };
        const [first] = [begin("worker", ...words, "--jobs", "2")];
        while (![...objectsIn("far").keys()].some((name) => name.endsWith("000040/state.json"))) await sleep(20);
        first!.child.kill("SIGKILL");
        begin("worker", ...words, "--jobs", "2");
        expect(resultOf(await sweeping.ended)).toMatchObject({ status: "done", done: 2, failed: 0 });
        expect(fetched).toBe(1);
        expectSameRuns("far");
        const kept = await readdir(join(folder, "cache/zaya/data"), { recursive: true });
        expect(kept.filter((name) => name.endsWith("tiny.npy"))).toHaveLength(1);
      } finally {
        await rename(join(folder, "away.npy"), join(folder, "tiny.npy"));
        await redis.kill();
      }
    },
  );

  it.each<[what: string, store: string, words: string]>([
    ["a folder", "runs", "--store must be s3://BUCKET/PREFIX - got runs"],
    ["a bucket that is not there", "s3://nowhere/x", "the bucket must exist - got NoSuchBucket for s3://nowhere/"],
    ["one of somebody else", "s3://forbidden/x", "access to the bucket must be allowed - got"],
  ])("is rejected for %s", async (_, store, words) => {
    const { code, stderr } = await zaya(folder, "sweep", "tiny.yaml", "--store", store);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  it("is not shown by the studio, which says how to view it", async () => {
    const { code, stderr } = await zaya(folder, "studio", "s3://runs/x", "--no-open");
    expect([code, stderr]).toEqual([2, expect.stringContaining("the studio shows only folders")]);
    expect(stderr).toContain("zaya sweep status NAME --store URL");
  });

  it.each<[what: string, variables: Record<string, string>, words: string]>([
    [
      "a server that is away",
      { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1" },
      "the store must answer - got ECONNREFUSED for s3://runs/x/",
    ],
    [
      "an unknown access key",
      { AWS_ACCESS_KEY_ID: "nobody" },
      "the credentials must be valid - got InvalidAccessKeyId",
    ],
    [
      "no credentials",
      { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", HOME: "/nonexistent" },
      "credentials must be set - got CredentialsProviderError",
    ],
  ])("is rejected with %s", async (_, variables, words) => {
    const { code, stderr } = await zayaWith(variables, folder, "sweep", "tiny.yaml", "--store", "s3://runs/x");
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });
});
