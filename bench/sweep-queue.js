// What a queue costs a trial. First real workers and a real Redis server with trials that are trained already, so that nothing but the
// queue and the store is at work; then a short training by zaya train, by a sweep and by a worker in turns, whose differences are the
// overhead. node bench/sweep-queue.js [TRIALS] [WORKERS] [TRAININGS]
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { encodeNpy } from "../dist/codec/npy.js";
import { uniform, key } from "../dist/base/random.js";
import { FolderStore } from "../dist/node/folder-store.js";
import { localTrainer } from "../dist/node/local-trainer.js";
import { QueueTrainer } from "../dist/node/queue-trainer.js";
import { connectQueue } from "../dist/node/redis-queue.js";
import { storeId } from "../dist/node/shared-store.js";
import { SweepLog } from "../dist/sweep/index.js";

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

/** Processor time of a process and of its children that have ended, in milliseconds. */
function processorTime(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // From the 14th field on: user and system, of the process and of its children, in hundredths of a second.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return 10 * fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}

/** The same short training by a command, by a sweep of this machine and by a worker, each round in another order; the end of a trial is recorded as a sweep does. */
async function compareOverheads() {
  const out = join(root, "queued");
  const store = await storeId(out);
  const worker = run(process.execPath, program, "worker", "--queue", url, "--out", "queued", "--jobs", "1", "--quiet");
  const spent = () => processorTime(process.pid) + processorTime(worker.pid);
  const connection = await connectQueue(url, () => undefined);
  const queue = await QueueTrainer.open(connection, { sweep: "bench", store, bytes: 0 }, () => undefined);
  while (queue.workers < 1) await sleep(100);
  const flags = [
    "--data",
    "points.npy",
    "--likelihood",
    "gaussian",
    "--hidden",
    "8",
    "--latent",
    "2",
    "--steps",
    "200",
  ];
  const command = async (seed) => {
    const words = ["train", "vae", ...flags, "--batch", "16", "--seed", String(seed), "--threads", "1"];
    const child = run(process.execPath, program, ...words, "--out", `loop/${seed}`, "--quiet");
    if ((await ended(child)) !== 0) throw new Error("a training run failed");
  };
  await command(0);
  const config = JSON.parse(readFileSync(join(root, "loop", "0", "config.json"), "utf8"));
  config.data.spec = join(root, "points.npy");
  const log = await SweepLog.create(new FolderStore(join(root, "log")), {
    name: "bench",
    file: {},
    folder: root,
    started: new Date().toISOString(),
    steps: 200,
    versions: {},
  });
  let trials = 0;
  const by = (trainer) => async (seed) => {
    const id = `f${(trials++).toString(16).padStart(15, "0")}`;
    const own = { ...config, train: { ...config.train, seed } };
    const trial = { id, configuration: 0, seed, config: own, threads: 1 };
    const end = await trainer.train({ trial, metric: "elbo", until: null }, new AbortController().signal);
    if (end.status !== "done") throw new Error(end.reason);
    await log.add([{ type: "end", id, rung: 0, ...end }]);
  };
  const ways = Object.entries({
    "zaya train": command,
    "in a sweep": by(localTrainer(join(root, "local", "trials"), 1)),
    "by a worker": by(queue),
  });
  const found = new Map(ways.map(([name]) => [name, []]));
  const processor = new Map(ways.map(([name]) => [name, []]));
  for (let round = 0; round < trainings; round++) {
    for (let i = 0; i < ways.length; i++) {
      const [name, train] = ways[(round + i) % ways.length];
      const before = spent();
      found.get(name).push(1000 * (await timed(() => train(100 + round))));
      processor.get(name).push(spent() - before);
    }
  }
  const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
  const [alone] = found.keys();
  const above = (all, name) => median(all.get(name).map((time, i) => time - all.get(alone)[i])).toFixed(0);
  for (const [name, times] of found) {
    const own = `${median(times).toFixed(0)} ms, ${median(processor.get(name)).toFixed(0)} ms of the processor`;
    const more = `; in the same round ${above(found, name)} and ${above(processor, name)} ms more than ${alone}`;
    console.log(`a training run ${name}, median of ${trainings}: ${own}${name === alone ? "" : more}`);
  }
  queue.close();
  await connection.close();
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
  const trainer = await QueueTrainer.open(connection, { sweep: "bench", store, bytes: 0 }, () => undefined);
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
