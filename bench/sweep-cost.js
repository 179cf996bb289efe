// What a large sweep costs a Redis server and a bucket, by simulation: the real queue with many workers whose trials are trained already,
// then with trials that all workers hold for a while, and a small real sweep in a bucket whose requests are counted. What is counted a trial
// and a second is scaled to 10,000 trials on 500 workers; with these numbers, nothing of the queue is scaled but the time of training runs.
// node bench/sweep-cost.js [TRIALS] [WORKERS] [MINUTES OF A TRIAL]
import { spawn } from "node:child_process";
import { setMaxListeners } from "node:events";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { encodeNpy } from "../dist/codec/npy.js";
import { uniform, key } from "../dist/base/random.js";
import { describeProcess } from "../dist/node/lock.js";
import { QueueTrainer } from "../dist/node/queue-trainer.js";
import { runWorker } from "../dist/node/queue-worker.js";
import { connectQueue } from "../dist/node/redis-queue.js";
import { storeId } from "../dist/node/shared-store.js";
import { S3Server } from "../test/sweep/s3-server.js";

// Of its own: programs of an earlier run that was killed may still look for their server.
const port = Number(process.env.ZAYA_COST_PORT ?? 20_000 + (process.pid % 20_000));
process.env.ZAYA_COST_PORT = String(port);
const url = `redis://127.0.0.1:${port}`;
const program = fileURLToPath(new URL("../bin/zaya.js", import.meta.url));

/** What the counts are scaled to. */
const [allTrials, allWorkers] = [10_000, 500];

if (process.argv[2] === "--workers") {
  // A part of the workers, each with connections of its own.
  process.setMaxListeners(0);
  const [count, out] = [Number(process.argv[3]), process.argv[4]];
  for (let i = 0; i < count; i++) {
    const connection = await connectQueue(url, () => undefined);
    void runWorker(connection, { out, jobs: 1, signal: new AbortController().signal });
  }
} else {
  await simulate(...process.argv.slice(2).map(Number));
}

