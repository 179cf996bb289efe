import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

import { redisProgram } from "../sweep/redis.ts";
import { filesIn, resultOf, start, workFolder, writeTinyData, zaya } from "./zaya.ts";

// The examples of docs/scale.md are run as they stand there, with places of the tests' own.

interface Service {
  readonly image: string;
  readonly command: string;
  readonly volumes: readonly string[];
  readonly stop_signal?: NodeJS.Signals;
  readonly stop_grace_period?: string;
  readonly restart: string;
  readonly depends_on?: readonly string[];
}

let document: string;
let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  document = await readFile("docs/scale.md", "utf8");
  work = await workFolder();
});
afterAll(() => work.remove());

const blocks = (language: string): string[] =>
  [...document.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm"))].map(([, text]) => text!);

const compose = (): { services: Record<string, Service>; volumes: Record<string, unknown> } =>
  parse(blocks("yaml").find((text) => text.startsWith("services:"))!);

/** Entries of a unit file by name. */
const unit = (): ReadonlyMap<string, string> =>
  new Map(
    blocks("ini")[0]!
      .split("\n")
      .flatMap((line) => {
        const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
        return name === undefined ? [] : [[name, value!] as const];
      }),
  );

/** The words of a command that runs zaya, without its path. */
function wordsOf(command: string): string[] {
  const [program, ...words] = command.split(" ");
  expect(program).toMatch(/node_modules\/\.bin\/zaya$/);
  return words;
}

describe("docker compose", () => {
  it("refers only to volumes and services that it declares", () => {
    const { services, volumes } = compose();
    const named = Object.values(services)
      .flatMap((service) => service.volumes)
      .map((volume) => volume.split(":")[0]!)
      .filter((source) => !source.startsWith("."));
    expect([...new Set(named)]).toEqual(Object.keys(volumes));
    const needed = Object.values(services).flatMap(({ depends_on: names = [] }) => names);
    expect(Object.keys(services)).toEqual(expect.arrayContaining(needed));
    // The worker's Redis is the service of that name.
    const { hostname } = new URL(/redis:\/\/\S+/.exec(services["worker"]!.command)![0]);
    expect(Object.keys(services)).toContain(hostname);
  });

  it.skipIf(redisProgram === null)(
    "runs Redis without warnings, and a worker that trains and saves everything when it is stopped",
    { timeout: 120_000 },
    async () => {
      const { redis, worker } = compose().services as { redis: Service; worker: Service };
      const { folder } = work;
      const port = 20_000 + (process.pid % 20_000);
      await mkdir(join(folder, "redis"));
      const [, ...settings] = redis.command.split(" ");
      const server = spawn(redisProgram!, [...settings, "--port", `${port}`, "--dir", join(folder, "redis")]);
      let said = "";
      server.stdout.on("data", (text) => (said += String(text)));
      while (!said.includes("Ready to accept connections")) {
        expect(server.exitCode, said).toBeNull();
        await sleep(20);
      }
      const url = `redis://127.0.0.1:${port}`;
      const words = wordsOf(worker.command.replace(/redis:\/\/\S+/, url).replace("/runs", "runs"));
      try {
        await writeTinyData(folder);
        await writeFile(
          join(folder, "tiny.yaml"),
          "recipe: vae\ndata: tiny.npy\nmethod: grid\nmetric: {name: elbo}\nparameters: {hidden: {value: [8]}, latent: 2, batch: 8, steps: 20000}\nseeds: 2\n",
        );
        const sweeping = start(folder, "sweep", "tiny.yaml", "--queue", url, "--json");
        await sweeping.until("at once by the workers");
        const first = start(folder, ...words);
        await first.until("begins");
        while (!(await filesIn(join(folder, "runs"))).some((name) => name.endsWith("metrics.jsonl"))) await sleep(50);
        first.child.kill(worker.stop_signal!);
        const ended = await first.ended;
        expect([ended.code, ended.stderr.replace(/^stopping .*\n/, "")]).toEqual([130, ""]);
        expect((await filesIn(join(folder, "runs"))).filter((name) => name.endsWith(".lock"))).toEqual([
          "sweeps/tiny/.lock",
        ]);
        expect((await zaya(folder, "sweep", "stop", "tiny")).code).toBe(0);
        expect(resultOf(await sweeping.ended)).toMatchObject({ status: "interrupted", failed: 0 });
      } finally {
        server.kill("SIGKILL");
        await once(server, "exit");
      }
    },
  );
});

it("the systemd unit starts a worker with valid flags, and treats its end by the signal as success", async () => {
  const entries = unit();
  expect(entries.get("KillSignal")).toBe("SIGINT");
  expect(entries.get("SuccessExitStatus")).toBe("130");
  const words = wordsOf(entries.get("ExecStart")!.replace(/redis:\/\/\S+/, "redis://127.0.0.1:1"));
  const { code, stderr } = await zaya(work.folder, ...words);
  expect([code, stderr]).toEqual([2, expect.stringContaining("must answer - got ECONNREFUSED")]);
});
