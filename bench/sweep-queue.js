// What a queue costs a trial. First real workers and a real Redis server with trials that are trained already, so that nothing but the
// queue and the store is at work; then short trainings by a loop of zaya train, by a sweep and by a worker, whose differences are the
// overhead. node bench/sweep-queue.js [TRIALS] [WORKERS] [TRAININGS]
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { encodeNpy } from "../dist/codec/npy.js";
import { uniform, key } from "../dist/base/random.js";
import { QueueTrainer } from "../dist/node/queue-trainer.js";
import { connectQueue } from "../dist/node/redis-queue.js";
import { storeId } from "../dist/node/shared-store.js";

const [trials = 1000, workers = 4, trainings = 12] = process.argv.slice(2).map(Number);
const jobs = 8;
const root = mkdtempSync(join(tmpdir(), "zaya-queue-"));
const program = new URL("../bin/zaya.js", import.meta.url).pathname;
const port = 7480;
const url = `redis://127.0.0.1:${port}`;

const started = [];
const run = (command, ...words) => {
  const child = spawn(command, words, { cwd: root, stdio: "ignore" });
  started.push(child);
  return child;
};
const ended = (child) => new Promise((resolve) => child.once("exit", resolve));

/** Seconds of a body. */
const timed = async (body) => {
  const began = performance.now();
  await body();
  return (performance.now() - began) / 1000;
};

/** The same trainings alone, in a sweep and by a worker; a sweep of two is subtracted, so that its own start does not count. */
async function compareOverheads() {
  const worker = run(process.execPath, program, "worker", "--queue", url, "--out", "queued", "--jobs", "1");
  const common = { data: "points.npy", likelihood: "gaussian", hidden: 8, latent: 2, steps: 200, batch: 16 };
  const { data, ...parameters } = common;
  const sweep = (name, seeds) =>
    writeFileSync(
      join(root, `${name}.json`),
      JSON.stringify({ recipe: "vae", data, method: "grid", metric: { name: "elbo" }, parameters, seeds }),
    );
  const seeds = (from, count) => Array.from({ length: count }, (_, i) => from + i);
  const flags = Object.entries(common).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const found = { loop: [], sweep: [], queue: [] };
  for (let round = 0; round < 2; round++) {
    const first = 1000 * (round + 1);
    const each = async (kind, ...words) => {
      const few = `${kind}-few-${round}`;
      const all = `${kind}-all-${round}`;
      sweep(few, seeds(first, 2));
      sweep(all, seeds(first + 100, trainings));
      const go = (name) => ended(run(process.execPath, program, "sweep", `${name}.json`, ...words, "--quiet"));
      const [short, long] = [await timed(() => go(few)), await timed(() => go(all))];
      found[kind].push((long - short) / (trainings - 2));
    };
    found.loop.push(
      (await timed(async () => {
        for (const seed of seeds(first, trainings)) {
          const own = ["--seed", String(seed), "--threads", "1", "--out", `loop/${seed}`, "--quiet"];
          await ended(run(process.execPath, program, "train", "vae", ...flags, ...own));
        }
      })) / trainings,
    );
    await each("sweep", "--out", "local", "--jobs", "1");
    await each("queue", "--out", "queued", "--queue", url);
  }
  worker.kill("SIGKILL");
  const milliseconds = (kind) => found[kind].map((seconds) => (1000 * seconds).toFixed(0)).join(", ");
  console.log(
    `a training of a second, in milliseconds in two rounds: zaya train ${milliseconds("loop")}; in a sweep ${milliseconds("sweep")}; by a worker ${milliseconds("queue")}`,
  );
}

try {
  run("redis-server", "--port", String(port), "--dir", root, "--appendonly", "yes", "--save", "");
  writeFileSync(join(root, "points.npy"), encodeNpy(uniform(key(1), [200, 2])));
  const words = [
    "train",
    "vae",
    "--data",
    "points.npy",
    "--hidden",
    "8",
    "--latent",
    "2",
    "--steps",
    "20",
    "--quiet",
    "--likelihood",
    "gaussian",
  ];
  const training = run(process.execPath, program, ...words, "--out", "trained");
  if ((await ended(training)) !== 0) throw new Error("the run that stands for all trials could not be trained");
  mkdirSync(join(root, "runs", "trials"), { recursive: true });
  const ids = Array.from({ length: trials }, (_, i) => i.toString(16).padStart(16, "0"));
  for (const id of ids) symlinkSync(join(root, "trained"), join(root, "runs", "trials", id));
  const store = await storeId(join(root, "runs"));
  for (let i = 0; i < workers; i++) run(process.execPath, program, "worker", "--queue", url, "--jobs", String(jobs));
  const connection = await connectQueue(url, () => undefined);
  const trainer = await QueueTrainer.open(connection, { sweep: "bench", store }, () => undefined);
  while (trainer.workers < workers * jobs) await sleep(200);
  const facts = async () => {
    const text = await connection.redis.info();
    const of = (name) => Number(new RegExp(`${name}:(\\d+)`).exec(text)[1]);
    return {
      commands: of("total_commands_processed"),
      received: of("total_net_input_bytes"),
      sent: of("total_net_output_bytes"),
      memory: of("used_memory"),
      cpu: Number(/used_cpu_user:([\d.]+)/.exec(text)[1]) + Number(/used_cpu_sys:([\d.]+)/.exec(text)[1]),
    };
  };
  const before = await facts();
  const config = {
    recipe: "vae",
    model: { latent: 2 },
    data: { spec: "points.npy" },
    train: { steps: 20, seed: 0 },
    device: "cpu",
  };
  const began = performance.now();
  const ends = ids.map((id) =>
    trainer.train(
      { trial: { id, configuration: 0, seed: 0, config, threads: 1 }, metric: "elbo", until: null },
      new AbortController().signal,
    ),
  );
  await sleep(50);
  const full = await facts();
  const found = await Promise.all(ends);
  const seconds = (performance.now() - began) / 1000;
  const after = await facts();
  const each = (name) => (after[name] - before[name]) / trials;
  console.log(
    `${found.filter(({ status }) => status === "done").length} of ${trials} trials by ${workers} workers of ${jobs} in ${seconds.toFixed(1)} s`,
  );
  console.log(
    `${((1000 * seconds) / trials).toFixed(1)} ms a trial through the queue and the store, all workers together`,
  );
  console.log(
    `${each("commands").toFixed(0)} Redis commands, ${(each("received") / 1024).toFixed(1)} KiB to and ${(each("sent") / 1024).toFixed(1)} KiB from Redis a trial`,
  );
  console.log(
    `${(1000 * each("cpu")).toFixed(2)} ms of Redis' processor a trial; memory ${(full.memory / 2 ** 20).toFixed(1)} MiB with jobs waiting, ${(after.memory / 2 ** 20).toFixed(1)} MiB after`,
  );
  trainer.close();
  await connection.close();
  for (const child of started.splice(1)) child.kill("SIGKILL");
  await compareOverheads();
} finally {
  for (const child of started) child.kill("SIGKILL");
  await sleep(300);
  rmSync(root, { recursive: true, force: true });
}