async function simulate(trials = 1000, workers = 50, minutes = 30) {
  const root = mkdtempSync(join(tmpdir(), "zaya-cost-"));
  const started = [];
  const run = (command, ...words) => {
    const child = spawn(command, words, { cwd: root, stdio: "ignore", env: process.env });
    started.push(child);
    return child;
  };
  const ended = (child) => new Promise((resolve) => child.once("exit", resolve));
  try {
    run("redis-server", "--port", String(port), "--dir", root, "--appendonly", "yes", "--save", "");
    writeFileSync(join(root, "points.npy"), encodeNpy(uniform(key(1), [200, 2])));
    const tiny = ["--likelihood", "gaussian", "--hidden", "8", "--latent", "2", "--steps", "20", "--quiet"];
    const training = run(
      process.execPath,
      program,
      "train",
      "vae",
      "--data",
      "points.npy",
      ...tiny,
      "--out",
      "trained",
    );
    if ((await ended(training)) !== 0) throw new Error("the run that stands for all trials could not be trained");
    const out = join(root, "runs");
    mkdirSync(join(out, "trials"), { recursive: true });
    const idOf = (i) => i.toString(16).padStart(16, "0");
    const trained = (id) => symlinkSync(join(root, "trained"), join(out, "trials", id));
    for (let i = 0; i < trials; i++) trained(idOf(i));
    const store = await storeId(out);
    const parts = 4;
    const own = fileURLToPath(import.meta.url);
    for (let i = 0; i < parts; i++) run(process.execPath, own, "--workers", String(Math.ceil(workers / parts)), out);
    const connection = await connectQueue(url, () => undefined);
    const trainer = await QueueTrainer.open(connection, { sweep: "cost", store, bytes: 0 }, () => undefined);
    while (trainer.workers < workers) await sleep(500);

    const config = {
      recipe: "vae",
      model: {},
      data: { spec: "points.npy" },
      train: { steps: 20, seed: 0 },
      device: "cpu",
    };
    const jobOf = (id) => ({
      trial: { id, configuration: 0, seed: 0, config, threads: 1 },
      metric: "elbo",
      until: null,
    });
    const never = new AbortController().signal;
    // Every trial adds a listener.
    setMaxListeners(0, never);
    const facts = async () => {
      const text = await connection.redis.info();
      const of = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(text)[1]);
      return {
        commands: of("total_commands_processed"),
        received: of("total_net_input_bytes"),
        sent: of("total_net_output_bytes"),
        memory: of("used_memory"),
        clients: of("connected_clients"),
        cpu: of("used_cpu_user") + of("used_cpu_sys"),
      };
    };
    const spent = async (body) => {
      const [before, began] = [await facts(), performance.now()];
      await body();
      const [after, seconds] = [await facts(), (performance.now() - began) / 1000];
      return { seconds, after, of: (name) => after[name] - before[name] };
    };

    const idle = await spent(() => sleep(20_000));
    let memory = 0;
    const fixedMemory = (await facts()).memory;
    const fixed = await spent(async () => {
      const ends = Array.from({ length: trials }, (_, i) => trainer.train(jobOf(idOf(i)), never));
      const all = Promise.all(ends);
      while ((await Promise.race([all, sleep(250, "waiting")])) === "waiting") {
        memory = Math.max(memory, (await facts()).memory - fixedMemory);
      }
    });
    // Locked by this process: the workers wait for the end of its training.
    const heldIds = Array.from({ length: workers }, (_, i) => idOf(trials + i));
    const lock = `${JSON.stringify(await describeProcess(process.pid))}\n`;
    for (const id of heldIds) {
      mkdirSync(join(out, "trials", id));
      writeFileSync(join(out, "trials", id, ".lock"), lock);
    }
    const ends = heldIds.map((id) => trainer.train(jobOf(id), never));
    await sleep(10_000);
    const held = await spent(() => sleep(40_000));
    for (const id of heldIds) {
      renameSync(join(out, "trials", id), join(root, `away-${id}`));
      trained(id);
    }
    await Promise.all(ends);
    trainer.close();
    await connection.close();

    const kib = (bytes) => (bytes / 1024).toFixed(1);
    const perTrial = (name) => fixed.of(name) / trials;
    const perHeld = (name) => held.of(name) / held.seconds / workers;
    console.log(
      `${workers} workers, ${fixed.after.clients} connections; ${trials} trials through the queue in ${fixed.seconds.toFixed(0)} s on this machine`,
    );
    console.log(`idle: ${(idle.of("commands") / idle.seconds / workers).toFixed(2)} commands a worker and second`);
    console.log(
      `a trial: ${perTrial("commands").toFixed(0)} commands, ${kib(perTrial("received"))} KiB to and ${kib(perTrial("sent"))} KiB from Redis, ${(1000 * perTrial("cpu")).toFixed(2)} ms of its processor`,
    );
    console.log(
      `a running trial: ${perHeld("commands").toFixed(2)} commands, ${kib(perHeld("received"))} KiB to and ${kib(perHeld("sent"))} KiB from Redis a second; ${((100 * held.of("cpu")) / held.seconds).toFixed(1)} % of one core for all ${workers}`,
    );
    console.log(`Redis holds ${(memory / trials / 1024).toFixed(1)} KiB a waiting trial`);
    const seconds = (allTrials * minutes * 60) / allWorkers;
    // Progress is told once a per cent.
    const commands = allTrials * (perTrial("commands") + minutes * 60 * perHeld("commands") + 100 * 2);
    console.log(
      `${allTrials} trials of ${minutes} minutes on ${allWorkers} workers: ${(seconds / 3600).toFixed(1)} h, ${(commands / 1e6).toFixed(0)} million commands, ${(commands / seconds).toFixed(0)} a second`,
    );

    const counts = await requestsOfTrials(root, run, ended);
    console.log(
      `in a bucket, a trial of ${counts.seconds.toFixed(1)} s with ${counts.checkpoints} checkpoints: ${words(counts.each)}`,
    );
    // Beside what a short trial needs: the record every 30 s, each time with a look at the lock, which is renewed every 20 s.
    const records = (minutes * 60) / 30;
    const renewals = (minutes * 60) / 20;
    const long = {
      ...counts.each,
      PUT: counts.each.PUT + records + renewals,
      HEAD: counts.each.HEAD + records,
    };
    const written = (long.PUT + long.LIST) * allTrials;
    const read = (long.GET + long.HEAD) * allTrials;
    console.log(`${minutes} minutes with as many checkpoints: ${words(long)}`);
    console.log(
      `${allTrials} of them: ${(written / 1e6).toFixed(2)} million PUT and LIST, ${(read / 1e6).toFixed(2)} million GET and HEAD; ${(written / seconds).toFixed(0)} and ${(read / seconds).toFixed(0)} a second`,
    );
    console.log(
      `at 5 USD a million PUT and LIST and 0.40 USD a million GET and HEAD: ${((5 * written + 0.4 * read) / 1e6).toFixed(0)} USD; ${kib(counts.received)} KiB written a trial`,
    );
  } finally {
    for (const child of started) child.kill("SIGKILL");
    await sleep(500);
    rmSync(root, { recursive: true, force: true });
  }
}

function words(counts) {
  return Object.entries(counts)
    .map(([name, count]) => `${Math.round(count)} ${name}`)
    .join(", ");
}

/** Requests of a small sweep of the README's VAE, a trial. */
async function requestsOfTrials(root, run, ended) {
  const s3 = await S3Server.start("cost");
  Object.assign(process.env, s3.environment);
  const trials = 4;
  const file = `recipe: vae\ndata: {spec: mnist, limit: 2000}\nmethod: grid\nmetric: {name: elbo}\nparameters: {latent: {values: [2, 8]}, steps: 300}\nseeds: ${trials / 2}\n`;
  writeFileSync(join(root, "small.yaml"), file);
  const words = ["--queue", url, "--store", "s3://cost/a"];
  const worker = run(process.execPath, program, "worker", ...words, "--jobs", "2");
  await ended(run(process.execPath, program, "sweep", "small.yaml", ...words, "--quiet"));
  worker.kill("SIGINT");
  await ended(worker);
  const names = [...s3.objects("cost").keys()];
  const records = names
    .filter((name) => name.endsWith("/run.json"))
    .map((name) => JSON.parse(s3.objects("cost").get(name).bytes));
  const counts = Object.fromEntries(Object.entries(s3.counts).map(([name, count]) => [name, count / trials]));
  await s3.close();
  return {
    each: counts,
    received: s3.bytes.received / trials,
    seconds: records.reduce((sum, { seconds }) => sum + seconds, 0) / records.length,
    checkpoints: names.filter((name) => /checkpoints\/\d+\/state.json$/.test(name)).length / trials,
  };
}
